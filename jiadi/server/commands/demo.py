"""The demo (演示环境): a database, an account for each role, the sample county, and the processes that serve it."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from jiadi.cli import show
from jiadi.cli.commands import Language
from jiadi.server.commands import app, instance, processes
from jiadi.server.commands.run import Port, Var, command, halt, refuse_taken
from jiadi.server.commands.words import Refused, guarded, say

START_S = 300
"""How long a server may take until it answers."""


@app.command()
def demo(
    county: Annotated[Path | None, typer.Option("--county", help="要载入的示例县文件夹 · folder of the sample county to load")] = None,
    port: Port = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="进程数 · processes")] = 2,
    detach: Annotated[bool, typer.Option("--detach", help="起来后就返回 · return when it answers")] = False,
    var: Var = None,
    lang: Language = "zh",
) -> None:
    """启动演示环境：自有数据库、示例县、每个角色一个账号。 · Start the demo: own database, sample county, an account for each role."""
    with guarded(lang):
        folder = instance.settle(var, language=lang)
        if processes.running(folder, "server"):
            raise Refused("already_running", port=_port(folder))
        refuse_taken("127.0.0.1", port)
        _prepare(folder, county, lang)
        try:
            _start(folder, port, workers)
            _tell(folder, port, detach, lang)
            if not detach:
                _wait(folder)
        except BaseException:
            halt(folder, lang)
            raise


def _prepare(folder: Path, county: Path | None, lang: str) -> None:
    """Everything but the processes: settings, database, tables, accounts, rows."""
    instance.keep_demo_settings(folder)
    instance.settle(folder, language=lang)
    instance.begin(folder)
    instance.set_up()
    from django.conf import settings  # noqa: PLC0415  needs the server's libraries
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from jiadi.server.commands import county as loading  # noqa: PLC0415
    from jiadi.server.health import knock, missing_migrations  # noqa: PLC0415

    if not settings.DEMO:
        raise Refused("not_demo")
    knock()
    if missing_migrations():
        if not instance.is_set("JIADI_OWNER_DATABASE_URL"):
            raise Refused("no_owner")
        call_command("migrate", database="owner", interactive=False, verbosity=0)
    loading.make_accounts(folder / "keys" / "accounts.json")
    for name, rows in loading.load(county).items() if county else ():
        if rows:
            show.screen.print(say(f"demo_{name}", lang, rows=f"{rows:,}"), markup=False, highlight=False)
    connections.close_all()


def _start(folder: Path, port: int, workers: int) -> None:
    """Start the worker and the server, and wait until the server answers."""
    if not processes.running(folder, "worker"):
        processes.start(folder, "worker", [*command("worker"), "--var", str(folder)])
    words = [*command("serve"), "--var", str(folder), "--port", str(port), "--workers", str(workers)]
    server = processes.start(folder, "server", words)
    (folder / "run" / "port").write_text(f"{port}\n", encoding="utf-8")
    for _ in range(START_S * 20):
        if answers(f"http://127.0.0.1:{port}/healthz"):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    log = folder / "log" / "server.log"
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    raise Refused("did_not_start", name="server", why=lines[-1] if lines else "?", log=log)


def answers(url: str) -> bool:
    """Whether an address answers with 200 (是否应答)."""
    try:
        with urllib.request.urlopen(url, timeout=2) as got:
            return bool(got.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tell(folder: Path, port: int, detached: bool, lang: str) -> None:
    """Print who may sign in, and where."""
    from jiadi.server.accounts.roles import roles  # noqa: PLC0415  needs the server's libraries

    kept = folder / "keys" / "accounts.json"
    show.screen.print(say("demo_accounts", lang, file=kept), markup=False, highlight=False)
    for one in json.loads(kept.read_text(encoding="utf-8")):
        # A table would break a long password in two.
        print(f"  {one['username']:<22}{one['password']:<21}{one['division']:<14}{roles()[one['role']].title[lang]}")
    show.screen.print(say("demo_detached" if detached else "demo_open", lang, url=f"http://127.0.0.1:{port}"), markup=False)


def _wait(folder: Path) -> None:
    """Until Ctrl-C or SIGTERM, or until one of the processes has ended."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    while all(processes.running(folder, name) for name in ("server", "worker")):
        time.sleep(0.5)
    raise Refused("did_not_start", name="server", why="?", log=folder / "log")


def _port(folder: Path) -> str:
    try:
        return (folder / "run" / "port").read_text(encoding="utf-8").strip()
    except OSError:
        return "?"
