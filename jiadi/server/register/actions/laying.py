"""A delivery of some lists laid over all that the register has (新交覆于旧册): so that it is linked, judged and recorded whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from jiadi.policy.coverage import reaches
from jiadi.register.tables import Coverage, Delivery
from jiadi.server.accounts.queries import Access
from jiadi.server.database.scope import Scope
from jiadi.server.register import queries
from jiadi.server.register.actions.allowed import seen
from jiadi.server.register.actions.plan import absent
from jiadi.survey.renewal import compare
from jiadi.survey.renewal.listed import Lists


def laid_over(access: Access, delivery: Delivery, division: str) -> Delivery:
    """The register's lists with a newer delivery in their place (新交覆于旧册).

    A row of the newer list stands for the one that it is known again as. A row that the newer list does not have stays, unless the
    delivery's coverage says that it is no longer. Lists that were not handed in stay as they are.

    Args:
        access: of who asks.
        delivery: checked.
        division: of the delivery.

    Returns:
        A delivery with all lists, to be linked; `extra["sources"]` says which of its sources the register has already.
    """
    scope = seen(access).within(Scope.of([division]))
    rows, sources = queries.whole(scope)
    before, _ = queries.delivered(rows, sources)
    if not before.tables:
        return delivery
    shift = int(sources["source_id"].max() or 0)  # type: ignore[arg-type]
    newer = {name: frame.with_columns(pl.col("source_id") + shift) for name, frame in delivery.tables.items()}
    tables = {**before.tables, **newer}
    for name in set(newer) & set(before.tables):
        place = rows["house" if name == "footprint" else name].select(_key(name), pl.col("division").cast(pl.String).str.zfill(12))
        stays = _unmatched(name, before.tables[name], newer[name]).join(place, on="id", how="left", maintain_order="left")
        gone = absent(delivery.coverage, name, stays["division"].fill_null(""), stays)
        tables[name] = pl.concat([newer[name], stays.filter(~gone).select(newer[name].columns)]).sort("id")
    held, told = _apart(before, delivery, shift)
    return replace(
        delivery,
        tables=tables,
        sources=pl.concat([held.sources, told], how="diagonal_relaxed"),
        problems=pl.concat([held.problems, delivery.problems]),
        coverage=[*delivery.coverage, *(one for one in before.coverage if not _spoken(one, delivery.coverage))],
        extra={**_shifted(delivery.extra, shift), "sources": before.extra["sources"]},
    )


def _key(name: str) -> pl.Expr:
    return pl.col("footprint_id" if name == "footprint" else "key").alias("id")


def _unmatched(name: str, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Rows of the older list that the newer one does not have."""
    rest = old.join(new, on="id", how="anti")
    if name == "footprint":
        return rest.join(new.drop_nulls("survey_code"), on="survey_code", how="anti")
    places = pl.DataFrame(schema={"source_id": pl.Int32, "file": pl.String, "sheet": pl.String})
    sides = [Lists({name: frame.sort("id")}, places) for frame in (old, new)]
    return compare(*sides).tables[name].removed.join(rest, on="id", how="semi")


def _apart(before: Delivery, delivery: Delivery, shift: int) -> tuple[Delivery, pl.DataFrame]:
    """Sources of both sides, an older file of the same name told apart: problems name files."""
    told = delivery.sources.with_columns((pl.col("source_id") + shift).cast(pl.Int32))
    names = set(told["file"])
    called = {file: f"{file} #0" for file in before.sources["file"].unique() if file in names}
    renamed = pl.col("file").replace(called)
    return replace(before, sources=before.sources.with_columns(renamed), problems=before.problems.with_columns(renamed)), told


def _spoken(old: Coverage, new: list[Coverage]) -> bool:
    """Whether newer coverage speaks of all that an older entry covered."""
    same = [one for one in new if (one.table, one.kind) == (old.table, old.kind)]
    return all(any(reaches(one, code.ljust(12, "0")) for one in same) for code in old.divisions)


def _shifted(extra: dict[str, Any], shift: int) -> dict[str, Any]:
    hints = extra.get("id_hints")
    if not isinstance(hints, dict):
        return extra
    return {**extra, "id_hints": {name: frame.with_columns((pl.col("source_id") + shift).cast(pl.Int32)) for name, frame in hints.items()}}
