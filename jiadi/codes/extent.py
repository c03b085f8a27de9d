"""Where places lie, roughly (行政区范围): for telling coordinates that belong elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@cache
def _extents() -> dict[str, Bounds]:
    text = files("jiadi.codes").joinpath("data", "extents.yaml").read_text(encoding="utf-8")
    listed: dict[str, list[float]] = yaml.safe_load(text)
    return {code: (west, south, east, north) for code, (west, south, east, north) in listed.items()}


@cache
def known() -> list[str]:
    """Places whose extent is known, by the code without its zeros, the widest first (已知范围的地方).

    >>> known()
    ['33', '3308']
    """
    return sorted(_extents(), key=lambda code: (len(code), code))


def bounds(prefix: str) -> Bounds:
    """The extent of a known place (范围).

    >>> bounds("3308")[0]
    118.0
    """
    return _extents()[prefix]
