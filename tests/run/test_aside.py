"""Work done beside a run: what it makes is there, what goes wrong is told, and who stops the run ends it."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from jiadi.errors import Refusal
from jiadi.geo.write import geopackage
from jiadi.run.aside import Aside

MANY = pl.DataFrame({"id": [f"宗地{n}" for n in range(250_000)], "storeys": pl.Series([n % 7 for n in range(250_000)], dtype=pl.Int8)})


def leave(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def fill_the_disk(path: Path) -> None:
    raise OSError(28, "No space left on device", str(path))


def stumble() -> None:
    raise KeyError("a mistake of ours")


def dawdle(path: Path) -> None:
    time.sleep(60)
    leave(path, "too late")


def test_layers_are_those_that_are_written_at_once(tmp_path: Path) -> None:
    layers = {"link": MANY, "empty": MANY.clear(), "place": MANY.head(2).with_columns(pl.lit(None, dtype=pl.Binary).alias("geometry"))}
    geopackage(tmp_path / "at_once.gpkg", layers)
    with Aside(tmp_path) as aside:
        aside.geopackage(tmp_path / "aside.gpkg", layers)
    assert (tmp_path / "aside.gpkg").read_bytes() == (tmp_path / "at_once.gpkg").read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["aside.gpkg", "at_once.gpkg"]


def test_a_full_disk_is_told_and_a_mistake_is_no_silence(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="No space left"), Aside(tmp_path) as aside:
        aside.start(fill_the_disk, tmp_path / "a")
    with pytest.raises(RuntimeError, match="a mistake of ours"), Aside(tmp_path) as aside:
        aside.start(stumble)
    assert list(tmp_path.iterdir()) == []


def test_who_stops_the_run_ends_what_goes_on_beside_it(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Aside(tmp_path) as aside:
        for number in range(4):
            aside.start(dawdle, tmp_path / str(number))
        raise KeyboardInterrupt
    assert time.monotonic() - began < 50
    assert list(tmp_path.iterdir()) == []
