"""Runs, verdicts and jobs, cut to the scope of who asks (判定查询)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet

from jiadi.policy import explain
from jiadi.policy.explain import Explanation
from jiadi.policy.labels import sections
from jiadi.run import kept
from jiadi.run.kept import Kept
from jiadi.server.database.scope import DIGITS, LEVELS, Scope
from jiadi.server.policy.models import Job, Run, Verdict
from jiadi.server.refusals import refuse

FOLDER = "runs"
"""Below the media: what each run rests on, so that it can be explained later."""
RIGHTS = {"judge": "judge", "whatif": "try_law", "compare": "try_law"}
"""What each kind of job asks for."""
HELD = 4
"""Runs that one process keeps in memory, so that the next explanation waits for no file."""


def folder_of(run: UUID) -> Path:
    """Where a run is kept (运行留存目录)."""
    return Path(settings.MEDIA_ROOT) / FOLDER / str(run)


def runs(scope: Scope) -> QuerySet[Run]:
    """Runs of divisions inside a scope, the newest first (判定清单)."""
    return Run.objects.filter(scope.where()).order_by("-id")


def jobs(scope: Scope) -> QuerySet[Job]:
    """Jobs of divisions inside a scope, the newest first (任务清单)."""
    return Job.objects.filter(scope.where()).order_by("-id")


def place_of(job: Job) -> Scope:
    """Where a job belongs (任务所属区划)."""
    return Scope.of([f"{job.division:012}"])


def verdicts(scope: Scope, run: UUID | None = None) -> QuerySet[Verdict]:
    """Verdicts on houses of a scope, in the order in which they were stored (结论清单); of all runs where none is named."""
    found = Verdict.objects.filter(scope.where()).order_by("id")
    return found if run is None else found.filter(run_id=run)


def chosen(found: QuerySet[Verdict], verdict: str = "", finding: str = "") -> QuerySet[Verdict]:
    """Of these verdicts those of one kind, and those with a finding (筛选结论); "" for any."""
    if verdict:
        found = found.filter(verdict=verdict)
    if finding:
        found = found.filter(findings__regex=rf"(^|,){re.escape(finding)}(,|$)")
    return found


@dataclass(frozen=True, slots=True)
class Counts:
    """How many houses of a run have which verdict and finding (判定统计).

    Args:
        verdicts: verdict → houses, in the order of the labels.
        findings: finding → houses, the most first.
        places: (division, houses by verdict in the order of `verdicts`), one level below the run's, by code.
    """

    verdicts: dict[str, int]
    findings: dict[str, int]
    places: list[tuple[int, list[int]]]


def counts(scope: Scope, run: Run) -> Counts:
    """Count a run (统计一次判定)."""
    held = verdicts(scope, run.id).order_by()
    grouped = list(held.values_list("division", "verdict").annotate(count=Count("id")))
    order = {word: place for place, word in enumerate(sections()["verdict"])}
    total: Counter[str] = Counter()
    for _, verdict, count in grouped:
        total[verdict] += count
    words = sorted(total, key=lambda word: (order.get(word, len(order)), word))
    unit = 10 ** (DIGITS - _below(run.code))
    places: dict[int, list[int]] = {}
    for division, verdict, count in grouped:
        places.setdefault(division - division % unit, [0] * len(words))[words.index(verdict)] += count
    found: Counter[str] = Counter()
    for codes, count in held.exclude(findings="").values_list("findings").annotate(count=Count("id")):
        found.update(dict.fromkeys(codes.split(","), count))
    most = dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
    return Counts({word: total[word] for word in words}, most, sorted(places.items()))


def _below(code: str) -> int:
    """Digits of the level below a division."""
    return next((level for level in (*LEVELS, DIGITS) if level > len(code)), DIGITS)


def verdict_on(scope: Scope, house: UUID, run: UUID | None = None) -> Verdict:
    """What a run says of a house (一户的结论), the newest one where none is named.

    Raises:
        Refused: `not_found`: no such house in the scope, or the run did not judge it.
    """
    found = verdicts(scope, run).filter(house=house).order_by("-id").first()
    if found is None:
        raise refuse("not_found")
    return found


def explained(verdict: Verdict, lang: str) -> Explanation:
    """Why, from what was kept of the run (由留存的判定解释): the law and the facts are those of its day.

    Raises:
        Refused: `run_lost`.
    """
    held = stored(verdict.run_id)
    try:
        return explain.explain(held.judgement, held.lawset, verdict.key, lang)
    except KeyError:
        raise refuse("run_lost") from None


def stored(run: UUID) -> Kept:
    """A run as it was kept (取留存的判定).

    Raises:
        Refused: `run_lost`: its files are no longer there.
    """
    folder = folder_of(run)
    if not folder.is_dir():
        raise refuse("run_lost")
    return _loaded(folder)


@lru_cache(maxsize=HELD)
def _loaded(folder: Path) -> Kept:
    return kept.load(folder)
