"""What rows are called (行的名称): their names in the core and their ids in the register."""

from __future__ import annotations

import polars as pl

from jiadi.server.database import bulk
from jiadi.server.database.scope import Scope
from jiadi.server.register import frames
from jiadi.server.register.queries.lists import Moment, known


def named(name: str, scope: Scope, as_of: Moment = None) -> pl.DataFrame:
    """Rows of a table by both names (行名对照).

    Args:
        name: of a list.
        scope, as_of: see `known`.

    Returns:
        Frame of id, key, division.
    """
    rows = known(frames.STORED[name], scope, as_of).values_list("id", "key", "division")
    return bulk.read(rows, {"id": pl.String(), "key": pl.String(), "division": pl.Int64()})
