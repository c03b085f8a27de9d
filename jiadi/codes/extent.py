"""Where places lie, roughly (行政区范围): for telling coordinates that belong elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Extents = Mapping[str, Bounds]
"""Code of a province, city or county without its zeros → where it lies; a place that is not there is not known."""
_WIDTHS = (2, 4, 6)


@cache
def _shipped() -> dict[str, Bounds]:
    text = files("jiadi.codes").joinpath("data", "extents.yaml").read_text(encoding="utf-8")
    return read(yaml.safe_load(text))


def known(stated: Extents | None = None) -> dict[str, Bounds]:
    """Places whose extent is known, the widest first (已知范围的地方).

    Args:
        stated: by whoever handed in the files; it serves before what is shipped.

    >>> list(known()), list(known({"431102": (111.0, 26.0, 112.0, 27.0)}))
    (['33', '3308'], ['33', '3308', '431102'])
    """
    found = {**_shipped(), **(stated or {})}
    return {code: found[code] for code in sorted(found, key=lambda code: (len(code), code))}


def read(values: object) -> dict[str, Bounds]:
    """Extents as YAML writes them (读取范围): code → west, south, east, north.

    Args:
        values: a mapping; codes of 2, 4 or 6 digits, or longer with zeros behind. A township's is none: the codes of its parcels do not
            begin with it.

    Raises:
        ValueError: with what is wrong.

    >>> read({"431102000000": [111.3, 26.0, 111.8, 26.7]})
    {'431102': (111.3, 26.0, 111.8, 26.7)}
    """
    if not isinstance(values, dict):
        raise ValueError(f"extents: {values}")
    found: dict[str, Bounds] = {}
    for key, sides in values.items():
        code = str(key)
        width = next((width for width in _WIDTHS if len(code) >= width and not code[width:].strip("0")), 0)
        if not (code.isascii() and code.isdigit() and width):
            raise ValueError(f"extents: {code}")
        numbers = isinstance(sides, list) and all(isinstance(side, int | float) and not isinstance(side, bool) for side in sides)
        if not numbers or len(sides) != 4 or not (-180 <= sides[0] < sides[2] <= 180 and -90 <= sides[1] < sides[3] <= 90):
            raise ValueError(f"extents: {code} {sides}")
        west, south, east, north = map(float, sides)
        found[code[:width]] = (west, south, east, north)
    return found
