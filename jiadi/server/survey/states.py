"""What may become of an import (导入的状态): one table of allowed moves."""

from __future__ import annotations

from typing import Final

STATES: Final = ("open", "checking", "failed", "checked", "accepting", "accepted", "undoing", "undone", "discarded")
"""open: files may come; failed and checked: what the check gave; accepting, undoing: ordered, and a worker is at it."""
WORKING: Final = frozenset({"checking", "accepting", "undoing"})
"""States in which a worker is at it."""
RESTING: Final = ("open", "failed", "checked")
"""States in which files, mapping and decisions may change; what was checked before is checked again then."""

MOVES: Final[dict[str, dict[str, str]]] = {
    "change": dict.fromkeys(RESTING, "open"),
    "check": dict.fromkeys(RESTING, "checking"),
    "cancel": {"checking": "open", "accepting": "checked", "undoing": "accepted"},
    "check_done": {"checking": "checked"},
    "check_failed": {"checking": "failed"},
    "order_accept": {"checked": "accepting"},
    "accept_done": {"accepting": "accepted"},
    "accept_refused": {"accepting": "checked"},
    "order_undo": {"accepted": "undoing"},
    "undo_done": {"undoing": "undone"},
    "undo_refused": {"undoing": "accepted"},
    "discard": dict.fromkeys(RESTING, "discarded"),
}
"""Word → state before → state after. What is not here cannot be done."""


def may(word: str, state: str) -> bool:
    """Whether an import in a state can be moved by a word (可否办理).

    >>> may("order_accept", "checked"), may("order_accept", "accepting")
    (True, False)
    """
    return state in MOVES[word]
