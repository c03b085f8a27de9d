"""Remarks of a check, gathered column by column (检查意见)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiadi.codes import person
from jiadi.register.tables import PROBLEMS
from jiadi.survey import problems
from jiadi.survey.read.raw import RawSheet

Places = NDArray[np.intp]
"""0-based rows of a table, the rows of all its sheets together."""

LONGEST_VALUE = 200


@dataclass(slots=True)
class Remarks:
    """Remarks on the cells of one table, by row number and schema column (一张表的检查意见)."""

    parts: list[pl.DataFrame] = field(default_factory=list)

    def add(
        self,
        places: Places,
        column: str,
        code: str | pl.Series,
        values: pl.Series | None = None,
        *,
        detail: pl.Series | None = None,
        masked: bool = False,
    ) -> None:
        """Remark on cells.

        Args:
            places: rows of the table.
            column: schema column; "" for the row.
            code: key of problems.yaml, one for all or one a cell.
            values: what stood there, as long as `places`; None where that says nothing.
            detail: further words.
            masked: whether the values are resident IDs, which are not shown in full.

        >>> remarks = Remarks()
        >>> remarks.add(np.array([0]), "storeys", "storeys_range", pl.Series(["1-3"]))
        >>> remarks.parts[0].select("place", "value").rows()
        [(0, '1-3')]
        """
        if not len(places):
            return
        rows = len(places)
        part = pl.DataFrame(
            {
                "place": places.astype(np.int64),
                "column": pl.repeat(column, rows, dtype=pl.String, eager=True),
                "code": code if isinstance(code, pl.Series) else pl.repeat(code, rows, dtype=pl.String, eager=True),
                "value": pl.repeat("", rows, dtype=pl.String, eager=True) if values is None else values.cast(pl.String),
                "detail": pl.repeat("", rows, dtype=pl.String, eager=True) if detail is None else detail.cast(pl.String),
                "masked": pl.repeat(masked, rows, dtype=pl.Boolean, eager=True),
            }
        )
        self.parts.append(part)

    def told(self, sheets: list[RawSheet], sheet_of: pl.Series, row_of: pl.Series) -> pl.DataFrame:
        """The remarks as the user's files know their cells (转为问题表).

        Args:
            sheets: of the table.
            sheet_of: (rows,) which of them a row is from.
            row_of: (rows,) row as Excel shows it.

        Returns:
            Frame of PROBLEMS, unsorted.
        """
        if not self.parts:
            return pl.DataFrame(schema=PROBLEMS)
        found = pl.concat(self.parts)
        place = found.get_column("place")
        found = found.with_columns(sheet_of.gather(place).alias("at"), row_of.gather(place).cast(pl.Int32).alias("row"))
        heads = [
            (number, name, sheet.header(name), sheet.places.get(name, (None,))[0])
            for number, sheet in enumerate(sheets)
            for name in {*sheet.columns, *sheet.fixed}
        ]
        known = {"at": pl.Int32(), "column": pl.String(), "heading": pl.String(), "own_row": pl.Int32()}
        heading = pl.DataFrame(heads, schema=known, orient="row")
        where = pl.DataFrame(
            {"at": range(len(sheets)), "file": [s.file for s in sheets], "sheet": [s.sheet for s in sheets]},
            schema={"at": pl.Int32(), "file": pl.String(), "sheet": pl.String()},
        )
        found = (
            found.with_columns(pl.col("at").cast(pl.Int32)).join(where, on="at", how="left").join(heading, on=["at", "column"], how="left")
        )
        found = found.with_columns(pl.coalesce("own_row", "row").alias("row"))
        return _finished(found)


def _finished(found: pl.DataFrame) -> pl.DataFrame:
    levels = problems.levels()
    masked = found.get_column("masked")
    values = found.get_column("value").fill_null("")
    if masked.any():
        values = values.scatter(masked.arg_true(), person.mask_column(values.filter(masked)))
    return found.with_columns(
        pl.coalesce("heading", "column").alias("column"),
        pl.col("code").replace_strict(levels, return_dtype=pl.String).alias("level"),
        values.str.slice(0, LONGEST_VALUE).alias("value"),
        pl.col("detail").fill_null(""),
    ).select(pl.col(name).cast(kind) for name, kind in PROBLEMS.items())
