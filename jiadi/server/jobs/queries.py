"""What is known of jobs and of those who do them (任务查询)."""

from __future__ import annotations

from django.db import connection

HEARTBEAT_S = 5
"""How often a worker says that it lives."""
SILENT_S = 20
"""After so long without a word a worker counts as dead, and its jobs are taken up by others."""


def workers_alive() -> int:
    """Workers that have lately said that they live, by the clock of the database (在岗的任务进程)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)", [SILENT_S])
        return int(cursor.fetchone()[0])
