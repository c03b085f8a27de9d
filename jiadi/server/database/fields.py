"""Fields that Django does not have (字段类型)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Field = models.Field[Any, Any]
else:
    Field = models.Field


class Geometry(Field):
    """A shape in EPSG:4490, longitude first, as WKB (图形).

    The core takes and gives WKB in bytes, so no more of a GIS is needed here. Missing is null.
    """

    def db_type(self, connection: Any) -> str:
        """Any kind of geometry in the one reference system of the register."""
        return "geometry(Geometry,4490)"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """From WKB, told its reference system."""
        return "ST_GeomFromWKB(%s, 4490)"

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        """As WKB."""
        return f"ST_AsBinary({sql})", params

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        """WKB, or None."""
        return None if value is None else bytes(value)
