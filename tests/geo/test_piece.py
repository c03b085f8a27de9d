"""Columns worked on piece by piece give what they give at once."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely

from jiadi.geo import form, piece
from jiadi.geo.measure import areas
from jiadi.geo.repair import repair
from jiadi.survey.check.shape import wkb_of

BOW = shapely.Polygon([(118, 29), (118.002, 29.002), (118.002, 29), (118, 29.002)])
TWICE = shapely.Polygon([(118, 29), (118.001, 29), (118.001, 29), (118.001, 29.001)])
SHAPES = np.array([shapely.box(118, 29, 118.001, 29.001), None, BOW, shapely.Point(118, 29), TWICE, shapely.Polygon()] * 3, dtype=object)


def results() -> list[object]:
    mended = repair(SHAPES)
    wkb = wkb_of(mended.shapes)
    problems = {code: mask.tolist() for code, mask in mended.problems.items()}
    told = [areas(wkb), areas(mended.shapes), form.widths(mended.shapes, areas(wkb)), form.spikes(mended.shapes, 1.0, 0.5)]
    return [wkb.to_list(), problems, *[np.nan_to_num(one, nan=-1.0).tolist() for one in told]]


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_pieces_of_any_size_give_the_same(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = results()
    monkeypatch.setattr(piece, "PIECE", rows)
    assert results() == whole


def test_pieces_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece, "PIECE", 3)
    numbers = np.arange(10)
    assert piece.piecewise(lambda one, other: one * other, numbers, pl.Series(numbers).to_numpy()).tolist() == (numbers**2).tolist()
