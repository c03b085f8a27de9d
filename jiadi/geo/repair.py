"""Geometries that overlay and areas can rely on (图形检查与修复)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from jiadi.geo.axes import Mask, Shapes
from jiadi.geo.piece import pieces

_POLYGON, _COLLECTION = 3, 7
_SURFACES = (_POLYGON, 6)


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of a check (检查结果).

    Args:
        shapes: (n,) valid geometries in one normal form; null where nothing is left.
        problems: problem code → (n,) mask of the features it is told of: `empty_geometry`,
            `self_intersection`, `duplicate_points`.
    """

    shapes: Shapes
    problems: dict[str, Mask]


def repair(shapes: Shapes) -> Repaired:
    """Check geometries and mend what can be mended (检查并修复图形).

    A polygon that crosses itself is cut into the polygons it encloses; repeated points are taken
    out; what has no area left, of what should have one, is empty. Each feature is told once a code.
    Points and lines are checked for being there.

    Args:
        shapes: (n,) geometries; null where missing.

    Returns:
        Valid geometries and what was found; it does not depend on the order of the features.

    >>> bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> result = repair(np.array([bow, None]))
    >>> float(shapely.area(result.shapes[0])), result.problems["self_intersection"].tolist(), result.problems["empty_geometry"].tolist()
    (2.0, [True, False], [False, True])
    """
    parts = pieces(_repair, shapes)
    problems = {code: np.concatenate([part.problems[code] for part in parts]) for code in parts[0].problems}
    return Repaired(np.concatenate([part.shapes for part in parts]), problems)


def _repair(shapes: Shapes) -> Repaired:
    mended = shapes.copy()
    duplicate = _repeats(mended)
    mended[duplicate] = _thin(mended[duplicate])
    surface = np.isin(shapely.get_type_id(mended), (*_SURFACES, _COLLECTION))
    crossing = surface & ~shapely.is_valid(mended)
    mended[crossing] = _polygons(shapely.make_valid(mended[crossing], method="structure", keep_collapsed=False))
    mixed = surface & (shapely.get_type_id(mended) == _COLLECTION)
    mended[mixed] = _polygons(mended[mixed])
    empty = shapely.is_missing(mended) | shapely.is_empty(mended) | (surface & (shapely.area(mended) == 0))
    mended[empty] = None
    single = (shapely.get_type_id(mended) == 6) & (shapely.get_num_geometries(mended) == 1)
    mended[single] = shapely.get_geometry(mended[single], 0)
    return Repaired(
        shapely.normalize(mended),
        {"empty_geometry": empty, "self_intersection": crossing & ~empty, "duplicate_points": duplicate & ~empty},
    )


def _repeats(shapes: Shapes) -> Mask:
    """Features in which a point follows itself."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    surface = shapely.get_type_id(parts) == _POLYGON
    rings, of_part = shapely.get_rings(parts[surface], return_index=True)
    lines = np.r_[rings, parts[~surface]]
    of_feature = np.r_[owner[surface][of_part], owner[~surface]]
    points, of_line = shapely.get_coordinates(lines, return_index=True)
    same = (np.diff(points, axis=0) == 0).all(axis=1) & (np.diff(of_line) == 0)
    mask = np.zeros(len(shapes), dtype=bool)
    mask[of_feature[of_line[1:][same]]] = True
    return mask


def _thin(shapes: Shapes) -> Shapes:
    """Without repeated points; a ring of which nothing would be left stays, for the repair to drop."""
    try:
        thinned: Shapes = shapely.remove_repeated_points(shapes, 0.0)
        return thinned
    except shapely.GEOSException:
        if len(shapes) == 1:
            return shapes
        middle = len(shapes) // 2
        return np.concatenate([_thin(shapes[:middle]), _thin(shapes[middle:])])


def _polygons(shapes: Shapes) -> Shapes:
    """The polygons alone of what a repair leaves, which may be lines and points too."""
    out = shapes.copy()
    for index in np.flatnonzero(~np.isin(shapely.get_type_id(shapes), _SURFACES)):
        parts = [part for part in shapely.get_parts(shapely.get_parts(shapes[index])) if shapely.get_type_id(part) == _POLYGON]
        out[index] = shapely.union_all(parts) if parts else None
    return out
