"""Two runs side by side as a page, a workbook and figures (比对报告)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from jiadi.insight import lawchange, moved, naming, plainpage, table
from jiadi.insight.table import Table
from jiadi.insight.words import say
from jiadi.policy import whatif_effect, whatif_told, whatif_trial
from jiadi.policy.judge import VERDICTS
from jiadi.policy.labels import label
from jiadi.run.compare import PROGRAM, Compared

CAUSES = (*whatif_trial.GROUPS, PROGRAM)
"""Kinds of causes 原因种类, in the order in which they are shown."""


def write(folder: Path, found: Compared, lang: str) -> dict[str, Any]:
    """Write `compare.html`, `compare.xlsx` and `compare.json` (写出比对).

    Args:
        folder: to write into.
        found: of `run.compare.compare`.
        lang: "zh" or "en".

    Returns:
        What compare.json says.
    """
    return table.write(folder, report(found, lang), lang)


def report(found: Compared, lang: str) -> table.Report:
    """What a comparison says, table by table (比对报告内容)."""
    counted, tables = counts(found), list(_tables(found, lang))
    return table.Report("compare", say("compare_title", lang), counted, tables, list(_meta(found, lang)), _tiles(counted, lang))


def counts(found: Compared) -> dict[str, Any]:
    """The figures of a comparison, for programs (比对数字): houses of both runs, added and removed add up to each run's own."""
    moved_houses = found.houses.filter(pl.col("before") != pl.col("after"))
    changed = found.findings.with_columns(whatif_effect.kind_of_change().alias("kind"))
    return {
        "old": _of_run(found, 0),
        "new": _of_run(found, 1),
        "both": int(found.matrix.sum()),
        "added": _verdicts(found.added),
        "removed": _verdicts(found.removed),
        "matrix": {before: dict(zip(VERDICTS, row, strict=True)) for before, row in zip(VERDICTS, found.matrix.tolist(), strict=True)},
        "verdicts_changed": moved_houses.height,
        "houses_changed": found.houses.height,
        "causes": _by_cause(moved_houses),
        "findings": {
            code: dict(own["kind"].value_counts().sort("kind").iter_rows())
            for (code,), own in changed.group_by("code", maintain_order=True)
        },
        "finding_causes": _by_cause(found.findings),
        "things": dict(found.houses["cause"].explode().drop_nulls().value_counts().sort("cause").iter_rows()),
        "inputs_changed": found.inputs["file"].to_list(),
        "layers_changed": list(found.layers),
    }


def _of_run(found: Compared, place: int) -> dict[str, Any]:
    run = (found.old, found.new)[place]
    return {"law": run.summary["law"], "on": run.summary["on"], "houses": run.judgement.houses.height, "verdicts": run.summary["verdicts"]}


def _verdicts(houses: pl.DataFrame) -> dict[str, int]:
    counted = dict(houses["verdict"].value_counts().iter_rows())
    return {verdict: int(counted.get(verdict, 0)) for verdict in VERDICTS}


def _by_cause(rows: pl.DataFrame) -> dict[str, int]:
    """Rows by their kinds of causes, several joined by +: each row once."""
    joined = rows.select(pl.col("groups").list.join("+").alias("causes"))["causes"]
    return {str(word): int(number) for word, number in joined.value_counts().sort("causes").iter_rows()}


def _tables(found: Compared, lang: str) -> Iterator[Table]:
    names = _names(found, lang)
    yield _causes(found, lang)
    yield _matrix(found, lang)
    yield _law(found, lang)
    yield _inputs(found, lang)
    title, note = table.said("compare_houses", lang)
    yield moved.houses(found.houses, names, lang, title, note)
    yield _values(found, names, lang)
    yield _once(found, lang)
    heads = [say(key, lang) for key in ("finding", *(f"moved_kind_{kind}" for kind in whatif_effect.CHANGES))]
    yield Table(
        *table.said("whatif_by_code", lang), heads, (22, *(13,) * 5), moved.by_code(found.findings, lang, {}), say("whatif_nothing", lang)
    )
    yield moved.findings(found.findings, names, lang, say("compare_findings", lang), "")


