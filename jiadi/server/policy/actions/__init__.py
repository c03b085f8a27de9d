"""What is written of judgements (判定的办理)."""

from __future__ import annotations

from jiadi.server.policy.actions.again import TooWide, later, remember, settle
from jiadi.server.policy.actions.judging import folder_of, judge, told
from jiadi.server.policy.actions.ordering import ask, cancel
from jiadi.server.policy.actions.trying import compare, read_variants, results_of, tried_run, whatif

__all__ = [
    "TooWide",
    "ask",
    "cancel",
    "compare",
    "folder_of",
    "judge",
    "later",
    "read_variants",
    "remember",
    "results_of",
    "settle",
    "told",
    "tried_run",
    "whatif",
]
