"""What is written of judgements (判定的办理)."""

from __future__ import annotations

from jiadi.server.policy.actions.judging import folder_of, judge, told
from jiadi.server.policy.actions.ordering import ask, cancel, place_of

__all__ = ["ask", "cancel", "folder_of", "judge", "place_of", "told"]
