"""What may be done with the register (登记册操作): the only writers of its rows."""

from __future__ import annotations

from jiadi.server.register.actions.descent import merge, split
from jiadi.server.register.actions.divisions import succeed
from jiadi.server.register.actions.editing import Conflict, edit
from jiadi.server.register.actions.ending import CAUSES, end, take_back
from jiadi.server.register.actions.interests import end_interest, enter_interest
from jiadi.server.register.actions.laying import laid_over
from jiadi.server.register.actions.media import keep_media
from jiadi.server.register.actions.preview import Preview, preview
from jiadi.server.register.actions.record import Recorded, record
from jiadi.server.register.actions.undo import Undone, undo

__all__ = [
    "CAUSES",
    "Conflict",
    "Preview",
    "Recorded",
    "Undone",
    "edit",
    "end",
    "end_interest",
    "enter_interest",
    "keep_media",
    "laid_over",
    "merge",
    "preview",
    "record",
    "split",
    "succeed",
    "take_back",
    "undo",
]
