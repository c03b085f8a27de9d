"""Commands that save the server and bring it back (备份与恢复)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language
from jiadi.server.commands import app, instance
from jiadi.server.commands.run import Var
from jiadi.server.commands.words import Refused, guarded, say

File = Annotated[Path, typer.Argument(help="备份文件 · the backup", show_default=False)]


@app.command()
def backup(file: File, var: Var = None, as_json: AsJson = False, lang: Language = "zh") -> None:
    """把数据库和影像存成一个文件；密钥另存，不在其中。 · Save database and media in one file; keys are kept apart."""
    with guarded(lang):
        urls, media = _place(instance.settle(var, language=lang))
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415  needs the server's libraries

        from jiadi.server.commands import saving  # noqa: PLC0415

        made = saving.backup(file, urls[2], str(conninfo_to_dict(urls[0]).get("user")), media)
        _tell("backup_done", file, made, as_json, lang)


@app.command()
def restore(file: File, var: Var = None, as_json: AsJson = False, lang: Language = "zh") -> None:
    """把备份恢复到空的地方，并逐表核对。 · Bring a backup back into an empty place, and compare every table."""
    with guarded(lang):
        from jiadi.server.commands import saving  # noqa: PLC0415  needs the server's libraries

        manifest = saving.read(file)
        folder = instance.settle(var, language=lang)
        instance.begin(folder)
        urls, media = _place(folder)
        saving.restore(file, manifest, urls, media)
        _tell("restore_done", file, manifest, as_json, lang)


def _place(folder: Path) -> tuple[tuple[str, str, str], Path]:
    """Addresses of the database as each of its roles, and the folder of media."""
    from jiadi.server.environment import value  # noqa: PLC0415  a core alone has none of it

    own = instance.private(folder)
    if own and (own.data / "PG_VERSION").exists():
        own.start()
    urls = [value(name) for name in instance.URLS]
    for name, url in zip(instance.URLS, urls, strict=True):
        if not url:
            raise Refused("no_url", name=name)
    return (urls[0], urls[1], urls[2]), folder / "media"


def _tell(key: str, file: Path, manifest: dict[str, Any], as_json: bool, lang: str) -> None:
    held = manifest["database"]
    rows = sum(table["rows"] for table in held["tables"].values())
    if as_json:
        typer.echo(json.dumps(manifest, ensure_ascii=False, indent=1))
        return
    counted = {"tables": len(held["tables"]), "rows": f"{rows:,}", "media": len(manifest["media"]), "act": held["chain"].get("number", 0)}
    show.screen.print(say(key, lang, file=file, **counted), markup=False, highlight=False)
    keys = ", ".join(map(str, held["keys"])) or "—"
    show.screen.print(say(f"{key}_keys", lang, keys=keys), markup=False, highlight=False)
    if key == "restore_done":
        show.screen.print(say("restore_again", lang, act=counted["act"]), markup=False, highlight=False)
