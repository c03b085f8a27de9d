"""What the register says, cut to the scope of who asks (登记册查询). Every function takes the scope first."""

from __future__ import annotations

from jiadi.server.register.queries.lists import Moment, delivered, known, moment, rows_of, tables, whole
from jiadi.server.register.queries.named import named

__all__ = ["Moment", "delivered", "known", "moment", "named", "rows_of", "tables", "whole"]
