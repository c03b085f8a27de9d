"""Names of places and the head of a report, in both languages (名称)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from jiadi.codes import division, person
from jiadi.insight.words import say
from jiadi.run.pipeline import Outcome

_SHEET_LENGTH = 31
_RESIDENT_ID = r"(^|\D)(\d{17}[\dXx]|\d{15})(\D|$)"


def shown_ids(ids: pl.Series) -> pl.Series:
    """Identities as they may be shown (可显示的编号): a resident ID that serves as a number is masked.

    Some departments number households by their head's resident ID.

    >>> shown_ids(pl.Series(["330802001001-00012", "330802197603151230", None])).to_list()
    ['330802001001-00012', '330802********1230', None]
    """
    text = ids.cast(pl.String)
    risky = text.str.contains(_RESIDENT_ID).fill_null(False)
    if not risky.any():
        return text
    masked = [re.sub(r"\d{17}[\dXx]|\d{15}", lambda found: person.mask(found.group()), one) for one in text.filter(risky)]
    return text.scatter(risky.arg_true(), pl.Series(masked, dtype=pl.String))


def township(code: str | None, lang: str) -> str:
    """Name of a township; its code where the list of divisions has none (乡镇名).

    >>> township("330802100000", "zh"), township(None, "en")
    ('石梁镇', 'No township known')
    """
    return (division.name(code) or code) if code else say("no_township", lang)


def village(code: str | None, lang: str) -> str:
    """Name of a village; its code where the list of divisions has none (村名)."""
    return (division.name(code) or code) if code else say("no_village", lang)


def limit_place(code: str, lang: str) -> str:
    """Name of the division from whose layer a limit comes (限值出处的区划).

    >>> limit_place("3308", "zh"), limit_place("00", "en")
    ('浙江省衢州市', 'nationwide')
    """
    return say("nationwide", lang) if code == "00" else division.full_name(code) or code


def sheets(townships: Iterable[str | None], lang: str) -> dict[str | None, str]:
    """Names of the townships' sheets, unique and within what Excel allows (工作表名).

    >>> list(sheets([None, "330802100000"], "zh").values())
    ['石梁镇', '未分乡镇']
    """
    names: dict[str | None, str] = {}
    taken = {say("totals", lang).lower()}
    for code in sorted(townships, key=lambda code: (code is None, code or "")):
        plain = plain_sheet(township(code, lang))
        name, number = plain, 2
        while name.lower() in taken:
            name, number = numbered(plain, number), number + 1
        taken.add(name.lower())
        names[code] = name
    return names


def plain_sheet(name: str) -> str:
    """A name as Excel takes it for a sheet.

    >>> plain_sheet("a/b")
    'a b'
    """
    return re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:_SHEET_LENGTH] or "-"


def numbered(name: str, number: int) -> str:
    """A sheet's name with a number behind it.

    >>> numbered("石梁镇", 2)
    '石梁镇(2)'
    """
    tail = f"({number})"
    return name[: _SHEET_LENGTH - len(tail)] + tail


def area_name(houses: pl.DataFrame) -> str:
    """Name of the smallest county, city or province that holds all houses (所在地); "" where it is not known."""
    codes = pl.concat([houses["village_code"].drop_nulls(), houses["division_code"].drop_nulls()]).unique()
    codes = codes.filter(codes.str.contains(r"^\d{12}$"))
    for length in (6, 4, 2):
        shared = codes.str.slice(0, length).unique()
        if len(shared) == 1 and (known := division.full_name(shared[0])):
            return known
    return ""


def title(houses: pl.DataFrame, lang: str) -> str:
    """Title of the report (报告标题)."""
    place = area_name(houses)
    return say("report_title", lang, place=place) if place else say("report_title_no_place", lang)


def township_title(houses: pl.DataFrame, code: str | None, lang: str) -> str:
    """Title of a township's page (分乡镇报告标题)."""
    place = area_name(houses)
    name = township(code, lang)
    return say("report_title", lang, place=place if place.endswith(name) else place + name)


def clause(outcome: Outcome, citation_id: str, lang: str) -> str:
    """How an article is cited; its id where no set judged (条款引用)."""
    return outcome.law.cite(citation_id, "zh" if lang == "zh" else "en") if outcome.law else citation_id


def law_lines(outcome: Outcome, lang: str) -> list[str]:
    """Lines that say by which law and on which day it was judged (尺子与判定日)."""
    lines = [say("judged_on", lang, on=outcome.on.isoformat())]
    law = outcome.law
    if law is None:
        return [*lines, say("no_law", lang)]
    lines.append(say("law_line", lang, title=law.title[lang], version=law.version, sha256=law.sha256))
    return [*lines, say("law_sample", lang)] if law.sample else lines
