"""Whatever stands in the cells: no row is lost, nothing breaks, and what is not taken is told."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from jiadi.register.schema import LISTS, TABLES
from jiadi.register.tables import frame_schema
from jiadi.survey.check import check
from jiadi.survey.problems import levels
from jiadi.survey.read import RawDelivery, RawSheet
from jiadi.survey.read.workbook import columns_of

WORDS = st.sampled_from(
    [
        "",
        " ",
        "/",
        "无",
        "张三",
        "张 三",
        "张三、李四",
        "330802197603151233",
        "33080219760315123x、",
        "330802\n197603151233",
        "330802760315123",
    ]
    + [
        "3.3E+17",
        "330802001001JC00001",
        "330802001001JC00001F00010001",
        "330802100201-00001",
        "120㎡",
        "１２０",
        "1-3",
        "2013年5月",
        "2013-5-1",
    ]
    + [
        "20130501",
        "合计",
        "耕地",
        "是",
        "inf",
        "nan",
        "-1",
        "1e400",
        "0x10",
        "1_000",
        "٣",
        "𠮷",
        "\u200b",
        "\ufeff1",
        "=1+1",
        "a\tb",
        "9" * 40,
    ]
)
CELLS = st.one_of(
    WORDS,
    st.text(max_size=12),
    st.floats(width=64),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.dates(date(1800, 1, 1), date(9999, 1, 1)),
    st.datetimes(datetime(1800, 1, 1), datetime(9999, 1, 1)),
)


@settings(max_examples=150)
@given(table=st.sampled_from(LISTS), data=st.data())
def test_any_cells_are_taken_or_told(table: str, data: st.DataObject) -> None:
    names = [column.name for column in TABLES[table].columns if column.kind != "geometry"]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=4))
    frame = columns_of(iter(rows))
    sheet = RawSheet("a.xlsx", "S", "workbook", "", names, frame, table, {name: place for place, name in enumerate(names)})
    delivery = check(RawDelivery([sheet], delivered_on=date(2025, 6, 30)))
    entry = delivery.files[0]
    assert entry["rows"] == len(frame) == int(str(entry["accepted"])) + int(str(entry["refused"]))
    typed = delivery.tables[table]
    assert typed.schema == frame_schema(TABLES[table]) and typed["id"].n_unique() == len(typed) == entry["accepted"]
    told = delivery.problems
    assert set(told["code"]) <= set(levels()) and told["level"].null_count() == 0
    refused = told.filter(pl.col("level") == "refused")["row"].n_unique()
    assert refused == entry["refused"]
