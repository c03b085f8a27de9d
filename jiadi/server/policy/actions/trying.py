"""Trying changed law on a stored run, and two runs side by side (试算与比对): by the functions of the command line, kept with the job."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from jiadi.insight import compare as insight_compare
from jiadi.insight import table
from jiadi.insight import whatif as insight_whatif
from jiadi.law import trial
from jiadi.law.lawset import LawSet
from jiadi.run import compare as run_compare
from jiadi.run import whatif as run_whatif
from jiadi.run.folder import whole
from jiadi.run.stages import Progress, silent
from jiadi.server.accounts.queries import Access
from jiadi.server.database.scope import Scope
from jiadi.server.policy.models import Job, Run
from jiadi.server.policy.queries import folder_of
from jiadi.server.policy.queries import runs as runs_of
from jiadi.server.refusals import refuse

FOLDER = "results"
"""Below the media: what came of a trial or a comparison."""
LANGUAGES = ("zh", "en")


def results_of(job: UUID) -> Path:
    """Where the result of a job is kept (结果目录)."""
    return Path(settings.MEDIA_ROOT) / FOLDER / str(job)


def read_variants(text: str, law: LawSet) -> tuple[trial.Variant, ...]:
    """Variants as the command line reads them from its file (读取方案).

    Raises:
        Refusal: what is wrong, and where.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "variants.yaml"
        path.write_text(text, encoding="utf-8")
        return trial.read(path, law)


def tried_run(access: Access, run: str) -> Run:
    """A whole run that somebody may try law on (可试算的判定).

    Raises:
        Refused: `not_found`, `run_lost`.
    """
    found = runs_of(access.scope("try_law")).filter(pk=run, whole=True).first()
    if found is None or not access.scope("try_law").covers(Scope.of([found.code])):
        raise refuse("not_found")
    if not folder_of(found.id).is_dir():
        raise refuse("run_lost")
    return found


def whatif(who: Access, job: Job, progress: Progress = silent) -> dict[str, Any]:
    """Try the variants of a job (试算)."""
    run = tried_run(who, job.wanted["run"])
    progress("try", 0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "variants.yaml"
        path.write_text(job.wanted["variants"], encoding="utf-8")
        found = run_whatif.whatif_of(folder_of(run.id), path)
    progress("store", 0.0)
    return _kept(job, lambda lang: insight_whatif.report(found, lang))


def compare(who: Access, job: Job, progress: Progress = silent) -> dict[str, Any]:
    """Compare the two runs of a job (比对)."""
    old, new = (folder_of(tried_run(who, job.wanted[end]).id) for end in ("old", "new"))
    progress("compare", 0.0)
    found = run_compare.compare(old, new)
    progress("store", 0.0)
    return _kept(job, lambda lang: insight_compare.report(found, lang))


def _kept(job: Job, told: Callable[[str], table.Report]) -> dict[str, Any]:
    """Page, workbook and figures in both languages, and each table by itself, to be shown by page."""
    with whole(results_of(job.id)) as draft:
        for lang in LANGUAGES:
            report, own = told(lang), draft / lang
            own.mkdir()
            table.write(own, report, lang)
            for number, one in enumerate(report.tables):
                one.rows.write_parquet(own / f"{number}.parquet")
            (own / "report.json").write_text(json.dumps(_described(report), ensure_ascii=False, default=str), encoding="utf-8")
    return {"report": report.name}


def _described(report: table.Report) -> dict[str, Any]:
    tables = [
        {"title": one.title, "note": one.note, "heads": list(one.heads), "empty": one.empty, "rows": one.rows.height}
        for one in report.tables
    ]
    tiles = [[tile.name, tile.figure, tile.beside] for tile in report.tiles]
    return {"name": report.name, "title": report.title, "meta": list(report.meta), "tiles": tiles, "tables": tables}
