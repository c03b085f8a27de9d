"""When two facts are alike: the bands, as data (相同情形的分档)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from jiadi.errors import Refusal
from jiadi.policy.grammar import Array
from jiadi.policy.table import UNDATED_FROM, Column
from jiadi.policy.vocabulary import VOCABULARY, Fact

UNKNOWN = np.iinfo(np.int64).max
"""Band of what is not known; the other bands are far below."""

_KEYS = {"days", "widths", "deviations"}
_NUMBERS = {name: fact for facts in VOCABULARY.values() for name, fact in facts.items() if fact.kind == "number"}


@dataclass(frozen=True, slots=True)
class Bands:
    """What counts as alike (分档标准).

    Args:
        years: that a band of days spans.
        widths: fact → width of its bands, in whole parts of its unit.
        deviations: how far from what is expected a village must be to stand out.
    """

    years: int
    widths: dict[str, int] = field(default_factory=dict)
    deviations: float = 3.09

    def of(self, fact: Fact, column: Column) -> Array:
        """Band of every row (归档).

        Returns:
            int64; `UNKNOWN` where the fact is not known. Unknown answers keep their reason: what is not known for
            different reasons is not alike.
        """
        low: Array = column.low.astype(np.int64)
        if fact.kind in ("word", "truth"):
            return low
        if fact.kind == "date":
            first, last = self._period(low), self._period(column.high.astype(np.int64))
            spanned: Array = first * 1_000 + (last - first)
            return spanned
        width = self.widths.get(fact.name, 1)
        # A band lies around its round figure, as limits are round: what is just below is like what is just above.
        banded: Array = np.where(column.is_unknown(fact), UNKNOWN, (low + width // 2) // width)
        return banded

    def _period(self, days: Array) -> Array:
        years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        period: Array = (years - UNDATED_FROM.year) // self.years
        return period


def load(path: Path | None = None) -> Bands:
    """The bands of a file, or the shipped ones (读取分档).

    Args:
        path: YAML with any of the keys of the shipped file; what it leaves out is as shipped.

    Raises:
        Refusal: `bands`, with what is wrong in the file.

    >>> load().widths["area_m2"]
    500
    """
    shipped = yaml.safe_load(files("jiadi.policy.fairness").joinpath("bands.yaml").read_text(encoding="utf-8"))
    given = shipped if path is None else _read(path)
    if not isinstance(given, dict) or set(given) - _KEYS:
        raise _refusal(path, f"its keys are {', '.join(sorted(_KEYS))}")
    widths = given.get("widths", {})
    if not isinstance(widths, dict) or set(widths) - set(_NUMBERS):
        raise _refusal(path, f"widths names facts that are numbers: {', '.join(sorted(_NUMBERS))}")
    held = {name: _parts(path, name, width) for name, width in {**shipped["widths"], **widths}.items()}
    years, deviations = (given.get(key, shipped[key]) for key in ("days", "deviations"))
    if not _whole(years) or not 1 <= years <= 200:
        raise _refusal(path, "days is a whole number of years from 1 to 200")
    if isinstance(deviations, bool) or not isinstance(deviations, int | float) or not 1 <= deviations <= 10:
        raise _refusal(path, "deviations lies between 1 and 10")
    return Bands(years, held, float(deviations))


def _parts(path: Path | None, name: str, width: object) -> int:
    """A width in whole parts of the fact's unit."""
    scale = _NUMBERS[name].scale
    parts = Decimal(str(width)) * scale if not isinstance(width, bool) and isinstance(width, int | float) else Decimal(0)
    if parts < 1 or parts != parts.to_integral_value():
        raise _refusal(path, f"the width of {name} is a number of at least {Decimal(1) / scale}, and a multiple of it")
    return int(parts)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Refusal("bands", f"{path} cannot be read: {error}.", "Give a YAML file in UTF-8.") from error


def _refusal(path: Path | None, why: str) -> Refusal:
    return Refusal("bands", f"{path}: {why}.", "See docs/guide/fairness.md for the file.")
