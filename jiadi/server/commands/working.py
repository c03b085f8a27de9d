"""The process that does jobs (任务进程)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading

from procrastinate.contrib.django import app

from jiadi.server.jobs.queries import HEARTBEAT_S, SILENT_S
from jiadi.server.jobs.tasks import take_up

log = logging.getLogger("jiadi.worker")


def work(jobs: int, stop_s: float) -> None:
    """Do jobs until told to stop; those of killed workers are taken up first (做任务).

    A worker that was told to stop says no longer that it lives, and another one takes its jobs up after `SILENT_S`: before that
    the process must be gone, so that no job is done by two. A job that has not ended by then is taken up like that of a killed worker.

    Args:
        jobs: at a time.
        stop_s: how long jobs that are under way may take to end, in seconds; below `SILENT_S`.
    """
    if stop_s >= SILENT_S:
        raise ValueError(f"{stop_s} s are too long: after {SILENT_S} s another worker does the same jobs")
    asyncio.run(_work(jobs, stop_s))


async def _work(jobs: int, stop_s: float) -> None:
    with app.replace_connector(app.connector.get_worker_connector()) as ours:  # type: ignore[attr-defined]
        async with ours.open_async():
            taken = await take_up(ours.job_manager)
            log.info("worker begins; jobs taken up: %s", taken or "none")
            working = asyncio.create_task(
                ours.run_worker_async(
                    concurrency=jobs,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=SILENT_S,
                    install_signal_handlers=False,
                )
            )
            for told in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(told, _stop, working, stop_s)
            with contextlib.suppress(asyncio.CancelledError):
                await working
    log.info("worker has stopped")


def _stop(working: asyncio.Task[None], stop_s: float) -> None:
    """Begin nothing more, and be gone in time."""
    working.cancel()  # which procrastinate takes as: end what is under way
    last = threading.Timer(stop_s, _leave)
    last.daemon = True
    last.start()


def _leave() -> None:
    log.warning("jobs are still under way, and are left for another worker")
    logging.shutdown()
    # A job in a thread cannot be ended otherwise; what it wrote in its transaction is taken back.
    os._exit(0)
