"""What lies at a house (周边): the zones that it touches, and those that are near."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, F, Func, Value

from jiadi.server.database.scope import Scope
from jiadi.server.register.models import Zone
from jiadi.server.register.queries.lists import Moment, known

NEAR_DEG = 0.0005
"""About 50 m: enough to look at a zone, and no measure of law."""


def zones_beside(scope: Scope, shape: bytes | None, as_of: Moment = None) -> list[Any]:
    """Zones that a shape touches or comes near to (周边管控区), those that it touches first; `touched` says which.

    Args:
        scope: whose divisions.
        shape: WKB in EPSG:4490; None has none.
        as_of: see `known`.
    """
    if shape is None:
        return []
    drawn = Func(Value(shape), template="ST_GeomFromWKB(%(expressions)s, 4490)")
    near = Func(drawn, template=f"ST_Expand(%(expressions)s, {NEAR_DEG})")
    touches = {
        name: Func(F("geometry"), one, function="ST_Intersects", output_field=BooleanField())
        for name, one in (("touched", drawn), ("near", near))
    }
    rows = known(Zone, scope, as_of).defer("geometry").annotate(**touches).filter(near=True)
    return sorted(rows, key=lambda one: (not one.touched, one.zone_kind or "", one.key))
