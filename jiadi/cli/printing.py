"""`jiadi pages`: printed pages of many houses (打印一户一页)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from jiadi.cli import show
from jiadi.cli.commands import Language, _fail, _guarded, app
from jiadi.cli.words import say
from jiadi.errors import Refusal

PIECE = 200
"""Houses that are set at once; more would hold too much in memory."""


def write_pages(directory: Path, houses: Sequence[str], out: Path, lang: str) -> list[Path]:
    """Write pages into a PDF, or, for more than one piece, into several beside it (写出).

    Returns:
        The files.
    """
    from jiadi.insight import onepage  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.run import kept  # noqa: PLC0415

    run = kept.load(directory)
    known = set(run.judgement.houses["id"].to_list())
    if missing := [house for house in houses if house not in known]:
        raise Refusal("no_such_house", say("no_such_house", lang, house=missing[0], near=""))
    pieces = [houses[start : start + PIECE] for start in range(0, len(houses), PIECE)]
    paths = [out] if len(pieces) == 1 else [out.with_name(f"{out.stem}-{number:03d}{out.suffix}") for number in range(1, len(pieces) + 1)]
    for path, piece in zip(paths, pieces, strict=True):
        try:
            onepage.write(path, run, piece, lang)
        except OSError as error:
            raise Refusal("not_writable", f"Cannot write to {path}: {error.strerror}.", "Give another place with -o.") from error
    return paths


@app.command()
def pages(
    directory: Annotated[Path, typer.Argument(help="judge 的结果文件夹 · result folder of judge", show_default=False)],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="PDF 文件；超过 200 幢分成几个 · PDF; several for more than 200 houses", show_default=False)
    ],
    village: Annotated[str | None, typer.Option("--village", help="村、乡镇或县的区划代码 · code of a village, township or county")] = None,
    houses: Annotated[Path | None, typer.Option("--houses", help="文本文件，每行一个房屋编号 · text file, an id a line")] = None,
    lang: Language = "zh",
) -> None:
    """一户一页：许多房屋的判定说明，打印用。 · Printed pages of many houses."""
    from jiadi.insight import onepage  # noqa: PLC0415  help must not wait for the core to load
    from jiadi.run import kept  # noqa: PLC0415

    if (village is None) == (houses is None):
        _fail(say("pages_which", lang), lang, 2)
    with _guarded(lang):
        if village is not None:
            wanted = onepage.of_village(kept.load(directory), village)
        else:
            assert houses is not None
            if not houses.is_file():
                raise Refusal("no_such_file", f"There is no file {houses}.", "Check the path.")
            wanted = list(dict.fromkeys(line.strip() for line in houses.read_text(encoding="utf-8-sig").splitlines() if line.strip()))
            if not wanted:
                _fail(say("pages_which", lang), lang, 2)
        for path in write_pages(directory, wanted, out, lang):
            show.screen.print(say("pages_written", lang, houses=len(wanted), out=path), markup=False)
