"""The forms in which departments hand in their lists (部门表格): headers, words, cells and where each row stands."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from jiadi.register.schema import TABLES, Column
from jiadi.survey.sample.draw import Bools, Ints
from jiadi.survey.sample.ground import Rings, spoil
from jiadi.survey.sample.records import World
from jiadi.survey.sample.zones import LAYERS

LEDGER, HOUSES, AID, APPROVALS = "宅基地台账.xlsx", "农房调查.xlsx", "低保.xlsx", "审批.xlsx"
PARCELS, FOOTPRINTS, ZONES = "宗地.shp", "房屋轮廓.geojson", "管控区.gpkg"
PERSONS, MEMBERS = "户籍.csv", "成员名册.csv"
MANIFEST, TRUTH = "清单.yaml", "truth.json"
SHEET_ROWS = 500_000

HEADERS: dict[str, dict[str, str]] = {
    "right": {
        "parcel_code": "宗地代码", "holder_name": "户主/姓名", "holder_id": "户主/证件号码", "stated_area_m2": "宅基地面积(㎡)",
        "approved_area_m2": "批准面积(㎡)", "obtained": "取得方式", "land_class": "建前地类",
        "returned_parcel_code": "应退旧宅基地", "village_code": "村代码",
    },
    "parcel": {
        "feature_code": "BSM", "parcel_code": "ZDDM", "holder_name": "QLRMC", "stated_area_m2": "ZDMJ",
        "land_owner": "QLXZ", "location": "ZL", "village_code": "XZQDM",
    },
    "house": {
        "survey_code": "调查编号", "owner_name": "产权人", "unit_code": "不动产单元号", "village_name": "村", "house_number": "门牌号",
        "built_year": "建成年份", "built_month": "建成月份", "storeys": "层数", "storeys_below": "地下层数", "height_m": "房屋高度(m)",
        "floor_area_m2": "建筑面积(㎡)", "base_area_m2": "占地面积(㎡)", "structure": "房屋结构", "use": "房屋用途",
        "inherited": "是否继承", "vacancy": "闲置情况", "safety_grade": "鉴定等级", "masonry": "砌筑方式", "construction": "构筑类型",
        "surroundings": "周边环境", "storeys_added": "私自加层", "basement": "地下室", "no_ties": "三无", "hollow_slab": "预制多孔板",
        "land_papers": "用地手续", "building_papers": "建设规划手续", "title": "产权证",
    },
    "footprint": {"feature_code": "标识码", "survey_code": "调查编号"},
    "person": {
        "household_code": "户号", "name": "姓名", "id_number": "证件号码", "relation": "与户主关系", "valid_from": "迁入日期",
        "valid_to": "迁出日期", "died_on": "死亡日期", "village_code": "村代码",
    },
    "member": {
        "name": "姓名", "id_number": "证件号码", "village_code": "村代码", "village_name": "村集体", "valid_from": "成员起始日期",
        "valid_to": "成员终止日期",
    },
    "aid": {
        "name": "姓名", "id_number": "证件号码", "aid_kind": "救助类别", "village_code": "村代码", "village_name": "村",
        "valid_from": "享受起始日期", "valid_to": "享受终止日期",
    },
    "approval": {
        "approval_code": "批准文号", "approved_on": "批准日期", "holder_name": "申请人姓名", "holder_id": "申请人身份证号",
        "parcel_code": "宗地代码", "approved_area_m2": "批准用地面积(㎡)", "approved_floor_area_m2": "批准建筑面积(㎡)",
        "approved_storeys": "批准层数", "removed_parcel_code": "应拆旧房宗地", "village_code": "村代码", "village_name": "村",
    },
    "zone": {
        "zone_code": "图斑编号", "zone_kind": "管控类型", "zone_class": "等级", "zone_name": "名称", "designated_on": "划定日期",
        "source": "来源",
    },
}  # fmt: skip
FILES = {
    "right": LEDGER, "parcel": PARCELS, "house": HOUSES, "footprint": FOOTPRINTS, "person": PERSONS, "member": MEMBERS,
    "aid": AID, "approval": APPROVALS, "zone": ZONES,
}  # fmt: skip
NUMBERS = ("area_m2", "length_m", "integer", "year", "month")


@dataclass(slots=True)
class Page:
    """How a sheet of the ledger departs from its plain form (版式).

    Args:
        headings: schema column → heading as it is misspelt here.
        claiming: headings of two further columns that mean the same.
        merged: whether the village code stands in one cell that is merged over all rows.
        breaks: positions of records before which a subtotal, a blank row and the heading stand again.
        remark: whether those who filled it in sign below.
    """

    headings: dict[str, str] = field(default_factory=dict)
    claiming: tuple[str, ...] = ()
    merged: bool = False
    breaks: tuple[int, ...] = ()
    remark: bool = False


@dataclass(slots=True)
class Form:
    """One list as it is handed in (表格). Cells become text only when they are asked for.

    Args:
        table: list name. file: where it is written.
        headers: schema column → header in the file.
        frame: the list with its gaps, rows in the order of the file.
        sheet: sheet or layer of each row. row: row as the problem list names it.
        spoiled: row → kind of dirt in its drawing.
        columnar: whether the schema's own words are written.
        shown: column → row → text that is written instead; None leaves the cell blank.
        as_number: column → row → whether the cell is written as a number, where that is unusual.
        raw_rows: rows of an attribute table written in UTF-8.
        swapped: rows drawn with the latitude first.
        redrawn: row → outline in the plane that is written instead; None leaves the row without one.
        beyond: rows whose longitude has lost its decimal point.
        pages: sheet → how it departs from the plain form.
    """

    table: str
    file: str
    headers: dict[str, str]
    frame: pl.DataFrame
    sheet: pl.Series
    row: NDArray[np.int64]
    columnar: bool = False
    shown: dict[str, dict[int, str | None]] = field(default_factory=dict)
    as_number: dict[str, dict[int, bool]] = field(default_factory=dict)
    spoiled: dict[int, str] = field(default_factory=dict)
    raw_rows: set[int] = field(default_factory=set)
    swapped: set[int] = field(default_factory=set)
    redrawn: dict[int, shapely.Geometry | None] = field(default_factory=dict)
    beyond: set[int] = field(default_factory=set)
    pages: dict[str, Page] = field(default_factory=dict)

    def heading(self, column: str, place: int) -> str:
        """Heading over a cell of some row."""
        page = self.pages.get(str(self.sheet[place]))
        return page.headings.get(column, self.headers[column]) if page else self.headers[column]

    def runs(self) -> list[tuple[str, int, int]]:
        """Name, first row and row after the last of each sheet."""
        runs = self.sheet.rle().struct.unnest()
        ends = runs["len"].cum_sum().to_list()
        return list(zip(runs["value"].to_list(), [0, *ends[:-1]], ends, strict=True))

    def clean(self, column: str, rows: Ints) -> list[str | None]:
        """Texts of some cells of a column before any dirt."""
        texts: list[str | None] = self.frame.select(column)[rows].select(self._cell(column)).to_series().to_list()
        return texts

    def cells(self, start: int = 0, count: int | None = None) -> pl.DataFrame:
        """The cells as they are written, one text column for each schema column, null where blank."""
        part = self.frame.slice(start, count)
        texts = part.select(self._cell(column).alias(column) for column in self.headers)
        stop = start + part.height
        for column, changed in self.shown.items():
            here = {row - start: text for row, text in changed.items() if start <= row < stop}
            if here:
                new = pl.Series(list(here.values()), dtype=pl.String)
                texts = texts.with_columns(texts[column].scatter(list(here), new))
        return texts

    def typed(self, start: int = 0, count: int | None = None) -> dict[str, Bools]:
        """Column → whether a cell is written as a number, for columns that hold any."""
        height = self.frame.slice(start, count).height
        numeric = [column for column in self.headers if TABLES[self.table].column(column).kind in NUMBERS]
        out = {column: np.full(height, column in numeric) for column in (*numeric, *self.as_number)}
        for column, changed in self.as_number.items():
            for row, is_number in changed.items():
                if start <= row < start + height:
                    out[column][row - start] = is_number
        return out

    def _cell(self, column: str) -> pl.Expr:
        return _cell(TABLES[self.table].column(column), self.frame.schema[column], self.columnar)


def fill_in(lists: dict[str, pl.DataFrame], columnar: bool = False) -> dict[str, Form]:
    """Copy the departments' lists into their forms (填表).

    Args:
        lists: what `write_down` gave.
        columnar: the schema's own column names and words instead of the departments'.

    Returns: list name → form.
    """
    return {name: _form(name, frame, columnar) for name, frame in lists.items()}


def _form(name: str, frame: pl.DataFrame, columnar: bool) -> Form:
    headers = {column: column for column in _columns(name, frame)} if columnar else dict(HEADERS[name])
    file = f"{name}.parquet" if columnar else FILES[name]
    sheet, row = _stand(name, frame, columnar)
    return Form(name, file, headers, frame, sheet, row, columnar)


def _columns(name: str, frame: pl.DataFrame) -> list[str]:
    return [column.name for column in TABLES[name].columns if column.name in frame.columns]


def _cell(column: Column, dtype: pl.DataType, columnar: bool) -> pl.Expr:
    """A column as text; numbers as a workbook shows them, words in Chinese."""
    value = pl.col(column.name)
    if column.codes and not columnar:
        return value.cast(pl.String).replace_strict(
            {word: known[0] for word, known in column.codes.items()}, default=None, return_dtype=pl.String
        )
    if dtype == pl.Date:
        return value.dt.strftime("%Y-%m-%d")
    if dtype.is_float():
        # A whole number is written without its point, as workbooks keep it.
        return value.cast(pl.String).str.strip_suffix(".0")
    return value.cast(pl.String)


def _stand(name: str, frame: pl.DataFrame, columnar: bool) -> tuple[pl.Series, NDArray[np.int64]]:
    """Sheet and row of each record, as the problem list will name them."""
    place = np.arange(frame.height)
    if columnar:
        return _one_sheet("", frame.height), place + 1
    if name == "right":
        return frame["village_name"], _within(frame, "village_name") + 4
    if name == "house":
        pages = pl.Series([f"农房调查{page + 1}" if page else "农房调查" for page in range(frame.height // SHEET_ROWS + 1)])
        return pages.gather(place // SHEET_ROWS), place % SHEET_ROWS + 3
    if name == "zone":
        return frame["zone_kind"].replace_strict(LAYERS, return_dtype=pl.String), _within(frame, "zone_kind") + 1
    if name in ("aid", "approval"):
        return _one_sheet({"aid": "低保", "approval": "审批"}[name], frame.height), place + 2
    return _one_sheet("", frame.height), place + (2 if name in ("person", "member") else 1)


def _one_sheet(name: str, count: int) -> pl.Series:
    return pl.repeat(name, count, dtype=pl.String, eager=True)


def _within(frame: pl.DataFrame, column: str) -> NDArray[np.int64]:
    """Position of each row among those of the same sheet or layer, from 0."""
    return frame.select(pl.int_range(pl.len()).over(column)).to_series().to_numpy().astype(np.int64)


def outlines(world: World, form: Form) -> Rings:
    """Outlines of the parcels or footprints of a form as they are drawn (图形), dirt included."""
    if form.table == "parcel":
        clean = world.ground.parcels.take(form.frame["_homestead"].to_numpy())
    else:
        clean = world.ground.houses.take(form.frame["_building"].to_numpy())
    return spoil(clean, form.spoiled)
