"""Telling other systems as a job (推送任务): every minute, one pass at a time."""

from __future__ import annotations

from django.db import connection
from procrastinate.contrib.django import app

from jiadi.server.hooks import delivering

QUEUE = "hooks"


@app.periodic(cron="* * * * *")
@app.task(name="tell_hooks", queue=QUEUE, lock="tell_hooks", queueing_lock="tell_hooks")
def tell_hooks(timestamp: int) -> None:
    """Tell every hook that is due what it was not told yet."""
    try:
        for hook in delivering.due():
            delivering.deliver(hook)
        delivering.forget()
    finally:
        connection.close()  # a job runs in a thread of its own
