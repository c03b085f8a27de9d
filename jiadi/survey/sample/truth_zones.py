"""Which buildings lie in which zones (压占事实), worked out in the plane, apart from the engine's own overlay."""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely

from jiadi.survey.sample.draw import distributions
from jiadi.survey.sample.ground import Rings
from jiadi.survey.sample.records import World

TOLERANCE_M2 = 1.00
JUDGED = {
    "permanent_basic_farmland": "on_farmland",
    "ecological_red_line": "in_red_line",
    "river_range": "in_river_range",
    "water_source": "in_water_source",
    "plan_class": "in_no_build_area",
    "hazard": "in_hazard_zone",
    "road": "in_road_strip",
}
_CLASSES = {"water_source": "first", "plan_class": "prohibited"}


def polygons(rings: Rings) -> np.ndarray:
    """Rings as polygons in the plane (多边形)."""
    place = np.arange(rings.x.shape[1])
    used = place < rings.corners[:, None]
    owner = np.broadcast_to(np.arange(len(rings.corners))[:, None], used.shape)[used]
    coordinates = np.stack([rings.x[used], rings.y[used]], axis=1)
    return np.asarray(shapely.polygons(shapely.linearrings(coordinates, indices=owner)))


def zone_hits(world: World) -> pl.DataFrame:
    """Buildings that lie in a zone, or in the strip along a road (压占).

    Returns:
        building, finding, designated_on (null where not known), amount (m² of overlap, metres of
        distance), is_village_road.
    """
    shapes = polygons(world.ground.houses)
    tree = shapely.STRtree(shapes)
    zones = world.zones
    lands = np.array([shapely.Polygon(ring) for ring in zones.ring], dtype=object)
    reach = np.array([_reach(kind, zone_class) for kind, zone_class in zip(zones.kind, zones.zone_class, strict=True)])
    asked = np.flatnonzero(reach >= 0)
    boxes = shapely.bounds(lands[asked])
    grown = shapely.box(*(boxes + reach[asked, None] * np.array([-1.05, -1.05, 1.05, 1.05])).T)
    near, building = tree.query(grown)
    zone = asked[near]
    scale = world.villages.scale[world.homesteads.village[world.ground.parcel_of]][building]
    distance = shapely.distance(lands[zone], shapes[building]) / scale
    overlap = np.zeros(len(zone))
    touching = np.flatnonzero(distance == 0)
    overlap[touching] = shapely.area(shapely.intersection(lands[zone[touching]], shapes[building[touching]])) / scale[touching] ** 2
    is_road = reach[zone] > 0
    hit = np.where(is_road, np.round(distance, 2) < reach[zone], np.round(overlap, 2) > TOLERANCE_M2)
    rows = np.flatnonzero(hit)
    kinds, classes = np.array(zones.kind, dtype=object), np.array(zones.zone_class, dtype=object)
    return pl.DataFrame(
        {
            "building": building[rows],
            "finding": pl.Series(kinds[zone[rows]].tolist(), dtype=pl.String).replace_strict(JUDGED, return_dtype=pl.String),
            "designated_on": pl.Series(zones.designated_on, dtype=pl.Date).gather(zone[rows]),
            "amount": np.where(is_road, distance, overlap)[rows],
            "is_village_road": (is_road & (classes[zone] == "village"))[rows],
        }
    ).sort("building", "finding", "amount")


def _reach(kind: str, zone_class: str) -> float:
    """Metres from a zone within which a house is judged by it; -1 where its class is not judged at all."""
    if kind == "road":
        return float(distributions()["road_strips_m"][zone_class])
    return 0.0 if _CLASSES.get(kind, zone_class) == zone_class else -1.0
