"""What the register says, cut to the scope of who asks (登记册查询). Every function takes the scope first."""

from __future__ import annotations

from jiadi.server.register.frames import STORED
from jiadi.server.register.queries.beside import zones_beside
from jiadi.server.register.queries.descent import became, came_from, division, divisions_of, interests, interests_in, with_predecessors
from jiadi.server.register.queries.file import HouseFile, Trace, belonging, house_file, trace
from jiadi.server.register.queries.finding import Found, chosen, listed, search
from jiadi.server.register.queries.lists import VERSIONS, Moment, delivered, known, moment, rows_of, tables, whole
from jiadi.server.register.queries.media import media_of, medium
from jiadi.server.register.queries.named import named
from jiadi.server.register.queries.near import affected, around
from jiadi.server.register.queries.paging import Page, beginning, count, counts, page
from jiadi.server.register.queries.versions import version, version_of, versions_ended_by

__all__ = [
    "STORED",
    "VERSIONS",
    "Found",
    "HouseFile",
    "Moment",
    "Page",
    "Trace",
    "affected",
    "around",
    "became",
    "beginning",
    "belonging",
    "came_from",
    "chosen",
    "count",
    "counts",
    "delivered",
    "division",
    "divisions_of",
    "house_file",
    "interests",
    "interests_in",
    "known",
    "listed",
    "media_of",
    "medium",
    "moment",
    "named",
    "page",
    "rows_of",
    "search",
    "tables",
    "trace",
    "version",
    "version_of",
    "versions_ended_by",
    "whole",
    "with_predecessors",
    "zones_beside",
]
