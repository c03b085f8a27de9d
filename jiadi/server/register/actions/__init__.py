"""What may be done with the register (登记册操作): the only writers of its rows."""

from __future__ import annotations

from jiadi.server.register.actions.record import Recorded, reckoned, record

__all__ = ["Recorded", "reckoned", "record"]
