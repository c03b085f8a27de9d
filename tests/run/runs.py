"""Stored runs of little invented counties, and deliveries with something changed."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from typer.testing import CliRunner, Result

from jiadi.cli import app


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def judged(delivery: Path, out: Path, *more: object) -> Path:
    done = run("judge", delivery, "-o", out, *more)
    assert done.exit_code == 0, done.output
    return out


def altered(delivery: Path, into: Path, table: str, *exprs: pl.Expr, skip: int = 0) -> Path:
    """The delivery with some columns of a list changed, and its first rows left out."""
    shutil.copytree(delivery, into)
    path = into / f"{table}.parquet"
    held = pq.read_table(path)
    frame = pl.DataFrame(pl.from_arrow(held)).with_columns(*exprs).slice(skip)
    pq.write_table(frame.to_arrow().cast(held.schema).replace_schema_metadata(held.schema.metadata), path)
    return into


def digest(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
