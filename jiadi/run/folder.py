"""A result folder is written whole or not at all (结果文件夹)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jiadi.errors import Refusal


@contextmanager
def whole(out: Path, own: Sequence[str] = ()) -> Iterator[Path]:
    """A folder to write into, moved to its place only when all is written (整体写出).

    Args:
        out: the result folder; files of the same name there are replaced, others are left alone.
        own: names that this kind of result may hold; one that an earlier run left and this one did not make goes.

    Yields:
        A folder beside it; it is gone afterwards, whatever happens.

    Raises:
        Refusal: `not_writable`.

    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> with whole(out) as draft:
    ...     _ = (draft / "a.txt").write_text("whole")
    >>> (out / "a.txt").read_text()
    'whole'
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise Refusal("not_writable", f"Cannot write to {out}: {error.strerror}.", "Give another folder with -o.") from error
    try:
        yield draft
        out.mkdir(exist_ok=True)
        made = sorted(draft.iterdir())
        for one in made:
            _replace(one, out / one.name)
        for stale in set(own) - {one.name for one in made}:
            _remove(out / stale)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _replace(made: Path, place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    made.replace(place)


def _remove(stale: Path) -> None:
    if stale.is_dir():
        shutil.rmtree(stale)
    else:
        stale.unlink(missing_ok=True)


def apart(out: Path, kept: Sequence[Path]) -> None:
    """Refuse to write into a run that is only to be read (不得写进原结果).

    Args:
        out: the result folder.
        kept: folders of stored runs.

    Raises:
        Refusal: `same_folder`.

    >>> apart(Path("out"), [Path("run")])
    """
    place = out.resolve()
    for one in kept:
        own = one.resolve()
        if place == own or own in place.parents:
            refusal = Refusal(
                "same_folder", f"{out} is, or lies in, the result folder {one}, which stays as it is.", "Give another folder with -o."
            )
            refusal.said = {"zh": f"{out} 就是结果文件夹 {one} 或在它里面，原结果不能改动。请用 -o 另给文件夹。", "en": str(refusal)}  # type: ignore[attr-defined]
            raise refusal
