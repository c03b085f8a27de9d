"""Lists as they are compared (待比对的表): of a checked delivery, or of the register of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from jiadi.errors import Refusal
from jiadi.geo.files import read_layers
from jiadi.register.schema import LISTS, TABLES
from jiadi.register.tables import Delivery, frame_schema
from jiadi.survey import link

REGISTER = "register.gpkg"
COMPARED = tuple(name for name in LISTS if name != "footprint")
"""A survey row and its footprint are one house, so footprints are compared with their houses."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of one side (一方的各表).

    Args:
        tables: list name → frame of `register.tables.frame_schema`; a list that was not handed in is not there.
        sources: `source_id`, `file`, `sheet`.
    """

    tables: dict[str, pl.DataFrame]
    sources: pl.DataFrame


def of_delivery(delivery: Delivery) -> Lists:
    """The lists of a checked delivery (交付的各表).

    >>> of_delivery(Delivery()).tables
    {}
    """
    tables = {name: frame for name, frame in delivery.tables.items() if name in COMPARED}
    if "house" in delivery.tables or "footprint" in delivery.tables:
        tables["house"] = link.houses(delivery)[0]
    return Lists({name: _shaped(name, frame) for name, frame in tables.items()}, _places(delivery.sources))


def of_register(path: Path) -> Lists:
    """The lists of an earlier run (登记册的各表).

    Args:
        path: `register.gpkg`, or the result folder that holds it.

    Raises:
        Refusal: `not_a_register`.
    """
    file = path / REGISTER if path.is_dir() else path
    if not file.is_file():
        raise Refusal("not_a_register", f"There is no {REGISTER} in {path}.", "Give the result folder of an earlier jiadi judge.")
    layers = {layer.name: layer for layer in read_layers(file)}
    if "source" not in layers:
        raise Refusal("not_a_register", f"{file} is no register of Jiadi.", "Give the result folder of an earlier jiadi judge.")
    tables = {}
    for name in COMPARED:
        if name in layers:
            layer = layers[name]
            shapes = [] if layer.geometry is None else [layer.geometry.cast(pl.Binary).alias("geometry")]
            tables[name] = _shaped(name, pl.DataFrame([*layer.attributes.get_columns(), *shapes]))
    return Lists(tables, _places(layers["source"].attributes))


def _shaped(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The schema's columns in their dtypes; a column that an older register does not know is blank."""
    held = frame_schema(TABLES[name])
    columns = [
        (pl.col(column).cast(kind) if column in frame.columns else pl.lit(None, dtype=kind)).alias(column) for column, kind in held.items()
    ]
    return frame.select(columns).sort("id")


def _places(sources: pl.DataFrame) -> pl.DataFrame:
    kinds = {"source_id": pl.Int32(), "file": pl.String(), "sheet": pl.String()}
    if sources.is_empty():
        return pl.DataFrame(schema=kinds)
    return sources.select(pl.col(name).cast(kind) for name, kind in kinds.items()).with_columns(pl.col("sheet").fill_null(""))
