"""Outlines from rings of points (由界址点连成的图形), as drawings and lists of points hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from jiadi.geo.axes import Floats, Shapes

Ring = npt.NDArray[np.float64]
"""(n, 2) easting, northing; closed or not."""

_ZONES = (*range(13, 24), *range(25, 46))
_FIRST_6, _FIRST_3 = 4491 - 13, 4513 - 25


@dataclass(slots=True)
class Outlines:
    """Outlines of one kind in one file (同类图形).

    Args:
        layer: name under which they are told.
        table: list that they are rows of; "" where the file does not say.
        columns: heading → values; null where there is none.
        shapes: polygons in the file's own plane, easting first; null where the points make none.
        crs: EPSG code; "" where neither the file nor its coordinates say one.
        crs_assumed: the coordinates' zone prefix says it, not the file.
    """

    layer: str
    table: str
    columns: Mapping[str, Sequence[str | float | None]]
    shapes: Shapes
    crs: str = ""
    crs_assumed: bool = False


def polygon(rings: Sequence[Ring]) -> shapely.Geometry | None:
    """The area that rings bound (由环成面): what lies within an odd number of them.

    A ring inside another is a hole; one inside a hole, or beside, is a further part.

    Args:
        rings: of one outline, in any order and turning.

    Returns:
        Polygon or multipolygon, not mended; None where there are fewer than three points or a point
        is no number.

    >>> square = np.array([[0.0, 0], [9, 0], [9, 9], [0, 9]])
    >>> polygon([square, square / 3 + 3]).area
    72.0
    """
    shells = [shapely.Polygon(ring) for ring in rings if len(ring) > 2 and np.isfinite(ring).all()]
    if len(shells) != len(rings) or not shells:
        return None
    if len(shells) == 1:
        return shells[0]
    order = sorted(range(len(shells)), key=lambda place: -shells[place].area)
    parents: dict[int, int] = {}
    holes: dict[int, list[int]] = {}
    for rank, place in enumerate(order):
        inside = [other for other in order[:rank] if _within(shells[place], shells[other])]
        if len(inside) % 2:
            parents[place] = inside[-1]
        else:
            holes[place] = []
    for hole, shell in parents.items():
        holes.setdefault(shell, []).append(hole)
    parts = [shapely.Polygon(shells[shell].exterior, [shells[hole].exterior for hole in mine]) for shell, mine in sorted(holes.items())]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _within(one: shapely.Polygon, other: shapely.Polygon) -> bool:
    return bool(shapely.covers(other, shapely.Point(one.exterior.coords[0])) and shapely.is_valid(other) and shapely.covers(other, one))


def rings_of(shape: shapely.Geometry) -> list[Ring]:
    """The rings that bound an area (面的各环), each without its closing point, shells before their holes.

    >>> [ring.shape for ring in rings_of(shapely.box(0, 0, 1, 1))]
    [(4, 2)]
    """
    lines = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return [shapely.get_coordinates(line)[:-1] for line in lines if not line.is_empty]


def prefixed(easting: Floats, northing: Floats) -> str:
    """The system that a zone prefix in the coordinates says (带号前缀): CGCS2000, by the number of the zone.

    Zones 25–45 are those of three degrees, 13–23 those of six: the numbers do not meet.

    Args:
        easting, northing: (n,) of outlines; either axis may be the one with the prefix.

    Returns:
        EPSG code; "" where the coordinates carry no prefix, or not the same one.

    >>> prefixed(np.array([40_512_345.0]), np.array([3_200_000.0]))
    'EPSG:4528'
    """
    for axis, other in ((easting, northing), (northing, easting)):
        there = np.isfinite(axis) & np.isfinite(other)
        if not there.any():
            continue
        zone = int(np.median(axis[there]) // 1e6)
        fits = (axis[there] // 1e6 == zone) & (other[there] > 0) & (other[there] < 7e6)
        if zone in _ZONES and fits.mean() > 0.5:
            return f"EPSG:{zone + (_FIRST_3 if zone >= 25 else _FIRST_6)}"
    return ""


def arc(start: Ring, end: Ring, bulge: float, sagitta: float) -> Ring:
    """Points of an arc of a drawing between two corners (圆弧离散), without its ends.

    Args:
        start, end: (2,) corners.
        bulge: tangent of a quarter of the arc's angle; positive turns left.
        sagitta: how far a chord may lie from the arc.

    >>> arc(np.array([0.0, 0.0]), np.array([2.0, 0.0]), 1.0, 0.5).round(3).tolist()
    [[1.0, -1.0]]
    """
    angle = 4 * np.arctan(bulge)
    chord = end - start
    length = float(np.hypot(*chord))
    if not length or not angle or not np.isfinite([length, angle]).all():
        return np.empty((0, 2))
    radius = length / (2 * abs(np.sin(angle / 2)))
    step = 2 * np.arccos(1 - min(sagitta / radius, 1.0))
    count = int(min(np.ceil(abs(angle) / max(step, 1e-6) - 1e-9), 10_000))
    towards = np.array([-chord[1], chord[0]]) / length
    centre = (start + end) / 2 + towards * (length / 2) / np.tan(angle / 2)
    turn = angle * np.arange(1, count) / count
    spoke = start - centre
    return np.column_stack(
        [
            centre[0] + spoke[0] * np.cos(turn) - spoke[1] * np.sin(turn),
            centre[1] + spoke[0] * np.sin(turn) + spoke[1] * np.cos(turn),
        ]
    )