def _matrix(found: Compared, lang: str) -> Table:
    """Verdict before, by verdict after; what only one run has stands in a row or column of its own."""
    rows = moved.matrix_rows(found.matrix, lang, {}).drop("all")
    removed, added = _verdicts(found.removed), _verdicts(found.added)
    gone = pl.Series([removed[verdict] for verdict in moved.SHOWN if label(verdict, lang) in set(rows["before"])], dtype=pl.Int64)
    if rows.height < len(moved.SHOWN):
        rows, gone = _with_empty(rows, removed, lang)
    rows = rows.with_columns(gone.alias("removed"))
    new = {"before": say("compare_added", lang), **added, "removed": None}
    rows = pl.concat([rows, pl.DataFrame([new], schema=rows.schema)])
    rows = rows.with_columns(pl.sum_horizontal(pl.exclude("before")).alias("all"))
    rows = rows.filter(pl.col("all") > 0)
    sums = {name: int(rows[name].sum()) for name in rows.columns if name != "before"}
    rows = pl.concat([rows, pl.DataFrame([{"before": say("total", lang), **sums}], schema=rows.schema)])
    heads = [say("moved_before", lang), *moved.verdicts(lang), say("compare_removed", lang), say("total", lang)]
    return Table(*table.said("compare_matrix", lang), heads, (16, *(13,) * 7), rows, say("whatif_nothing", lang))


def _with_empty(rows: pl.DataFrame, removed: Mapping[str, int], lang: str) -> tuple[pl.DataFrame, pl.Series]:
    """Rows of all verdicts, those without a house of both runs too."""
    every = pl.DataFrame({"before": moved.verdicts(lang), "removed": [removed[verdict] for verdict in moved.SHOWN]})
    joined = every.join(rows, on="before", how="left", maintain_order="left").with_columns(pl.col(pl.Int64).fill_null(0))
    return joined.select(rows.columns), joined["removed"]


def _causes(found: Compared, lang: str) -> Table:
    """How many houses and findings changed for which kinds of causes."""
    houses = _by_cause(found.houses.filter(pl.col("before") != pl.col("after")))
    other = _by_cause(found.houses.filter(pl.col("before") == pl.col("after")))
    findings = _by_cause(found.findings)
    plus = " + "
    rows = [
        (
            plus.join(say(f"compare_{group}", lang) for group in cause.split("+") if group),
            *(side.get(cause, 0) for side in (houses, other, findings)),
        )
        for cause in sorted({*houses, *other, *findings}, key=lambda cause: (cause.count("+"), cause))
    ]
    keys = ("verdicts", "others", "of_findings")
    once = [
        (say(f"compare_{name}", lang), frame.height, None, None) for name, frame in (("added", found.added), ("removed", found.removed))
    ]
    schema = {"cause": pl.String(), **dict.fromkeys(keys, pl.Int64())}
    heads = [say("moved_cause", lang), *(say(f"compare_{key}", lang) for key in keys)]
    shown = [*rows, *(row for row in once if row[1])]
    return Table(
        *table.said("compare_causes", lang),
        heads,
        (30, 18, 22, 18),
        pl.DataFrame(shown, schema=schema, orient="row"),
        say("whatif_nothing", lang),
    )


def _law(found: Compared, lang: str) -> Table:
    heads = [say(f"whatif_{key}", lang) for key in lawchange.COLUMNS]
    old, new = found.old.lawset, found.new.lawset
    changes = found.bench.changes if found.bench else ()
    if old is None or new is None:
        rows = pl.DataFrame(schema=dict.fromkeys(lawchange.COLUMNS, pl.String()))
    else:
        rows = lawchange.rows(old, new, changes or _differences(found), lang)
    return Table(*table.said("compare_law_changes", lang), heads, (30, 18, 22, 22, 26, 18, 40, 40), rows, say("compare_same_law", lang))


def _differences(found: Compared) -> tuple[Any, ...]:
    from jiadi.law.amend import differences  # noqa: PLC0415  only where nothing came out otherwise

    assert found.old.lawset is not None and found.new.lawset is not None
    return differences(found.old.lawset, found.new.lawset)


def _inputs(found: Compared, lang: str) -> Table:
    words = {(True, False): "compare_file_gone", (False, True): "compare_file_new", (True, True): "compare_file_changed"}
    rows = [(file, say(words[(old is not None, new is not None)], lang)) for file, old, new in found.inputs.iter_rows()]
    rows += [(label(f"{kind}_layer", lang), say("compare_layer_changed", lang)) for kind in found.layers]
    schema = {"file": pl.String(), "how": pl.String()}
    heads = [say("compare_file", lang), say("moved_how", lang)]
    shown = pl.DataFrame(rows, schema=schema, orient="row")
    return Table(*table.said("compare_inputs", lang), heads, (40, 20), shown, say("compare_same_inputs", lang))


