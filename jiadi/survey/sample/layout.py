"""How a soiled delivery is laid out (脏版式): what no single cell shows, in the ledger's sheets and in files beside the lists.

Sheets get subtotals, repeated headings, blank rows, merged village codes, a heading with a wrong letter, two columns of one
meaning. Beside the lists lie what departments send along: outlines that were surveyed later in a wrong zone or traced from a
web map, an old layer without its system, holders, corrections, and files that hold nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import shapely

from jiadi.survey.sample.dirt import Soiled
from jiadi.survey.sample.forms import Form, Page
from jiadi.survey.sample.records import World
from jiadi.survey.sample.shapes import CUT_FIELD
from jiadi.survey.sample.truth_zones import polygons

MISSPELT = {"land_class": "建前地内"}
CLAIMING = ("证书号", "产权证号")
"""Two headings of one meaning, of which neither is the column's own name."""
LATE, TRACED, OLD, HOLDERS, CORRECTED = "补测轮廓.geojson", "网图轮廓.geojson", "旧宗地.shp", "权利人.xlsx", "宗地补录.xlsx"
UNFILLED, EMPTY, FOREIGN, BROKEN = "未填权利人.xlsx", "空白表.xlsx", "通讯录.xlsx", "损坏.xlsx"
HEIGHTS = "river_range"
"""Kind of zone whose layer is drawn with heights."""
_SECTION = 60
"""Rows between two subtotals of a ledger's sheet."""
_PLACES = ("空", "无", "否", "在")


@dataclass(frozen=True, slots=True)
class Told:
    """A mistake of a file or a sheet (文件级脏数据): place and code; row 0 for the whole."""

    file: str
    sheet: str
    row: int
    column: str
    code: str


@dataclass(slots=True)
class Beside:
    """Files beside the lists, and what is to be told of them (附带文件).

    Args:
        told: mistakes.
        laid: file, sheet, row, kind of what a reader passes over without a word.
        late, traced: houses whose outline lies in a file of its own.
        old: parcels of the layer without a system.
        books: name → sheet and its rows of cells, None where blank.
        same_as: (survey code, feature code) of outlines that belong to a surveyed house.
        heights: whether the layer of HEIGHTS has them.
    """

    told: list[Told] = field(default_factory=list)
    laid: list[tuple[str, str, int, str]] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    traced: list[int] = field(default_factory=list)
    old: list[int] = field(default_factory=list)
    books: dict[str, tuple[str, list[list[str | None]]]] = field(default_factory=dict)
    same_as: list[tuple[str, str]] = field(default_factory=list)
    heights: bool = False


def lay_out(world: World, forms: dict[str, Form], lists: dict[str, pl.DataFrame], soiled: Soiled) -> Beside:
    """Lay a soiled delivery out (排脏版式); nothing where nothing was soiled or where lists are columnar.

    Args:
        world: the invented county.
        forms: changed: pages of the ledger, rows that move down, headings.
        lists: changed: what a reader knows from the corrections.
        soiled: what was planted in cells.
    """
    beside = Beside()
    if not soiled.spots or forms["right"].columnar:
        return beside
    _pages(forms["right"], world.seed, beside)
    forms["parcel"].headers["stated_area_m2"] = CUT_FIELD.encode("gb18030")[:10].decode("gb18030", "ignore")
    beside.laid.append((forms["parcel"].file, "", 0, "cut_field_name"))
    _outlines(world, lists, beside)
    _holders(world, lists, beside)
    _corrections(forms, lists, soiled, beside)
    _nothing(beside)
    if HEIGHTS in world.zones.kind:
        beside.heights = True
        layer = forms["zone"].sheet.filter(lists["zone"]["zone_kind"] == HEIGHTS)[0]
        beside.told.append(Told(forms["zone"].file, str(layer), 0, "geometry", "heights_dropped"))
    return beside


