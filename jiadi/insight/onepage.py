"""The printed page of a house (一户一页): A4, as PDF, with its law, its arithmetic, a small map and what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from jiadi.errors import Refusal
from jiadi.insight import naming, sketch
from jiadi.policy import explain
from jiadi.policy.explain import Explanation, Found
from jiadi.policy.labels import label
from jiadi.run.kept import Kept

FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC")
"""Fonts with Chinese, the best first; one of them must be on the machine."""

_HEADINGS = ("page", "proposal", "findings", "no_findings", "unknowns", "next", "others", "inputs", "no_map")
_SHOWN = {("house", "built"), ("house", "storeys"), ("parcel", "area_m2"), ("parcel", "approved_area_m2")}
_RARE = ("Noto Serif CJK SC", "Source Han Serif SC", "HanaMinB", "Plangothic P1", "Plangothic P2")
"""Fonts that may have characters which the first lacks."""


def write(path: Path, run: Kept, houses: Sequence[str], lang: str) -> None:
    """Write the pages of some houses as one PDF (写出一户一页).

    The same run gives the same bytes. Each house begins a page of its own.

    Args:
        path: of the PDF.
        run: the stored run.
        houses: ids, in the order in which they are printed; at least one.
        lang: "zh" or "en".

    Raises:
        Refusal: `no_font`, where no font with Chinese is on the machine.
        KeyError: there is no such house.
    """
    import typst  # noqa: PLC0415  only who prints waits for it

    held = [one for one in FONTS if one in _families()]
    if not held:
        raise Refusal(
            "no_font", "No font with Chinese is on this machine.", "Install fonts-noto-cjk (Debian), or another of: " + ", ".join(FONTS)
        )
    drawn = run.directory / "register.gpkg"  # a run of the server keeps no layers
    drawings = sketch.of_houses(drawn, run.judgement.houses, houses) if drawn.exists() else {}
    told = [_house(explain.explain(run.judgement, run.lawset, house, lang), drawings.get(house), lang) for house in houses]
    data = {
        "title": say("title", lang),
        "lang": lang,
        "region": "CN" if lang == "zh" else "GB",
        "fonts": held[:1] + [one for one in _RARE if one in _families()],
        "footer": _footer(run, lang),
        "words": {
            key: say(key, lang) for key in ("page", "proposal", "findings", "no_findings", "unknowns", "next", "others", "inputs", "no_map")
        }
        | {"input_heads": say("input_heads", lang).split("|")},
        "houses": told,
    }
    source = files("jiadi.insight").joinpath("onepage.typ").read_bytes()
    day = run.judgement.facts.on
    made = typst.compile(
        source, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC)
    )
    path.write_bytes(made)


def of_village(run: Kept, village: str) -> list[str]:
    """Houses of a village, by id (一村的房屋).

    Args:
        run: the stored run.
        village: code of the village, 12 digits, or of a township or county around it.

    Raises:
        Refusal: `no_house_there`.
    """
    prefix = village.rstrip("0") if len(village) == 12 else village
    found = run.judgement.houses.filter(pl.col("division_code").str.starts_with(prefix))["id"].to_list()
    if not found:
        raise Refusal("no_house_there", f"The run has no house in {village}.", "Give the code of a village, township or county.")
    return found


@cache
def _families() -> frozenset[str]:
    import typst  # noqa: PLC0415

    return frozenset(typst.Fonts().families())


@cache
def _words() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(files("jiadi.insight").joinpath("onepage.yaml").read_text(encoding="utf-8"))
    return loaded


def say(key: str, lang: str, **filled: str) -> str:
    """A word of the page, filled in (取用语).

    >>> say("measured", "zh")
    '实测'
    """
    return _words()[key][lang].format(**filled)


def _footer(run: Kept, lang: str) -> str:
    on, law = run.judgement.facts.on.isoformat(), run.lawset
    if law is None:
        return say("no_law", lang, on=on)
    return say("footer", lang, title=law.title[lang], version=law.version, sha256=law.sha256[:12], on=on)


def _house(told: Explanation, drawing: dict[str, Any] | None, lang: str) -> dict[str, Any]:
    shown, household = (naming.shown_ids(pl.Series([one]))[0] for one in (told.house, told.household))
    colon, semicolon = ("：", "；") if lang == "zh" else (": ", "; ")
    facts = [
        [say("house", lang), shown],
        [say("place", lang), told.place or say("not_known", lang)],
        [say("parcel", lang), told.parcel or say("not_known", lang)],
        [say("household", lang), household or say("not_known", lang)],
        *([one.title, one.value] for one in told.inputs if (one.subject, one.fact) in _SHOWN),
        [say("judged_on", lang), told.on],
    ]
    return {
        "name": shown,
        "place": " · ".join(filter(None, (told.place, shown))),
        "verdict": told.verdict,
        "verdict_title": told.verdict_title,
        "facts": facts,
        "map": None if drawing is None else drawing | {"legend": say("legend", lang)},
        "proposal": _proposal(told, lang),
        "findings": [_finding(one, lang) for one in told.findings],
        "unknowns": [colon.join((one.title, semicolon.join(one.needs_titles))) for one in told.unknowns],
        "next": list(_next(told, lang)),
        "others": [explain.other(one, lang).removeprefix("- ") for one in told.others],
        "inputs": [[label(one.subject, lang), one.title, one.value, _source(one, lang)] for one in told.inputs],
    }


def _source(one: explain.Input, lang: str) -> str:
    if not one.file:
        return ""
    return say("source", lang, file=f"{one.file} {one.sheet}".strip(), row=str(one.row))


def _proposal(told: Explanation, lang: str) -> dict[str, Any]:
    one = told.proposal
    if one is None:
        return {"title": "", "reason": "", "lines": []}
    lines = [say("law_line", lang, clause=one.clause)] if one.clause else []
    if one.verify:
        lines.append(say("verify_line", lang, note=""))
    if one.price:
        lines.append(say("price_line", lang, price=one.price))
    lines += [say("duty_line", lang, duty=duty) for duty in one.duties]
    return {"title": one.title + (say("then", lang, then=one.then_title) if one.then else ""), "reason": one.reason, "lines": lines}


def _finding(one: Found, lang: str) -> dict[str, Any]:
    figures = [[say(name, lang), getattr(one, name)] for name in ("measured", "limit", "excess") if getattr(one, name)]
    lines = []
    if one.limit_place:
        since = say("since", lang, day=one.limit_since) if one.limit_since else ""
        lines.append(say("limit_line", lang, name=one.limit_name, place=one.limit_place, since=since))
    if one.clause:
        lines.append(say("clause_line", lang, clause=one.clause, statement=one.statement))
    if one.exception:
        lines.append(say("exception_line", lang, exception=one.exception))
    if one.remedy:
        lines.append(say("remedy_line", lang, remedy=one.remedy))
    verify = say("verify_line", lang, note=one.verify_note) if one.verify else ""
    return {"title": one.title, "effect": one.effect_title, "message": one.message, "arithmetic": figures, "lines": lines, "verify": verify}


def _next(told: Explanation, lang: str) -> Iterator[str]:
    needs = list(dict.fromkeys(need for one in told.unknowns if one.touches_verdict for need in one.needs_titles))
    if needs:
        yield say("bring", lang, needs=("；" if lang == "zh" else "; ").join(needs))
    if told.findings:
        yield say("heard", lang)
    yield say("ask", lang)
    yield say("not_decided", lang)
