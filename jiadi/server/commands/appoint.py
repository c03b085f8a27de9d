"""The command that gives a role from the machine itself (任命): the first administrator has nobody else to grant it."""

from __future__ import annotations

from typing import Annotated

import typer

from jiadi.cli import show
from jiadi.cli.commands import Language
from jiadi.server.commands import app, instance
from jiadi.server.commands.run import Var
from jiadi.server.commands.words import guarded, say


@app.command()
def appoint(
    username: Annotated[str, typer.Argument(help="用户名 · user name")],
    full_name: Annotated[str, typer.Option("--name", help="姓名，新建账号时必填 · the person's name, for a new account")] = "",
    role: Annotated[str, typer.Option("--role", help="角色 · role, see docs/guide/roles.md")] = "system_administrator",
    division: Annotated[str, typer.Option("--division", help="区划代码 · code of the division")] = "",
    why: Annotated[str, typer.Option("--why", help="事由，记入留痕 · the reason, which goes on record")] = "",
    var: Var = None,
    lang: Language = "zh",
) -> None:
    """授予角色，必要时新建账号；用于任命第一位系统管理员。 · Give a role, with a new account where needed; for the first one."""
    with guarded(lang):
        folder = instance.settle(var, language=lang)
        own = instance.private(folder)
        if own and (own.data / "PG_VERSION").exists():
            instance.begin(folder)
        instance.set_up()
        password = _appoint(username, full_name, role, division, why, lang)
        show.screen.print(say("appointed", lang, username=username, role=role, division=division), markup=False)
        if password:
            show.screen.print(say("appointed_password", lang, password=password), markup=False)


def _appoint(username: str, full_name: str, role: str, division: str, why: str, lang: str) -> str:
    """The temporary password of a new account, "" for one that was there."""
    from django.utils import timezone, translation  # noqa: PLC0415  needs the server's libraries

    from jiadi.server.accounts import actions, passwords  # noqa: PLC0415
    from jiadi.server.accounts.models import User, normal  # noqa: PLC0415
    from jiadi.server.accounts.queries import OPERATOR  # noqa: PLC0415
    from jiadi.server.database.scope import EVERYWHERE, seeing  # noqa: PLC0415
    from jiadi.server.words import CODES  # noqa: PLC0415

    with translation.override(CODES[lang]), seeing(EVERYWHERE):
        user, password = User.objects.filter(username=normal(username)).first(), ""
        if user is None:
            user = actions.create_user(OPERATOR, username, full_name, passwords.temporary(), why=why)
            password = actions.reset_password(OPERATOR, user, why)
        actions.grant(OPERATOR, user, role, division, timezone.localdate(), None, why)
    return password
