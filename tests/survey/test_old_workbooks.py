"""A list saved as .xls (Excel 97–2003, what WPS saves by default in many offices) is the list that it was as .xlsx."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from jiadi.register.tables import Delivery
from jiadi.survey.check import check
from jiadi.survey.read import read

DATA = Path(__file__).parents[1] / "data" / "xls"


def read_as(ending: str, folder: Path) -> Delivery:
    """Every list of the folder in one of the two forms; names of files are the same in both."""
    for path in sorted(DATA.glob(f"*{ending}")):
        shutil.copy(path, folder / path.name)
    return check(read([folder]))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Delivery, Delivery]:
    return read_as(".xls", tmp_path_factory.mktemp("old")), read_as(".xlsx", tmp_path_factory.mktemp("new"))


def alike(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    """Rows without the ending of the file they come from."""
    same = frame.with_columns(pl.col(pl.String).str.replace(r"\.xlsx?\b", ""))
    return sorted(same.rows(), key=repr)


def test_every_row_is_the_same(both: tuple[Delivery, Delivery]) -> None:
    old, new = both
    assert set(old.tables) == set(new.tables)
    for name, table in new.tables.items():
        assert alike(old.tables[name]) == alike(table), name
    assert sum(table.height for table in old.tables.values()) == 30


def test_every_problem_is_the_same(both: tuple[Delivery, Delivery]) -> None:
    old, new = both
    assert alike(old.problems) == alike(new.problems)
    assert old.problems.height == 10