def _names(found: Compared, lang: str) -> dict[str, str]:
    """Every key in words."""
    keys = set(found.houses["cause"].explode().drop_nulls()) | set(found.findings["cause"].explode().drop_nulls())
    keys |= {f"link {kind}" for kind in found.links["kind"].unique()} | set(found.bench.keys if found.bench else ())
    return {key: _name(found, key, lang) for key in keys}


def _name(found: Compared, key: str, lang: str) -> str:
    group = whatif_trial.group_of(key)
    head = say(f"compare_{group}", lang)
    colon = "：" if lang == "zh" else ": "
    if key in CAUSES or group in ("day", PROGRAM):
        return head
    kind, _, rest = key.partition(" ")
    if group == whatif_trial.LAW:
        assert found.old.lawset is not None and found.new.lawset is not None
        return head + colon + lawchange.name(found.old.lawset, found.new.lawset, key, lang)
    if kind == "zone":
        return head + colon + label(rest, lang)
    if kind == "link":
        return head + colon + say(f"link_{rest}", lang)
    subject, name = rest.split(" ")
    of_fact = say("whatif_place", lang) if name == "division" else label(name, lang)
    return head + colon + (f"{label(subject, lang)}{of_fact}" if lang == "zh" else f"{label(subject, lang)} {of_fact}")


def _values(found: Compared, names: Mapping[str, str], lang: str) -> Table:
    """Facts and links of what changed, with what they were and are."""
    keys = set(chain.from_iterable((found.houses["cause"].explode().drop_nulls(), found.findings["cause"].explode().drop_nulls())))
    behind = (
        [] if found.bench is None else [key for key in found.bench.keys if key in keys or (found.links.height and key.startswith("fact "))]
    )
    told = pl.DataFrame(schema=whatif_told.TOLD) if found.bench is None else whatif_told.facts(found.bench.pair, behind, lang)
    links = found.links.with_columns((pl.lit("link ") + pl.col("kind")).alias("key")).select(list(whatif_told.TOLD))
    held = told.filter(pl.col("key").str.starts_with("link ")).select("subject", "id", "key")
    links = links.join(held, on=["subject", "id", "key"], how="anti").filter(pl.col("key").is_in(sorted(keys)))
    both = pl.concat([told, links]).sort("subject", "id", "key")
    unlinked = say("compare_unlinked", lang)
    rows = pl.DataFrame(
        {
            "subject": table.labelled(both["subject"], lang),
            "id": table.ids(both["id"]),
            "what": both["key"].replace_strict(dict(names), default=both["key"], return_dtype=pl.String),
            "old": table.ids(both["old"].fill_null(unlinked)),
            "new": table.ids(both["new"].fill_null(unlinked)),
        }
    )
    heads = [say(key, lang) for key in ("subject", "id", "compare_thing", "whatif_old", "whatif_new")]
    return Table(*table.said("compare_values", lang), heads, (8, 26, 34, 50, 50), rows, say("compare_no_values", lang))


def _once(found: Compared, lang: str) -> Table:
    """Houses that only one of the runs has."""
    parts = [
        pl.DataFrame(
            {
                "how": [say(f"compare_{name}", lang)] * frame.height,
                "house": table.ids(frame["id"]),
                "village": table.places(frame["village_code"], lang),
                "verdict": table.labelled(frame["verdict"], lang),
            },
            schema=dict.fromkeys(("how", "house", "village", "verdict"), pl.String()),
        )
        for name, frame in (("added", found.added), ("removed", found.removed))
    ]
    heads = [say(key, lang) for key in ("moved_how", "house", "village", "verdict")]
    return Table(*table.said("compare_once", lang), heads, (12, 26, 24, 14), pl.concat(parts), say("compare_no_once", lang))


def _meta(found: Compared, lang: str) -> Iterable[str]:
    lines = [naming.area_name(found.new.judgement.houses)]
    for end, run in (("old", found.old), ("new", found.new)):
        law = run.lawset
        told = (
            say("no_law", lang)
            if law is None
            else say("law_line", lang, title=law.title[lang], version=law.version, sha256=law.sha256[:12])
        )
        lines.append(say(f"compare_meta_{end}", lang, on=run.summary["on"], law=told))
    return [line for line in lines if line]


def _tiles(counted: Mapping[str, Any], lang: str) -> list[plainpage.Tile]:
    figures = (
        ("compare_both", counted["both"]),
        ("compare_added", sum(counted["added"].values())),
        ("compare_removed", sum(counted["removed"].values())),
        ("compare_verdicts", counted["verdicts_changed"]),
        ("compare_houses", counted["houses_changed"]),
    )
    return [plainpage.Tile(say(key, lang), f"{figure:,}") for key, figure in figures]
