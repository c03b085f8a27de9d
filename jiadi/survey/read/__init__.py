"""Reading what departments hand in 读取: any of their files, each opened in a limited child process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import polars as pl

from jiadi.errors import Refusal
from jiadi.geo.child import stop_all
from jiadi.register.tables import PROBLEMS
from jiadi.survey import manifest
from jiadi.survey.read import profile as profiles
from jiadi.survey.read import reasons
from jiadi.survey.read.found import WORKBOOKS, Found, find
from jiadi.survey.read.raw import RawDelivery, RawSheet
from jiadi.survey.read.reasons import Said
from jiadi.survey.read.take import Taken, open_many, take
from jiadi.survey.review import decision

__all__ = ["RawDelivery", "RawSheet", "read"]

WORKERS = 2
"""Children at work at the same time: one a core of a small machine."""
SMALL_BYTES, BATCH = 100_000, 50
"""Workbooks up to this size are read so many to a child: a county may hand in a file a house."""


def read(paths: Sequence[Path], profile: Path | None = None, progress: Callable[[float], None] | None = None) -> RawDelivery:
    """Read files, folders and zips (读取交付).

    What a file holds is told by its headings, layers and metadata; a profile settles what they
    cannot. A file that cannot be read is told with its reason, and the others are read all the same.

    Args:
        paths: files, folders (with all that is in them) or zips.
        profile: YAML, see `read.profile`; None leaves it to one that lies with the files, else to the shipped ones.
        progress: called with the share that is read, of all files by their size.

    Returns:
        The sheets as they stand in the files, what was not taken, and the manifest.

    Raises:
        Refusal: `bad_profile`.

    >>> read([]).sheets
    []
    """
    with tempfile.TemporaryDirectory(prefix="jiadi-") as folder:
        found = find(paths, Path(folder))
        chosen = profiles.load(profile) if profile else profiles.lying_with(found.profiles)
        taken = _take_all(found, chosen, progress or (lambda share: None))
        delivery = RawDelivery(thresholds=dict(chosen.thresholds) if chosen else {})
        _read_manifests(found, delivery)
    remarks: list[tuple[str, str, str, Said]] = [(name, "", "refused", said) for name, said in found.refused]
    corrected = {one.replaces: name for (name, _), one in zip(found.files, taken, strict=True) if one.replaces}
    for (name, _), one in zip(found.files, taken, strict=True):
        replaced = [sheet for sheet in one.sheets if sheet.sha256 in corrected]
        delivery.sheets += [sheet for sheet in one.sheets if sheet.sha256 not in corrected]
        remarks += [(name, sheet.sheet, "unused", reasons.of("replaced", name=corrected[sheet.sha256])) for sheet in replaced]
        remarks += [(name, sheet, status, said) for sheet, status, said in one.left]
    told = [one.decisions for one in taken if not one.decisions.is_empty()] + _remembered(found, remarks)
    delivery.decisions = pl.concat(told) if told else None
    delivery.files += [not_taken(*remark) for remark in remarks]
    delivery.problems = pl.concat([delivery.problems, _problems(remarks)])
    return delivery


def _take_all(found: Found, profile: profiles.Profile | None, progress: Callable[[float], None]) -> list[Taken]:
    """Every file, the largest first, so that none is begun last and waited for; small workbooks several to a child."""
    order = sorted(range(len(found.files)), key=lambda place: -found.files[place][1].stat().st_size)
    small = [place for place in order if _is_small(found.files[place][1])]
    batches = (
        [small[start : start + BATCH] for start in range(0, len(small), BATCH)] if len(small) > WORKERS else [[place] for place in small]
    )
    work = [[place] for place in order if place not in set(small)] + batches
    taken: dict[int, Taken] = {}
    told = _Progress([path.stat().st_size for _, path in found.files], progress)

    def some(places: list[int]) -> None:
        held = open_many([found.files[place][1] for place in places]) if len(places) > 1 else [None]
        for place, before in zip(places, held, strict=True):
            taken[place] = take(*found.files[place], profile, before, partial(told.tell, place))
            told.tell(place, 1.0)

    with ThreadPoolExecutor(WORKERS) as pool:
        waiting = [pool.submit(some, places) for places in work]
        try:
            for one in waiting:
                one.result()
        except BaseException:  # whoever stops it does not wait for what is being read
            for one in waiting:
                one.cancel()
            stop_all()
            raise
    return [taken[place] for place in range(len(order))]


class _Progress:
    """How far all files are, by their size."""

    def __init__(self, sizes: list[int], progress: Callable[[float], None]) -> None:
        self.sizes, self.progress = [size + 1 for size in sizes], progress
        self.shares = [0.0] * len(sizes)

    def tell(self, place: int, share: float) -> None:
        self.shares[place] = max(share, self.shares[place])
        self.progress(sum(size * held for size, held in zip(self.sizes, self.shares, strict=True)) / sum(self.sizes))


def _is_small(path: Path) -> bool:
    return path.suffix.lower() in WORKBOOKS and not path.is_dir() and path.stat().st_size <= SMALL_BYTES


def _remembered(found: Found, remarks: list[tuple[str, str, str, Said]]) -> list[pl.DataFrame]:
    """Decisions of earlier runs."""
    frames = []
    for name, path in found.decisions:
        try:
            frames.append(decision.remembered(name, path))
        except (OSError, ValueError, RecursionError) as error:
            remarks.append((name, "", "refused", reasons.of("bad_decisions", detail=" ".join(str(error).split())[:200])))
        else:
            remarks.append((name, "", "unused", reasons.of("review", decisions=frames[-1].height)))
    return frames


def _read_manifests(found: Found, delivery: RawDelivery) -> None:
    for name, path in found.manifests:
        try:
            said = manifest.load_limited(path)
        except manifest.BadManifest as error:
            found.refused.append((name, reasons.of("bad_manifest", detail=error)))
            continue
        except Refusal as refusal:
            found.refused.append((name, reasons.of_refusal(refusal)))
            continue
        delivery.delivered_on = max(filter(None, (said.delivered_on, delivery.delivered_on)), default=None)
        delivery.coverage += said.coverage
        delivery.totals += said.totals
        delivery.extents |= said.extents


def not_taken(file: str, sheet: str, status: str, said: Said) -> dict[str, object]:
    """The entry of summary.json for a file, sheet or layer that was not taken (未收条目).

    >>> not_taken("a.doc", "", "refused", reasons.of("unsupported", suffix=".doc"))["status"]
    'refused'
    """
    counts = {"rows": 0, "accepted": 0, "refused": 0, "skipped": 0}
    return {
        "file": file,
        "sheet": sheet,
        "table": None,
        "status": status,
        "code": said.code,
        "reason": said.zh,
        "reason_en": said.en,
        **counts,
    }


def _problems(remarks: Sequence[tuple[str, str, str, Said]]) -> pl.DataFrame:
    rows = [(file, sheet, 0, "", said.code, "refused", "", said.en) for file, sheet, status, said in remarks if status == "refused"]
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row")
