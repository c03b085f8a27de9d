"""What the interface does by itself (接口后台任务)."""

from __future__ import annotations

from django.db import connection
from procrastinate.contrib.django import app

from jiadi.server.api import once


@app.periodic(cron="40 3 * * *")
@app.task(name="forget_answers", queueing_lock="forget_answers")
def forget_answers(timestamp: int) -> None:
    """Every night: answers that are kept long enough go."""
    try:
        once.forget()
    finally:
        connection.close()  # a job runs in a thread of its own
