"""How far a job is, and whether anybody still wants it (进度与取消)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any, Self

from django.db import InterfaceError, OperationalError, connection
from procrastinate import RetryStrategy

from jiadi.server.database.scope import EVERYWHERE, seeing

BEAT_S = 1.0
"""How often it is written down how far a job is."""
AGAIN = RetryStrategy(max_attempts=10, wait=2, retry_exceptions={OperationalError, InterfaceError})
"""A database that was restarted is waited for."""


class TakenBack(Exception):
    """The order was taken back meanwhile (任务已撤回): the transaction must not hold."""


class Watch:
    """Writes down how far a job is, and ends it where its order was taken back (进度与取消).

    The job's own connection is busy, and stages are told from several threads: only a thread of its own speaks with the database.

    Args:
        write: writes down `stage` and `share`, with the sight of everything; whether the job is still wanted.
    """

    def __init__(self, write: Callable[[Any], bool]) -> None:
        self.write = write
        self.stage, self.share = "", 0.0
        self.ended, self.taken_back = Event(), False

    def told(self, stage: str, share: float) -> None:
        """Progress of the core.

        Raises:
            TakenBack: nobody wants it any more.
        """
        self.stage, self.share = stage, share
        if self.taken_back:
            raise TakenBack

    def beat(self) -> None:
        """Until the job ends: write, and look whether it still is wanted."""
        try:
            while not self.ended.wait(BEAT_S):
                with contextlib.suppress(OperationalError, InterfaceError), seeing(EVERYWHERE):
                    self.taken_back = not self.write(self)
        finally:
            connection.close()

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        """Watch what runs inside; its own error is of no interest where nobody waits for it."""
        thread = Thread(target=self.beat, name="job-progress", daemon=True)
        thread.start()
        try:
            yield self
        except Exception:
            if self.taken_back:
                raise TakenBack from None
            raise
        finally:
            self.ended.set()
            thread.join()
