"""Commands that run the server's processes and stop them (运行与停止)."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from jiadi.cli import show
from jiadi.cli.commands import Language
from jiadi.server.commands import app, instance, processes
from jiadi.server.commands.words import Refused, guarded, say

Var = Annotated[Path | None, typer.Option("--var", help="实例的文件夹，缺省为 JIADI_VAR 或 var · folder of the instance")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="端口 · port")]
THREADS = 8
"""Requests that one process works on at a time; each may hold one of its connections to the database."""
STOP_S = 30
"""How long requests that are under way may take to end."""
JOBS_STOP_S = 15
"""How long jobs may: shorter than the silence after which another worker takes them up."""


def command(name: str) -> list[str]:
    """The words that run one of our commands in a process of its own (命令)."""
    return [sys.executable, "-P", "-m", "jiadi.cli", name]


@app.command()
def serve(
    port: Port = 8000,
    host: Annotated[str, typer.Option("--host", help="监听地址 · address to listen on")] = "127.0.0.1",
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="进程数 · processes")] = 2,
    var: Var = None,
    lang: Language = "zh",
) -> None:
    """启动网页服务，前台运行。 · Serve the pages, in the foreground."""
    with guarded(lang):
        folder = instance.settle(var, language=lang)
        refuse_taken(host, port)
        os.environ["DJANGO_SETTINGS_MODULE"] = "jiadi.server.serving"
        _ready_database(folder)
        from django.core.management import call_command  # noqa: PLC0415  needs the server's libraries

        call_command("collectstatic", interactive=False, verbosity=0)
        words = [sys.executable, "-P", "-m", "granian", "jiadi.server.wsgi:application", "--interface", "wsgi"]
        words += ["--host", host, "--port", str(port), "--workers", str(workers), "--blocking-threads", str(THREADS)]
        words += ["--workers-kill-timeout", str(STOP_S), "--respawn-failed-workers", "--no-ws", "--log-level", "warning"]
        os.execv(sys.executable, words)


@app.command()
def worker(
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=16, help="同时做几项任务 · jobs at a time")] = 1,
    var: Var = None,
    lang: Language = "zh",
) -> None:
    """启动后台任务进程，前台运行。 · Do the jobs, in the foreground."""
    with guarded(lang):
        folder = instance.settle(var, language=lang)
        _ready_database(folder)
        from jiadi.server.commands.working import work  # noqa: PLC0415  needs Django to be loaded

        work(jobs, JOBS_STOP_S)


@app.command()
def migrate(var: Var = None, lang: Language = "zh") -> None:
    """执行数据库迁移。 · Bring the database up to this release."""
    with guarded(lang):
        folder = instance.settle(var, language=lang)
        own = instance.private(folder)
        if own and (own.data / "PG_VERSION").exists():
            instance.begin(folder)
        if not instance.is_set("JIADI_OWNER_DATABASE_URL"):
            raise Refused("no_owner")
        instance.set_up()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", database="owner", interactive=False, verbosity=0)
        show.screen.print(say("migrated", lang), markup=False)


@app.command()
def stop(var: Var = None, lang: Language = "zh") -> None:
    """停止本实例启动的进程，别的一概不动。 · Stop what this instance started, and nothing else."""
    with guarded(lang):
        folder = instance.settle(var, language=lang)
        if not (folder / "run").is_dir() and not (folder / "postgres").exists():
            raise Refused("no_instance", folder=folder)
        halt(folder, lang)


def halt(folder: Path, lang: str) -> None:
    """Stop the server, then the worker, then the database (停止全部)."""
    for name in ("server", "worker"):
        done = processes.stop(folder, name)
        show.screen.print(say("stopped" if done else "not_running", lang, name=say(name, lang)), markup=False)
    own = instance.private(folder)
    if own and own.folder.exists():
        done = own.running()
        own.stop()
        show.screen.print(say("stopped" if done else "not_running", lang, name=say("database", lang)), markup=False)


def refuse_taken(host: str, port: int) -> None:
    """Two servers could share one port, and each would get half of the requests (端口已被占用).

    Raises:
        Refused: `port_taken`; somebody listens there, or nobody may.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as why:
            raise Refused("port_taken", host=host, port=port, why=why.strerror) from None


def _ready_database(folder: Path) -> None:
    """A database that may be worked with: started where it is our own, safe, and up to date."""
    own = instance.private(folder)
    if own:
        if not (own.data / "PG_VERSION").exists():
            raise Refused("no_database")
        own.start()
    instance.set_up()
    from jiadi.server.health import knock, missing_migrations  # noqa: PLC0415
    from jiadi.server.safety import refuse_unsafe  # noqa: PLC0415

    refuse_unsafe()
    knock()
    if missing := missing_migrations():
        raise Refused("not_migrated", count=len(missing))
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
