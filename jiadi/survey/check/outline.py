"""What is odd about the outlines of a list (图形形态与位置): told, and used as far as it can be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from jiadi.codes import extent
from jiadi.geo import form
from jiadi.geo.axes import Mask, Shapes
from jiadi.geo.crs import outside
from jiadi.geo.measure import areas
from jiadi.survey.check.remarks import Remarks
from jiadi.survey.threshold import Thresholds

Index = npt.NDArray[np.int64]

_OUTLINES = frozenset({"parcel", "house", "footprint"})
_GEOMETRY = "geometry"
_SHOWN_PARTS = 5
_ZONES_DEG = (-3.0, 3.0, -6.0, 6.0)
"""How far a reading in a neighbouring 3-degree zone lands from where it belongs."""


def forms(table: str, shapes: Shapes, limits: Thresholds, remarks: Remarks) -> None:
    """Tell spikes, slivers and several parts (形态检查); the shapes stay as they are.

    Args:
        table: name of the list; zones may have any form.
        shapes: (n,) valid, in EPSG:4490.
        limits: from where on something is told.
        remarks: told `spike`, `sliver`, `several_parts`.
    """
    if table not in _OUTLINES:
        return
    measured = areas(shapes)
    many = np.flatnonzero(form.several(shapes))
    remarks.add(many, _GEOMETRY, "several_parts", detail=pl.Series([_parts(shapes[place]) for place in many], dtype=pl.String))
    width = form.widths(shapes, measured)
    with np.errstate(invalid="ignore"):
        thin = np.flatnonzero(width < limits.sliver_width_m)
    words = [f"{measured[place]:.2f} m² / {width[place]:.2f} m" for place in thin]
    remarks.add(thin, _GEOMETRY, "sliver", detail=pl.Series(words, dtype=pl.String))
    remarks.add(np.flatnonzero(form.spikes(shapes, limits.spike_degrees, limits.spike_length_m)), _GEOMETRY, "spike")


def flat(table: str, shapes: Shapes) -> Mask:
    """Points and lines where outlines are wanted (非面图形).

    Args:
        table: name of the list; zones and the rest may have any shape.
        shapes: (n,) null where missing.

    >>> flat("parcel", np.array([shapely.Point(0, 0), shapely.box(0, 0, 1, 1), None])).tolist()
    [True, False, False]
    """
    kinds = shapely.get_type_id(shapes)
    mask: Mask = ~np.isin(kinds, (-1, 3, 6)) & (table in _OUTLINES)
    return mask


def _parts(shape: shapely.Geometry) -> str:
    """Areas of the parts, the largest first."""
    sizes = sorted(areas(np.array(shapely.get_parts(shape), dtype=object)).tolist(), reverse=True)
    more = f" … ({len(sizes)})" if len(sizes) > _SHOWN_PARTS else ""
    return " + ".join(f"{size:.2f}" for size in sizes[:_SHOWN_PARTS]) + " m²" + more


def repaired(before: Shapes, after: Shapes, mask: Mask) -> pl.Series:
    """The area of shapes as they came and as they were repaired, in words (修复前后面积).

    Args:
        before, after: (n,) in EPSG:4490.
        mask: (n,) which of them to tell.
    """
    places = np.flatnonzero(mask)
    old, new = (np.abs(areas(shapes[places])) for shapes in (before, after))
    return pl.Series([f"{one:.2f} → {other:.2f} m²" for one, other in zip(old, new, strict=True)], dtype=pl.String)


def place(codes: pl.Series, extents: extent.Extents) -> Index:
    """Where rows should lie by the code of their place (应在范围).

    Args:
        codes: (n,) division, parcel or unit codes; null where not known.
        extents: of the places that are known, the widest first, so that the nearest wins.

    Returns:
        (n,) number of each row's place among them, -1 for none.

    >>> place(pl.Series(["330802001001", "110101001001", None]), extent.known()).tolist()
    [1, -1, -1]
    """
    number = np.full(len(codes), -1, dtype=np.int64)
    for index, prefix in enumerate(extents):
        number[codes.str.starts_with(prefix).fill_null(False).to_numpy()] = index
    return number


def away(codes: pl.Series, shapes: Shapes, margin_deg: float, extents: extent.Extents) -> Mask:
    """Shapes that lie outside the place of their code (图形不在代码所示的地方).

    Args:
        codes, extents: as for `place`.
        shapes: (n,) in EPSG:4490.
        margin_deg: how far beyond they may reach.

    Returns:
        (n,) mask; a row whose place or shape is not known is not away: whether it is, nobody can say.
    """
    number = place(codes, extents)
    found = np.zeros(len(shapes), dtype=bool)
    for index, bounds in enumerate(extents.values()):
        own = np.flatnonzero((number == index) & ~shapely.is_missing(shapes))
        found[own] = outside(shapes[own], bounds, margin_deg)
    return found


def neighbouring_zone(codes: pl.Series, shapes: Shapes, margin_deg: float, extents: extent.Extents) -> str:
    """How a layer that lies elsewhere would fit (换带检查): "+3°" where a shift by a zone brings most of it home, else "".

    Args:
        codes, shapes, margin_deg, extents: of the rows that are away.
    """
    for shift in _ZONES_DEG:
        moved = shapely.transform(shapes, lambda points, by=shift: points + np.array([by, 0.0]))
        if away(codes, moved, margin_deg, extents).mean() < 0.5:
            return f"{shift:+.0f}°"
    return ""