def _pages(form: Form, seed: int, beside: Beside) -> None:
    """Each sheet of the ledger gets its own mixture, so that every kind is in a county of three villages."""
    for number, (name, start, stop) in enumerate(form.runs()):
        turn = (number + seed) % 3
        page = Page(headings=dict(MISSPELT) if turn == 0 else {}, claiming=CLAIMING if turn == 1 else (), merged=turn == 2)
        page.breaks = tuple(range(min(_SECTION, (stop - start) // 2), stop - start, _SECTION)) if number % 2 == 0 else ()
        page.remark = turn != 0
        form.pages[name] = page
        row = form.row[start:stop].copy()
        first = int(row[0])
        for place in page.breaks:
            at = first + place + 4 * page.breaks.index(place)
            kinds = ("subtotal", "blank_row", "repeated_heading", "repeated_heading")
            beside.laid += [(form.file, name, at + step, kind) for step, kind in enumerate(kinds)]
            row[place:] += 4
        form.row[start:stop] = row
        if page.remark:
            beside.laid.append((form.file, name, int(row[-1]) + 2, "remark"))
        if page.merged:
            beside.laid.append((form.file, name, first, "merged_cells"))
        beside.told += [Told(form.file, name, first - 2, heading, "heading_guessed") for heading in page.headings.values()]
        beside.told += [Told(form.file, name, first - 2, heading, "column_claimed_twice") for heading in page.claiming[:1]]


def _outlines(world: World, lists: dict[str, pl.DataFrame], beside: Beside) -> None:
    """Outlines of houses that the main layer lacks: in a neighbouring zone, in a web map's coordinates; and an old layer."""
    lacking = lists["house"].join(lists["footprint"], on="_building", how="anti")
    houses = lacking["_building"].to_list()
    if len(houses) >= 6:
        half = len(houses) // 2
        beside.late, beside.traced = houses[:half], houses[half:]
        codes = dict(lists["house"].select("_building", "survey_code").iter_rows())
        beside.same_as = [(codes[house], str(2_000_000_001 + house)) for house in houses]
        beside.told += [Told(LATE, "", 1, "geometry", "zone_suspected"), Told(TRACED, "", 0, "geometry", "gcj02_suspected")]
    beside.old = list(range(min(5, lists["parcel"].height)))
    beside.told.append(Told(OLD, "", 0, "", "crs_unknown"))


def _holders(world: World, lists: dict[str, pl.DataFrame], beside: Beside) -> None:
    """Holders of some parcels: two where the ledger names one, and shares that do not add up."""
    known = lists["right"].filter(pl.col("parcel_code").is_not_null() & pl.col("holder_name").is_not_null())
    names, house = world.people.name, world.people.household
    rows: list[list[str | None]] = [["宗地代码", "权利人名称", "共有方式", "权利比例", "顺序号"]]
    for place, (code, holder) in enumerate(known.gather_every(max(1, known.height // 12)).select("parcel_code", "_holder").iter_rows()):
        other = holder + 1 if holder + 1 < len(house) and house[holder + 1] == house[holder] else None
        if other is None:
            continue
        wrong = place % 2 == 1
        for order, (person, share) in enumerate(((holder, "1/2"), (other, "1/3" if wrong else "1/2")), start=1):
            rows.append([code, names[person], "按份共有", share, str(order)])
            at = len(rows)
            beside.told += [Told(HOLDERS, "权利人", at, "权利人名称", "several_holders")] * (order == 2)
            beside.told += [Told(HOLDERS, "权利人", at, "权利比例", "shares_not_one")] * wrong
    beside.books[HOLDERS] = ("权利人", rows)


def _corrections(forms: dict[str, Form], lists: dict[str, pl.DataFrame], soiled: Soiled, beside: Beside) -> None:
    """A table beside the parcels' layer that says where some of them lie, of which every second says otherwise."""
    form, frame = forms["parcel"], lists["parcel"]
    clean = np.ones(frame.height, dtype=bool)
    clean[[spot.place for spot in soiled.spots if spot.table == "parcel"]] = False
    fit = frame.select(pl.col("parcel_code").is_not_null() & pl.col("location").is_not_null()).to_series().to_numpy() & clean
    chosen = np.flatnonzero(fit)[:: max(1, int(fit.sum()) // 10)]
    rows: list[list[str | None]] = [["宗地代码", "坐落"]]
    location = frame["location"].to_list()
    for number, place in enumerate(chosen.tolist()):
        said = location[place]
        if number % 2:
            said = f"{said}{_PLACES[number % len(_PLACES)]}地旁"
            beside.told.append(Told(CORRECTED, "宗地", len(rows) + 1, "坐落", "tables_differ"))
            form.shown.setdefault("location", {})[place] = location[place]
            location[place] = said
        rows.append([frame["parcel_code"][place], said])
    lists["parcel"] = frame.with_columns(pl.Series("location", location, dtype=pl.String))
    form.frame = lists["parcel"]
    beside.books[CORRECTED] = ("宗地", rows)


def _nothing(beside: Beside) -> None:
    """Files that hold no list, or none yet."""
    beside.books |= {
        UNFILLED: ("表", [["权利人", "备注"]]),
        EMPTY: ("表", []),
        FOREIGN: ("表", [["科室", "联系电话"], ["办公室", "0000"]]),
    }
    beside.told += [
        Told(UNFILLED, "表", 0, "", "few_columns"),
        Told(EMPTY, "表", 0, "", "empty"),
        Told(FOREIGN, "表", 0, "", "unrecognised"),
        Told(BROKEN, "", 0, "", "unreadable"),
    ]


def outlines_of(world: World, houses: list[int]) -> list[shapely.Geometry]:
    """Clean outlines of some houses, in the plane (轮廓)."""
    return list(polygons(world.ground.houses.take(np.array(houses, dtype=np.int64))))
