"""Which coordinates a layer is in (坐标系识别), and the way from there to CGCS2000 longitude and latitude.

Inside Jiadi there is one system: EPSG:4490, longitude first. A known system is brought to it; an
unknown one is a question to the user, with the guesses that fit the figures; Xian 80 and Beijing 54
need local parameters and are refused. WGS 84 differs from CGCS2000 by centimetres and is taken as it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError

from jiadi.geo.axes import CHINA, Bounds, Mask, Shapes, swap, within
from jiadi.geo.reasons import ReadRefusal

CGCS2000 = 4490
_ZONES_3 = range(25, 46)  # EPSG:4513–4533 with the zone in the easting, 4534–4554 without
_ZONES_6 = range(13, 24)  # EPSG:4491–4501 with, 4502–4512 without


@dataclass(frozen=True, slots=True)
class Crs:
    """The system of a layer (坐标系).

    Args:
        code: `EPSG:n` where it has one, else its definition.
        name: for people.
        swapped: the layer's first coordinate is the northing or latitude.
        notes: codes of what was taken for granted: `wgs84_as_cgcs2000`, `crs_assumed` (the file
            names none and its format means longitude and latitude), `zone_prefix` (the file names
            the system without zone prefix, its coordinates carry it, or the other way round),
            `axes_swapped`, `datum_shift` (a foreign system, brought over WGS 84).
    """

    code: str
    name: str
    swapped: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guess:
    """A system that coordinates may be in (可能的坐标系): and where on earth they would lie."""

    crs: Crs
    bounds: Bounds

    def __str__(self) -> str:
        west, south, east, north = self.bounds
        return f"{self.crs.code} {self.crs.name} ({west:.3f}–{east:.3f}°E, {south:.3f}–{north:.3f}°N)"


def detect(crs_text: str, bounds: Bounds | None, assumed: bool = False) -> Crs:
    """Say which system a layer is in (识别坐标系).

    Args:
        crs_text: EPSG code, WKT (ESRI's too) or PROJJSON; "" where the file says nothing.
        bounds: least x, least y, greatest x, greatest y of the layer's main body (`Layer.body`), so
            that one feature that went astray does not decide; None without coordinates.
        assumed: the text is the default of the format, not the word of the file.

    Returns:
        The system, whose `to_4490` is exact but for what `notes` says.

    Raises:
        ReadRefusal: `crs_unknown` with the guesses that fit, `crs_datum` for Xian 80 and Beijing 54.

    >>> detect("EPSG:4549", (40_500_000, 3_200_000, 40_510_000, 3_210_000))
    Crs(code='EPSG:4528', name='CGCS2000 / 3-degree Gauss-Kruger zone 40', swapped=False, notes=('zone_prefix',))
    """
    crs = _parse(crs_text)
    if crs is None or crs.is_engineering or crs.is_geocentric or (not crs.is_geographic and not crs.is_projected):
        raise _unknown(bounds)
    name = _datum_name(crs)
    old = re.search(r"xian[ _]?(19)?80|beijing[ _]?(19)?54", name, re.IGNORECASE)
    if old:
        raise ReadRefusal("crs_datum", name=crs.name)
    found = _chinese(crs, bounds) if "china" in name.lower() or "cgcs2000" in name.lower() else _foreign(crs)
    if bounds is not None and not _fits(found, bounds):
        turned = Crs(found.code, found.name, True, (*found.notes, "axes_swapped"))
        if _fits(turned, bounds):
            found = turned
        elif found.code != f"EPSG:{CGCS2000}" or max(map(abs, bounds)) > 180:
            raise _unknown(bounds)
    return Crs(found.code, found.name, found.swapped, (*found.notes, "crs_assumed")) if assumed else found


def guesses(bounds: Bounds) -> list[Guess]:
    """The systems that coordinates may be in, by their number of digits and zone prefix (坐标系猜测).

    Args:
        bounds: as in `detect`.

    Returns:
        Those that put the layer into China, likeliest first; none where nothing fits.

    >>> [guess.crs.code for guess in guesses((40_500_000, 3_200_000, 40_510_000, 3_210_000))]
    ['EPSG:4528']
    """
    found = []
    for swapped in (False, True):
        x0, y0, x1, y1 = _turn(bounds) if swapped else bounds
        codes = [CGCS2000] if max(abs(x0), abs(x1)) <= 180 and max(abs(y0), abs(y1)) <= 90 else []
        if x0 >= 1e6 and int(x0 // 1e6) == int(x1 // 1e6):
            zone = int(x0 // 1e6)
            codes += [4513 + zone - 25] * (zone in _ZONES_3) + [4491 + zone - 13] * (zone in _ZONES_6)
        elif x0 >= 1e5 and x1 <= 9e5 and y0 >= 3e5:
            codes += [4534 + (lon // 3) - 25 for lon in (120, 117, 114, 111, 108, 105, 102, 123, 126)]
        for code in codes:
            crs = Crs(f"EPSG:{code}", _name(code), swapped)
            if _fits(crs, bounds):
                found.append(Guess(crs, _lonlat_bounds(crs, bounds)))
    return found


def to_4490(shapes: Shapes, crs: Crs) -> Shapes:
    """Bring geometries to CGCS2000 longitude and latitude (转换到 EPSG:4490).

    Args:
        shapes: (n,) geometries in the system; null stays null.
        crs: their system, as `detect` gives it.

    Returns:
        (n,) geometries in EPSG:4490, longitude first.

    >>> to_4490(np.array([shapely.Point(40_500_000, 0)]), Crs("EPSG:4528", ""))
    array([<POINT (120 0)>], dtype=object)
    """
    if crs.swapped:
        shapes = swap(shapes, np.ones(len(shapes), dtype=bool))
    if crs.code in (f"EPSG:{CGCS2000}", "EPSG:4326", "OGC:CRS84"):
        return shapes
    transformer = _to_geographic(crs.code)

    def change(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    moved: Shapes = shapely.transform(shapes, change)
    return moved


def require_same(*systems: Crs) -> Crs:
    """The one system of layers that are to be compared (要求坐标系一致).

    Raises:
        ReadRefusal: `crs_differs`.

    >>> require_same(Crs("EPSG:4490", "a"), Crs("EPSG:4490", "a")).code
    'EPSG:4490'
    """
    first, *others = systems
    if any((other.code, other.swapped) != (first.code, first.swapped) for other in others):
        raise ReadRefusal("crs_differs", names="、".join(sorted({f"{system.code} {system.name}" for system in systems})))
    return first


def outside(shapes: Shapes, place: Bounds, margin_deg: float = 0.05) -> Mask:
    """Features that lie outside a county (超出县域范围).

    Args:
        shapes: (n,) geometries in EPSG:4490; null is not outside.
        place: west, south, east, north of the county, degrees.
        margin_deg: how far beyond these a feature may reach.

    Returns:
        (n,) mask of features of which no part is within.

    >>> outside(np.array([shapely.Point(118, 29), shapely.Point(20, 50)]), (117.9, 28.2, 119.4, 29.5))
    array([False,  True])
    """
    west, south, east, north = place
    least_x, least_y, most_x, most_y = shapely.bounds(shapes).T
    off = (most_x < west - margin_deg) | (least_x > east + margin_deg) | (most_y < south - margin_deg) | (least_y > north + margin_deg)
    mask: Mask = off
    return mask


def _parse(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        return None


def _datum_name(crs: Any) -> str:
    base = crs.geodetic_crs
    return " ".join(part for part in (crs.name, base.name if base else "", crs.datum.name if crs.datum else "") if part)


def _chinese(crs: Any, bounds: Bounds | None) -> Crs:
    """A system on the CGCS2000 datum, by the zone that the coordinates really carry."""
    if crs.is_geographic:
        return Crs(f"EPSG:{CGCS2000}", _name(CGCS2000))
    values = {parameter.name: parameter.value for parameter in crs.coordinate_operation.params}
    easting = values.get("False easting", 0.0)
    meridian = values.get("Longitude of natural origin", 0.0)
    code = crs.to_epsg()
    if code is None or bounds is None or meridian % 3:
        return Crs(f"EPSG:{code}" if code else crs.to_wkt(), crs.name)
    prefixed = easting >= 1e6
    carries = max(bounds[0], bounds[2]) >= 1e6 and max(bounds[1], bounds[3]) >= 1e6  # whichever axis is first
    if prefixed == carries:
        return Crs(f"EPSG:{code}", crs.name)
    by_3 = code in range(4513, 4555)
    shift = (21 if by_3 else 11) * (1 if prefixed else -1)
    return Crs(f"EPSG:{code + shift}", _name(code + shift), notes=("zone_prefix",))


def _foreign(crs: Any) -> Crs:
    authority = crs.to_authority()
    code = ":".join(authority) if authority else crs.to_wkt()
    wgs84 = "WGS 84" in _datum_name(crs) or "World Geodetic System 1984" in _datum_name(crs) or "WGS_1984" in _datum_name(crs)
    return Crs(code, crs.name, notes=("wgs84_as_cgcs2000" if wgs84 else "datum_shift",))


@lru_cache(maxsize=32)
def _to_geographic(code: str) -> Any:
    """Coordinates of a system → longitude, latitude.

    On the CGCS2000 datum that is the projection undone and nothing else; a foreign datum is brought
    to WGS 84, to which the known shifts lead, and that is taken as CGCS2000.
    """
    crs = pyproj.CRS.from_user_input(code)
    to = crs.geodetic_crs if "china" in _datum_name(crs).lower() else pyproj.CRS.from_epsg(4326)
    return pyproj.Transformer.from_crs(crs, to, always_xy=True)


@lru_cache(maxsize=128)
def _name(code: int) -> str:
    return str(pyproj.CRS.from_epsg(code).name)


def _turn(bounds: Bounds) -> Bounds:
    return bounds[1], bounds[0], bounds[3], bounds[2]


def _lonlat_bounds(crs: Crs, bounds: Bounds) -> Bounds:
    x0, y0, x1, y1 = bounds
    corners = to_4490(np.array([shapely.Point(x, y) for x in (x0, x1) for y in (y0, y1)]), crs)
    west, south, east, north = shapely.total_bounds(corners)
    return float(west), float(south), float(east), float(north)


def _fits(crs: Crs, bounds: Bounds) -> bool:
    """Whether coordinates are ones that the system can have: on earth, and for China's in China."""
    found = _lonlat_bounds(crs, bounds)
    if not np.isfinite(found).all():
        return False
    west, south, east, north = found
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return False
    chinese = crs.code == f"EPSG:{CGCS2000}" or (crs.code[5:].isdigit() and 4491 <= int(crs.code[5:]) <= 4554)
    if not chinese:
        return True
    # The middle alone: single features may be far away, and are told one by one.
    middle = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    return bool(within(CHINA, *middle)[0])


def _unknown(bounds: Bounds | None) -> ReadRefusal:
    found = "；".join(str(guess) for guess in guesses(bounds)) if bounds else ""
    shown = "–" if bounds is None else f"x {bounds[0]:.3f} … {bounds[2]:.3f}, y {bounds[1]:.3f} … {bounds[3]:.3f}"
    return ReadRefusal("crs_unknown", bounds=shown, guesses=found or "–")
