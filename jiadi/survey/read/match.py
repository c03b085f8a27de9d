"""Which list a heading row belongs to (表头识别): headings matched to the schema by what departments call them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from jiadi.register.schema import LISTS, TABLES, Table

JOIN = "/"
"""Between the two rows of a heading: `户主/证件号码`."""
_BRACKETS = re.compile(r"[(\[{【〔<《][^)\]}】〕>》]*[)\]}】〕>》]")
_OPEN_BRACKET = re.compile(r"(?<=.)[(\[{【〔<《].*$")
"""What is left of a bracket that was cut before it closed: 宗地面积(平方米) has ten bytes up to the middle of 平."""
_UNITS = re.compile(r"(?<=.)(平方米|平米|m2|m²)$")
_NOISE = re.compile(r"[\s*:：、,，.。_\-—~\"'“”/\\|]+")
SURE = 1.0
"""Score from which a match rests on more than a few headings that any list may have."""
_SHORT_FIELD_BYTES = 9
_SPATIAL = ("parcel", "house", "footprint", "zone")


@dataclass(frozen=True, slots=True)
class Match:
    """A list and the columns that were found for it (匹配结果).

    Args:
        table: name of the list; "" where none fits.
        columns: schema column → number of the heading.
        score: the higher, the surer.
    """

    table: str = ""
    columns: dict[str, int] = field(default_factory=dict)
    score: float = 0.0


@lru_cache(maxsize=1 << 16)
def plain(heading: str) -> str:
    """A heading without what departments vary (表头归一): width, spaces, brackets, units, case.

    >>> plain(" 宅基地 面积（㎡）"), plain("ZDMJ")
    ('宅基地面积', 'zdmj')
    """
    text = _BRACKETS.sub("", unicodedata.normalize("NFKC", heading)).casefold()
    return _UNITS.sub("", _NOISE.sub("", text))


@cache
def words(table: str) -> dict[str, tuple[tuple[str, int], ...]]:
    """Heading as `plain` leaves it → (schema column, rank) that it may mean in a list; rank 0 is its own name.

    >>> words("parcel")["zddm"]
    (('parcel_code', 1),)
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for column in TABLES[table].columns:
        if column.kind == "geometry":
            continue
        for rank, word in enumerate((column.zh, *column.aliases, column.name)):
            entry = found.setdefault(plain(word), [])
            if column.name not in (name for name, _ in entry):
                entry.append((column.name, rank))
    return {word: tuple(names) for word, names in found.items()}


@cache
def _known() -> frozenset[str]:
    return frozenset(word for name in LISTS for word in words(name))


def match(headings: Sequence[str], *, spatial: bool, hint: str = "", shapefile: bool = False, only: str = "") -> Match:
    """The list that a heading row fits best, and its columns (识别表与列).

    Args:
        headings: as the file writes them, both rows of a two-row heading joined by `JOIN`.
        spatial: whether rows carry shapes.
        hint: name of file, sheet or layer; it decides where headings fit several lists alike.
        shapefile: field names may be cut at ten bytes.
        only: the one list that is asked for.

    Returns:
        The best match; an empty one where nothing tells the list.

    >>> match(["序号", "宗地代码", "户主/姓名", "取得方式"], spatial=False).table
    'right'
    """
    names = [only] if only else [name for name in LISTS if name in _SPATIAL or not spatial]
    readings = [(part, number, text) for number, heading in enumerate(headings) for part, text in enumerate(_readings(heading)) if text]
    if not shapefile:
        readings = [one for one in readings if one[2] in _known()]
        if not readings:
            return Match()  # most rows that are looked at are data, and no heading
    assigned = {name: _assign(name, readings, shapefile) for name in names}
    found = [_match_one(TABLES[name], columns, spatial=spatial, hint=hint, asked=bool(only)) for name, columns in assigned.items()]
    best = max(found, key=lambda one: one.score, default=Match())
    return best if best.table or spatial else _by_name_alone(headings, assigned)


def _by_name_alone(headings: Sequence[str], assigned: Mapping[str, Mapping[str, int]]) -> Match:
    """A list without any mark, of which half the headings are known and which can be but one list."""
    filled = sum(bool(plain(heading)) for heading in headings)
    fits = []
    for name, columns in assigned.items():
        table = TABLES[name]
        needed = all(column.name in columns for column in table.columns if column.required)
        if (
            table.any_of
            and not table.by_marks
            and needed
            and any(column in columns for column in table.any_of)
            and 2 * len(columns) >= filled > 1
        ):
            fits.append(Match(name, dict(columns), min(len(columns) / 10, SURE / 2)))
    return fits[0] if len(fits) == 1 else Match()


def _match_one(table: Table, columns: dict[str, int], *, spatial: bool, hint: str, asked: bool) -> Match:
    marks = sum(name in columns for name in table.marks)
    named = table.zh in hint or any(layer in hint.upper() for layer in table.layers)
    if not columns or not (asked or marks or (named and len(columns) > 1)):
        return Match()
    if not asked and len(columns) < 2 and not (spatial and named):
        return Match()
    if table.name == "footprint" and not spatial:
        return Match()
    # A list of which little is missing fits better than one of which little is there.
    return Match(table.name, columns, len(columns) + 2 * marks + (1.5 if named else 0) + len(columns) / len(table.columns))


def _assign(table: str, readings: Sequence[tuple[int, int, str]], shapefile: bool) -> dict[str, int]:
    """Schema column → heading: whole headings before parts of them, own names before aliases."""
    claims = [(part, rank, number, name) for part, number, text in readings for name, rank in _meanings(table, text, shapefile)]
    columns: dict[str, int] = {}
    taken: set[int] = set()
    for _, _, number, name in sorted(claims):
        if name not in columns and number not in taken:
            columns[name] = number
            taken.add(number)
    return columns


def _readings(heading: str) -> list[str]:
    """A heading as a whole, then without its upper rows, one after the other."""
    rows = heading.split(JOIN) if JOIN in heading else [heading]
    return list(dict.fromkeys(plain(JOIN.join(rows[place:])) for place in range(len(rows))))


def _meanings(table: str, text: str, shapefile: bool) -> tuple[tuple[str, int], ...]:
    known = words(table)
    if not text or text in known or not shapefile:
        return known.get(text, ())
    text = text.rstrip("\ufffd?")
    if not _SHORT_FIELD_BYTES <= len(text.encode("gb18030", "replace")) <= 10:
        return ()
    if (whole := _OPEN_BRACKET.sub("", text)) != text and whole in known:
        return known[whole]
    cut = {name for word, names in known.items() if word.startswith(text) for name, _ in names}
    return tuple((name, 50) for name in cut) if len(cut) == 1 else ()


def of_codes(text: str, codes: Mapping[str, Sequence[str]]) -> str | None:
    """The stored value that a word means (代码值), None where it means none.

    >>> from jiadi.register.schema import TABLES
    >>> of_codes("生态保护红线2024", TABLES["zone"].column("zone_kind").codes)
    'ecological_red_line'
    """
    found = [(len(word), value) for value, words_ in codes.items() for word in words_ if len(word) > 1 and word in text]
    return max(found)[1] if found else None
