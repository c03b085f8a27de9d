"""What `jiadi judge` writes and prints, and what `jiadi explain` reads back (判定与解释)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.cli import show
from jiadi.cli.words import say
from jiadi.errors import Refusal
from jiadi.geo.piece import let_go
from jiadi.insight import report as insight_report
from jiadi.insight import workbook
from jiadi.law.load import keep as keep_law
from jiadi.policy import explain as policy_explain
from jiadi.policy.labels import label
from jiadi.register.tables import Delivery
from jiadi.run import kept, pipeline, record, store, summary
from jiadi.run.aside import Aside
from jiadi.run.folder import whole
from jiadi.run.pipeline import Outcome
from jiadi.run.stages import Progress
from jiadi.survey import across, problems, totals
from jiadi.survey import report as survey_report
from jiadi.survey.giveback import write as giveback
from jiadi.survey.renewal import conflict
from jiadi.survey.renewal import report as renewal_report
from jiadi.survey.review import decision
from jiadi.survey.review import pairs as review_pairs
from jiadi.survey.review import workbook as review_workbook

_COUNTED = {"person", "member", "aid", "house"}
"""Lists of which workbook and report ask only how long they are: what they say stands in the linked register."""
LEFT_OUT = ("findings.xlsx", "report.html", giveback.FOLDER)
"""Results for people that a run may leave out; no other result is made from them."""


def judge_and_write(
    files: Sequence[Path],
    out: Path,
    *,
    on: date | None,
    law: str | None,
    profile: Path | None,
    lang: str,
    progress: Progress,
    without: Collection[str] = (),
) -> dict[str, Any]:
    """Run the whole way and write every result, or nothing (判定并写出).

    Args:
        files: files, folders or zips.
        out: result folder.
        on: the day on which it is judged.
        law: name or folder of a law set.
        profile: YAML that settles what headers cannot.
        lang: "zh" or "en".
        progress: told of each stage.
        without: which of `LEFT_OUT` are not made; one that an earlier run left in the folder goes.

    Returns:
        The summary that was written.

    Raises:
        Refusal: as `run.pipeline.judge`.
    """
    with ThreadPoolExecutor(1) as pool:
        handed_in = pool.submit(record.inputs, [path for path in files if path.exists()])
        outcome = pipeline.judge(files, on=on, law=law, profile=profile, progress=progress)
    disagreed = conflict.conflicts(outcome.delivery, outcome.linked)
    stage, back = outcome.stages.stage, None
    with whole(out, own=("report", *LEFT_OUT, decision.REMEMBERED)) as draft, Aside(draft) as aside:
        with stage("write"):
            store.write(draft, outcome, handed_in.result(), aside)
            if outcome.law:
                keep_law(law or outcome.law.name, draft / kept.FOLDER / kept.LAW)
            asked, sums = across.across(outcome.delivery), totals.totals(outcome.delivery)
            between = pl.concat([outcome.linked.problems, across.told(asked)])
            between = survey_report.named_columns(between, outcome.delivery)
            found = pl.concat([outcome.delivery.problems, between, totals.told(outcome.delivery)])
            more = [renewal_report.conflict_sheet(disagreed, lang), across.sheet(asked, lang), totals.sheet(sums, lang)]
            waiting = review_pairs.waiting(outcome.delivery, outcome.linked, outcome.likely)
            about = _about(outcome.delivery)
            aside.start(survey_report.write_problems, draft, about, found, lang, [sheet.at_rest() for sheet in more])
            if giveback.FOLDER not in without:
                back = aside.start(giveback.write, draft, list(files), about, found, lang, profile)
            aside.start(review_workbook.write_pairs, draft, waiting, lang)
            _for_people(draft, outcome, lang, without)
            aside.wait(besides=back)
        if back is not None:
            with stage("give_back"):
                back.result()
        counted = summary.of_run(outcome, found, lang) | _counted(disagreed, waiting, asked, sums, without)
        summary.write(draft / "summary.json", counted)
    return counted


def _counted(
    disagreed: pl.DataFrame, waiting: pl.DataFrame, asked: pl.DataFrame, sums: pl.DataFrame, without: Collection[str]
) -> dict[str, Any]:
    """What the summary tells besides the run itself."""
    return {
        "conflicts": conflict.counts(disagreed),
        "review": review_workbook.counts(waiting),
        "across": across.counts(asked),
        "reconciliation": totals.differing(sums),
        "left_out": [name for name in LEFT_OUT if name in without],
    }


def _about(delivery: Delivery) -> Delivery:
    """A delivery without its rows: what problems are told from. The delivery lets go of what nobody asks for from here on."""
    for name in _COUNTED & delivery.tables.keys():
        delivery.tables[name] = delivery.tables[name].select("id")
    let_go()
    told = {key: delivery.extra[key] for key in ("layouts", "area_differences", "parcel_overlaps")}
    return Delivery(sources=delivery.sources, files=delivery.files, extra=told)


def _for_people(draft: Path, outcome: Outcome, lang: str, without: Collection[str]) -> None:
    """The workbook and the report that are made of everything."""
    decision.remember(draft, outcome.decisions.accepted)
    if "findings.xlsx" not in without:
        workbook.write(draft / "findings.xlsx", outcome, lang)
    if "report.html" not in without:
        insight_report.write(draft / "report.html", outcome, lang)


def print_run(counted: Mapping[str, Any], lang: str) -> None:
    """Print files, problems, links, verdicts and findings of a run (打印摘要)."""
    show.files(counted["files"], lang)
    show.problems(counted, lang, problems.title)
    show.links(counted, lang)
    show.verdicts(counted, lang, label)
    if counted["unasked"]:
        names = say("list_comma", lang).join(label(code, lang) for code in counted["unasked"])
        show.screen.print(say("unasked", lang, names=names), markup=False)
    if counted["left_out"]:
        show.screen.print(say("left_out", lang, names=say("list_comma", lang).join(counted["left_out"])), markup=False)
    law = counted["law"]
    if law is None:
        show.screen.print(say("law_none", lang, on=counted["on"]), markup=False)
        return
    filled = {"title": law["title"][lang], "version": law["version"], "sha256": law["sha256"][:12], "on": counted["on"]}
    show.screen.print(say("law_used", lang, **filled), markup=False)


def explain_house(directory: Path, house: str, lang: str) -> tuple[dict[str, Any], str]:
    """Why a house of a stored run has its verdict (解释一幢房屋).

    Args:
        directory: result folder of `jiadi judge`.
        house: id of the house.
        lang: "zh" or "en".

    Returns:
        The explanation as plain data, and as text.

    Raises:
        Refusal: no result folder, or no such house (with those that are spelled alike).
    """
    run = kept.load(directory)
    judgement, lawset, law = run.judgement, run.lawset, run.summary["law"]
    ids = judgement.houses["id"].to_list()
    if house not in set(ids):
        alike = get_close_matches(house, ids, n=3, cutoff=0.6)
        near = say("near", lang, ids="、".join(alike)) if alike else ""
        raise Refusal("no_such_house", say("no_such_house", lang, house=house, near=near))
    explanation = policy_explain.explain(judgement, lawset, house, lang)
    text = policy_explain.render(explanation, lang)
    if lawset and lawset.sha256 != law["sha256"]:
        text += "\n\n" + say("law_changed", lang, name=law["set"], then=law["sha256"][:12], now=lawset.sha256[:12])
    return explanation.as_dict(), text
