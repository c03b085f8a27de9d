"""A newer delivery beside an older one 重交比对: what was added, changed and removed, cell by cell."""

from __future__ import annotations

from jiadi.survey.renewal.compare import Renewal, TableRenewal, applied, compare

__all__ = ["Renewal", "TableRenewal", "applied", "compare"]
