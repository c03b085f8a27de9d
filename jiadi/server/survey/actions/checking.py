"""What a worker does to check an import (检查过程): two results, each whole or not there, so that a killed worker's successor goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from jiadi import __version__
from jiadi.codes.division import within
from jiadi.register.tables import Delivery
from jiadi.run import check as run_check
from jiadi.run import checked, pipeline
from jiadi.run.stages import Progress, Stages
from jiadi.server.accounts.queries import NOBODY
from jiadi.server.cases import queries as acts
from jiadi.server.database.scope import Scope, seeing
from jiadi.server.refusals import refuse
from jiadi.server.register.actions import Preview, laid_over, preview
from jiadi.server.register.actions.plan import division_of
from jiadi.server.survey import media
from jiadi.survey import check as survey_check
from jiadi.survey import read as survey_read
from jiadi.survey import report as survey_report
from jiadi.survey.mapping import mapping
from jiadi.survey.renewal import report as renewal_report
from jiadi.survey.review import decision, pairs
from jiadi.survey.review import workbook as review_workbook

MAPPING, PROFILE, SUMMARY, WAITING = "mapping.json", "profile.yaml", "summary.json", "waiting.parquet"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be checked (检查任务).

    Args:
        code: division in which all rows must lie.
        files: name → SHA-256.
        profile: YAML; "" for none.
        decisions: frame of `decision.COLUMNS`.
        lang: of the workbooks.
    """

    code: str
    files: Mapping[str, str]
    profile: str
    decisions: pl.DataFrame
    lang: str

    @property
    def scope(self) -> Scope:
        """What a worker sees for it: the whole county, in which recordings follow each other."""
        return Scope.of([self.code[:6]])


@dataclass(frozen=True, slots=True)
class Found:
    """What a check gave (检查结果): names of both results, and figures. `tied` is "" where no list is usable."""

    checked: str
    tied: str
    seen: int
    summary: dict[str, Any]


def check(wanted: Wanted, progress: Progress) -> Found:
    """Read, check, link and compare (检查全程). Outside of any transaction.

    Args:
        wanted: what.
        progress: told of each stage; whatever it raises ends the check, and nothing half stays.

    Raises:
        Refusal: `import_outside`, `disk_full`, `file_lost`, `bad_profile`, or of the core.
    """
    stages = Stages(progress)
    first = _name(__version__, sorted(wanted.files.items()), wanted.profile, wanted.lang)
    if not media.result(first).is_dir():
        with media.made(first) as draft:
            _read(wanted, draft, stages)
    summary = json.loads((media.result(first) / SUMMARY).read_text(encoding="utf-8"))
    if not any(entry["status"] == "read" for entry in summary["files"]):
        return Found(first, "", 0, {"files": summary["files"]})
    progress("compare", 0.0)
    delivery = checked.load(media.result(first))
    with seeing(wanted.scope):
        seen = acts.last(wanted.scope)
        laid = laid_over(NOBODY, delivery, wanted.code)
    second = _name(first, wanted.code, seen, wanted.decisions.sort(wanted.decisions.columns).rows())
    if not media.result(second).is_dir():
        with media.made(second) as draft:
            _tie(wanted, laid, draft, stages)
    told = json.loads((media.result(second) / SUMMARY).read_text(encoding="utf-8"))
    kept = {key: summary[key] for key in ("files", "tables", "problems")}
    return Found(first, second, seen, kept | told | {"seconds": stages.seconds})


