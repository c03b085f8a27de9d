"""Jobs about jobs (任务的任务)."""

from __future__ import annotations

import logging
from typing import Any

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from jiadi.server.jobs.queries import SILENT_S

MOST_ATTEMPTS = 5
"""A job that has ended its worker so often is itself what ends them."""

log = logging.getLogger(__name__)


async def take_up(manager: Any) -> list[int]:
    """Put jobs of dead workers back in line; give up those that killed every worker they met (接续中断的任务).

    Args:
        manager: procrastinate's manager of jobs, of an app that is open.

    Returns:
        Ids of the jobs that will run again.
    """
    again = []
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_S):
        if job.attempts >= MOST_ATTEMPTS:
            log.error("job %s (%s) has ended %s workers and is given up", job.id, job.task_name, job.attempts)
            await manager.finish_job(job, Status.FAILED, delete_job=False)
            continue
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # the same work waits in line already
            await manager.finish_job(job, Status.ABORTED, delete_job=False)
            continue
        again.append(job.id)
    return again


@app.periodic(cron="* * * * *")
@app.task(name="take_up_stalled", queueing_lock="take_up_stalled", pass_context=True)
async def take_up_stalled(context: JobContext, timestamp: int) -> None:
    """Every minute: jobs of workers that were killed run again."""
    taken = await take_up(context.app.job_manager)
    if taken:
        log.warning("jobs %s run again: their worker was killed", taken)
