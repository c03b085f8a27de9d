"""Results written in processes of their own while the run goes on (旁路写出): a second core is not left idle."""

from __future__ import annotations

import pickle
import tempfile
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from jiadi.errors import Refusal
from jiadi.geo import write as geo_write
from jiadi.geo.child import run_limited, stop_all

WORKERS = 2
"""Processes at work at once, beside the run itself."""
MEMORY_MB = 3000
SECONDS = 24 * 3600.0
_OUTPUT_MB = 1 << 20
_WORK = "work.pickle"
_LOOK = 0.05


class Aside:
    """Work that is begun and waited for later (旁路任务). Whoever stops the run ends it at once.

    Args:
        place: folder in which what the work needs is left meanwhile; nothing of it stays.

    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp())
    >>> with Aside(out) as aside:
    ...     aside.geopackage(out / "a.gpkg", {"source": pl.DataFrame({"file": ["宗地.shp"]})})
    >>> [one.name for one in out.iterdir()]
    ['a.gpkg']
    """

    def __init__(self, place: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=".aside-", dir=place)
        self._pool = ThreadPoolExecutor(WORKERS)
        self._waiting: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def start(self, work: Callable[..., object], *args: object) -> Future[None]:
        """Begin work (开始).

        Args:
            work: a function of a module; what it returns is let go.
            args: what it takes; they are copied, so what is done to them here does not reach it.

        Returns:
            What to wait for it by.
        """
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        with (folder / _WORK).open("wb") as file:
            pickle.dump((work, args), file, pickle.HIGHEST_PROTOCOL)
        begun = self._pool.submit(_begun, folder)
        self._waiting.append(begun)
        return begun

    def geopackage(self, path: Path, layers: Mapping[str, pl.DataFrame]) -> None:
        """Write a GeoPackage, as `geo.write.geopackage` does (写出图层)."""
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        geo_write.lay_down(folder, layers)
        self.start(geo_write.geopackage_of, path, folder)

    def wait(self, besides: Future[None] | None = None) -> None:
        """Wait until all is done (等待完成).

        Args:
            besides: what is waited for at another time.

        Raises:
            Refusal: `not_writable`, where the disk is full or the like.
        """
        for one in self._waiting:
            if one is not besides:
                one.result()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.wait()
        finally:
            for one in self._waiting:
                one.cancel()
            while wait(self._waiting, timeout=0.0).not_done:  # one that is just beginning has no process yet to be ended
                stop_all()
                wait(self._waiting, timeout=_LOOK)
            self._pool.shutdown()
            self._folder.cleanup()


def _begun(folder: Path) -> None:
    limits: dict[str, Any] = {"memory_mb": MEMORY_MB, "seconds": SECONDS, "output_mb": _OUTPUT_MB}
    meta = run_limited("jiadi.run.aside:work", folder, **limits).meta
    if "disk" in meta:
        raise Refusal("not_writable", f"A result could not be written: {meta['disk']}.", "See whether the disk is full.")
    if "bug" in meta:
        raise RuntimeError(meta["bug"])


def work(folder: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do what was asked, inside the child (子进程内执行): "disk" or "bug" where that failed."""
    with Path(folder, _WORK).open("rb") as file:
        asked, args = pickle.load(file)
    try:
        asked(*args)
    except OSError as error:
        return {}, {"disk": str(error)}
    except Exception:
        return {}, {"bug": traceback.format_exc()}
    return {}, {}