def _name(*parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(wanted: Wanted, draft: Path, stages: Stages) -> None:
    """The first result: what the files say, and what is wrong in them."""
    profile = draft / PROFILE if wanted.profile else None
    if profile:
        profile.write_text(wanted.profile, encoding="utf-8")
    with media.laid_out(dict(wanted.files)) as folder, media.room():
        with stages.stage("read"):
            raw = survey_read.read([folder], profile, partial(stages.progress, "read"))
        sheets = [one.as_dict() for one in mapping(raw)]
        (draft / MAPPING).write_text(json.dumps(sheets, ensure_ascii=False), encoding="utf-8")
        with stages.stage("check"):
            delivery = survey_check.check(raw)
        del raw
        run_check.write(draft, [folder], delivery, stages, wanted.lang, profile)
        checked.save(draft, delivery)


def _tie(wanted: Wanted, laid: Delivery, draft: Path, stages: Stages) -> None:
    """The second result: links, what waits for a person, and what would change."""
    laid.extra["decisions"] = _all(laid.extra.get("decisions"), wanted.decisions)
    day = laid.delivered_on or date.today()
    tied = pipeline.tie(laid, day, stages)
    place = division_of(laid, tied.linked)
    if not within(place.ljust(12, "0"), wanted.code):
        raise refuse("import_outside", place=place, division=wanted.code)
    with media.room():
        with stages.stage("review"):
            waiting = review_workbook.write(draft, laid, tied.linked, tied.likely, wanted.lang)
            pairs.waiting(laid, tied.linked, tied.likely).write_parquet(draft / WAITING)
            (draft / "linking").mkdir()
            remarks = survey_report.named_columns(tied.linked.problems, laid)
            survey_report.write_problems(draft / "linking", laid, remarks, wanted.lang)
        with stages.stage("compare"), seeing(wanted.scope):
            shown = preview(NOBODY, laid, tied.linked, wanted.code)
        _write_preview(draft, shown, wanted.lang)
        checked.save(draft, laid)
        checked.save_links(draft, tied.linked)
        told = {"changes": shown.counts, "waiting": waiting, "decisions": tied.decisions.counts, "place": place}
        told |= {"linked": _states(tied.linked.pairs), "edited": shown.edited.height, "houses": tied.linked.houses.height}
        (draft / SUMMARY).write_text(json.dumps(told, ensure_ascii=False, default=str), encoding="utf-8")


def _all(of_files: object, of_page: pl.DataFrame) -> pl.DataFrame | None:
    """Decisions of the files and of the page; on a pair that both speak of, the page has the last word."""
    if not isinstance(of_files, pl.DataFrame) or of_files.is_empty():
        return of_page if of_page.height else None
    rest = of_files.join(of_page, on=["kind", "left_id", "right_id"], how="anti")
    return pl.concat([rest, of_page])


def _states(links: pl.DataFrame) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for kind, state, many in links.group_by("kind", "state").len().sort("kind", "state").iter_rows():
        counted.setdefault(kind, {})[state] = many
    return counted


def _write_preview(draft: Path, shown: Preview, lang: str) -> None:
    for name in ("changed", "edited", "departments"):
        frame: pl.DataFrame = getattr(shown, name)
        frame.write_parquet(draft / f"{name}.parquet")
    rows: Sequence[pl.DataFrame] = [
        pl.DataFrame({"table": name, "what": what, "key": keys.cast(pl.String)})
        for name, step in shown.plan.steps.items()
        if name != "link"
        for what, keys in (("added", step.insert["key"]), ("changed", step.update["key"]), ("kept", step.kept))
    ]
    pl.concat(rows).write_parquet(draft / "rows.parquet")
    if shown.plan.renewal is not None:
        renewal_report.write(draft, shown.plan.renewal, shown.departments, lang)


def decided(rows: Sequence[Mapping[str, Any]], source: str) -> pl.DataFrame:
    """Decisions as the core takes them (决定入核).

    Args:
        rows: kind, left, right, answer, by, day, why, check_value.
        source: what is told of where they stand.
    """
    named = {"left": "left_id", "right": "right_id", "check_value": "check"}
    told = [{named.get(key, key): text or None for key, text in row.items()} | {"file": source, "sheet": ""} for row in rows]
    return pl.DataFrame(told, schema=decision.COLUMNS)
