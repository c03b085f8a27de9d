"""Stages of a run, timed and told to whoever watches (阶段与进度)."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jiadi.geo.piece import let_go

Progress = Callable[[str, float], None]
"""Called with the name of a stage and how much of it is done, 0 to 1."""


def silent(stage: str, share: float) -> None:
    """A progress that nobody watches (不显示进度).

    >>> silent("read", 0.5)
    """


@dataclass(slots=True)
class Stages:
    """Seconds that each stage took (各阶段用时).

    Args:
        progress: told at the start and the end of each stage.

    >>> stages = Stages()
    >>> with stages.stage("read"):
    ...     pass
    >>> list(stages.seconds)
    ['read']
    """

    progress: Progress = silent
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what runs inside under this name; the same name twice adds up."""
        self.progress(name, 0.0)
        began = time.perf_counter()
        yield
        let_go()
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - began, 3)
        self.progress(name, 1.0)


def peak_mb() -> int:
    """Largest memory that this process or one of its finished children held, in MB (内存峰值).

    >>> peak_mb() > 0
    True
    """
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    held = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(max(held) / unit)
