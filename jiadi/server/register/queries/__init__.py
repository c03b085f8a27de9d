"""What the register says, cut to the scope of who asks (登记册查询). Every function takes the scope first."""

from __future__ import annotations

from jiadi.server.register.frames import STORED
from jiadi.server.register.queries.descent import became, came_from, division, interests, with_predecessors
from jiadi.server.register.queries.file import HouseFile, Trace, house_file, trace
from jiadi.server.register.queries.lists import VERSIONS, Moment, delivered, known, moment, rows_of, tables, whole
from jiadi.server.register.queries.media import media_of, medium
from jiadi.server.register.queries.named import named

__all__ = [
    "STORED",
    "VERSIONS",
    "HouseFile",
    "Moment",
    "Trace",
    "became",
    "came_from",
    "delivered",
    "division",
    "house_file",
    "interests",
    "known",
    "media_of",
    "medium",
    "moment",
    "named",
    "rows_of",
    "tables",
    "trace",
    "whole",
    "with_predecessors",
]
