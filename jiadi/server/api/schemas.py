"""What the interface answers (接口数据): no names of persons, no numbers of persons."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from ninja import Schema

T = TypeVar("T")


class Page(Schema, Generic[T]):
    """One page of a list: `next` is what to hand on as `after`, null at the end."""

    items: list[T]
    next: str | None


class Problem(Schema):
    """A refusal as problem+json (RFC 9457); `code` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    law: str
    more: str


class RowOut(Schema):
    """What every row of the register has; a value that is not known is null."""

    id: UUID
    key: str
    division: str

    @staticmethod
    def resolve_division(row: Any) -> str:
        """Twelve digits."""
        return f"{row.division:012}"

    @staticmethod
    def resolve_key(row: Any) -> str:
        """The row's name; a resident ID that serves as one is masked."""
        return shown(row.key)


def shown(key: str) -> str:
    """A name of a row as it may be shown (可显示的编号).

    >>> shown("330802197603151230")
    '330802********1230'
    """
    import polars as pl  # noqa: PLC0415

    from jiadi.insight.naming import shown_ids  # noqa: PLC0415

    return str(shown_ids(pl.Series([key], dtype=pl.String))[0])


class House(RowOut):
    """A house as the register has it."""

    parcel_id: UUID | None
    household_id: UUID | None
    survey_code: str | None
    unit_code: str | None
    parcel_code: str | None
    built_year: int | None
    storeys: int | None
    height_m: float | None
    floor_area_m2: float | None
    base_area_m2: float | None
    land_area_m2: float | None
    structure: str | None
    use: str | None
    vacancy: str | None
    safety_grade: str | None


class Parcel(RowOut):
    """A parcel as the register has it."""

    parcel_code: str | None
    stated_area_m2: float | None
    unit_code: str | None
    feature_kind: str | None
    right_kind: str | None
    land_use: str | None


class Run(Schema):
    """One run."""

    id: UUID
    division: str
    on: date
    law_set: str
    law_version: str
    law_sha256: str
    register_at: datetime
    program: str
    verdicts_sha256: str
    houses: int
    whole: bool

    @staticmethod
    def resolve_division(run: Any) -> str:
        """Twelve digits."""
        return f"{run.division:012}"


class Verdict(Schema):
    """What a run says of a house; codes as in the guide."""

    id: int
    run: UUID
    house: UUID
    key: str
    division: str
    verdict: str
    remedy: str | None
    then: str | None
    price_fen: int | None
    findings: list[str]
    unknowns: list[str]

    @staticmethod
    def resolve_run(row: Any) -> UUID:
        """Id of the run."""
        return row.run_id  # type: ignore[no-any-return]

    @staticmethod
    def resolve_key(row: Any) -> str:
        """Masked where it is a resident ID."""
        return shown(row.key)

    @staticmethod
    def resolve_division(row: Any) -> str:
        """Twelve digits."""
        return f"{row.division:012}"

    @staticmethod
    def resolve_remedy(row: Any) -> str | None:
        """Null for none."""
        return row.remedy or None

    @staticmethod
    def resolve_then(row: Any) -> str | None:
        """Null for none."""
        return row.then or None

    @staticmethod
    def resolve_findings(row: Any) -> list[str]:
        """Codes."""
        return row.findings.split(",") if row.findings else []

    @staticmethod
    def resolve_unknowns(row: Any) -> list[str]:
        """Codes."""
        return row.unknowns.split(",") if row.unknowns else []
