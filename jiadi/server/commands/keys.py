"""Commands for the keys of persons' data (密钥): a new one, which there are, and everything under the newest."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jiadi.cli import show
from jiadi.cli.commands import AsJson, Language
from jiadi.server.commands import app, instance
from jiadi.server.commands.run import Var
from jiadi.server.commands.words import Refused, guarded, say

if TYPE_CHECKING:
    import psycopg

keys_app = typer.Typer(no_args_is_help=True, help="人员数据密钥 · keys of persons' data")
app.add_typer(keys_app, name="keys")


@keys_app.command()
def new(
    file: Annotated[Path | None, typer.Option("--file", help="密钥文件，缺省为 JIADI_DATA_KEYS_FILE · file of the keys")] = None,
    var: Var = None,
    lang: Language = "zh",
) -> None:
    """加一把新密钥，写入密钥文件；旧的仍能解开。 · Add a key to the file of the keys; the older ones still open."""
    with guarded(lang):
        instance.settle(var, language=lang)
        from jiadi.server.database import sealing  # noqa: PLC0415  needs the server's libraries
        from jiadi.server.environment import value  # noqa: PLC0415

        current = Path(os.environ["JIADI_DATA_KEYS_FILE"]) if os.environ.get("JIADI_DATA_KEYS_FILE") else None
        place = file or current
        if value("JIADI_KEY_PROVIDER") or place is None:
            raise Refused("no_key_file")
        if place.exists() and (current is None or not current.exists() or not place.samefile(current)):
            raise Refused("is_there", file=place)
        text = "" if current and not current.exists() else sealing.given()
        number = _free(list(sealing.parsed(text).sealing) if text else [], sealing.LAST)
        entry = f"{number}:{secrets.token_hex(sealing.KEY)}:{secrets.token_hex(sealing.HASH_KEY)}"
        try:
            instance.keep_secret(place, ",".join(filter(None, (text, entry))) + "\n")
        except OSError as why:
            raise Refused("not_written", file=place, why=why.strerror) from None
        show.screen.print(say("key_made", lang, number=number, file=place), markup=False, highlight=False)


def _free(held: list[int], last: int) -> int:
    """The id after the greatest one, else any that is free."""
    number = max(held, default=0) + 1
    left = [one for one in range(1, last + 1) if one not in held]
    if not left:
        raise Refused("no_key_id")
    return number if number <= last else left[0]


@keys_app.command(name="list")
def list_(var: Var = None, as_json: AsJson = False, lang: Language = "zh") -> None:
    """列出密钥编号和各自加密的数量；密钥本身从不显示。 · List ids of keys and how much each seals; never a key."""
    with guarded(lang):
        instance.settle(var, language=lang)
        from jiadi.server.database import resealing, sealing  # noqa: PLC0415  needs the server's libraries

        held = sealing.keys()
        with _owner() as owner:
            counted = resealing.counts(owner)
        rows = [
            {"id": one, "values": counted.get(one, 0), "there": one in held.sealing, "seals": one == held.newest}
            for one in sorted({*held.sealing, *counted})
        ]
        if as_json:
            typer.echo(json.dumps(rows, indent=1))
            return
        for row in rows:
            state = "key_seals" if row["seals"] else "key_missing" if not row["there"] else "key_opens" if row["values"] else "key_idle"
            show.screen.print(say(state, lang, number=row["id"], values=f"{row['values']:,}"), markup=False, highlight=False)


@keys_app.command()
def rotate(
    batch: Annotated[int, typer.Option("--batch", min=1, max=100_000, help="每批行数 · rows at a time")] = 2000,
    why: Annotated[str, typer.Option("--why", help="事由，记入留痕 · the reason, which goes on record")] = "",
    var: Var = None,
    lang: Language = "zh",
) -> None:
    """把全部人员数据换到最新的密钥；随时可中断，再执行一次即接着做。 · Put all under the newest key; may be stopped and taken up."""
    with guarded(lang):
        instance.settle(var, language=lang)
        from jiadi.server.database import resealing, sealing  # noqa: PLC0415  needs the server's libraries

        newest = sealing.keys().newest
        with _owner() as owner:
            wanting = sum(many for number, many in resealing.counts(owner).items() if number != newest)
            if wanting:
                _leave_act(newest, wanting, why)
            done = 0
            for many in resealing.rotate(owner, batch):
                done += many
                show.aside.print(say("key_rotating", lang, done=f"{done:,}", wanting=f"{wanting:,}"), markup=False, highlight=False)
            left = sum(many for number, many in resealing.counts(owner).items() if number != newest)
        if left:
            raise Refused("keys_left", left=left)
        show.screen.print(say("key_rotated", lang, number=newest, done=f"{done:,}"), markup=False, highlight=False)


def _owner() -> psycopg.Connection[Any]:
    """A connection as the owner of the tables."""
    import psycopg  # noqa: PLC0415  needs the server's libraries

    from jiadi.server.environment import value  # noqa: PLC0415

    if not (url := value("JIADI_OWNER_DATABASE_URL")):
        raise Refused("no_owner")
    return psycopg.connect(url, autocommit=True)


def _leave_act(newest: int, wanting: int, why: str) -> None:
    """On record before the first batch: so that it is there also where this is killed."""
    instance.set_up()
    from jiadi.server.accounts.queries import OPERATOR  # noqa: PLC0415  needs Django to be loaded
    from jiadi.server.cases.actions import acting  # noqa: PLC0415
    from jiadi.server.database.scope import EVERYWHERE, seeing  # noqa: PLC0415

    with seeing(EVERYWHERE), acting(OPERATOR, "rotate_keys", subject="key", subject_id=newest, why=why) as act:
        act.detail["values"] = wanting
