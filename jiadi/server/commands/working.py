"""The process that does jobs (任务进程)."""

from __future__ import annotations

import asyncio
import logging

from procrastinate.contrib.django import app

from jiadi.server.jobs.queries import HEARTBEAT_S, SILENT_S
from jiadi.server.jobs.tasks import take_up

log = logging.getLogger("jiadi.worker")


def work(jobs: int, stop_s: float) -> None:
    """Do jobs until told to stop; those of killed workers are taken up first (做任务).

    Args:
        jobs: at a time.
        stop_s: how long jobs that are under way may take to end, in seconds. What has not ended then is put back.
    """
    asyncio.run(_work(jobs, stop_s))


async def _work(jobs: int, stop_s: float) -> None:
    with app.replace_connector(app.connector.get_worker_connector()) as ours:  # type: ignore[attr-defined]
        async with ours.open_async():
            taken = await take_up(ours.job_manager)
            log.info("worker begins; jobs taken up: %s", taken or "none")
            await ours.run_worker_async(
                concurrency=jobs,
                shutdown_graceful_timeout=stop_s,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=SILENT_S,
                fetch_job_polling_interval=5,
            )
    log.info("worker has stopped")
