"""What the interface answers (接口数据): no names of persons, no numbers of persons."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from ninja import Schema
from pydantic import BeforeValidator, Field

T = TypeVar("T")
Place = Annotated[str, BeforeValidator(lambda number: f"{number:012}")]
"""A division by its code: twelve digits."""


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
    division: Place

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
    division: Place
    on: date
    law_set: str
    law_version: str
    law_sha256: str
    register_at: datetime
    program: str
    verdicts_sha256: str
    houses: int
    whole: bool


class Verdict(Schema):
    """What a run says of a house; codes as in the guide."""

    id: int
    run: UUID
    house: UUID
    key: str
    division: Place
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


Words = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")]
"""A line of text that is not blank."""
Code = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]


class Why(Schema):
    """The reason, which goes on record."""

    why: Annotated[Words, Field(min_length=2, max_length=200)]


class NewImport(Schema):
    """An import to be made."""

    division: Code
    title: Annotated[Words, Field(max_length=100)]


class NewFile(Schema):
    """A file to come."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    bytes: Annotated[int, Field(ge=1, le=2**53)]


class Accept(Why):
    """An import to be accepted; `keep`: ids of rows that stay as the register has them, of those that were edited by hand."""

    keep: Annotated[list[UUID], Field(max_length=100_000)] = []


class NewRun(Why):
    """A run to be started: `on` null for today, `law` null for the division's own set."""

    division: Code
    on: date | None = None
    law: Annotated[str, Field(max_length=64)] | None = None


class File(Schema):
    """A file of an import: `received` bytes are here for certain; `sha256` is null until it is whole."""

    id: UUID
    name: str
    bytes: int
    received: int
    sha256: str | None

    @staticmethod
    def resolve_sha256(file: Any) -> str | None:
        """Null while it is on its way."""
        return file.sha256 or None


class Import(Schema):
    """An import and how far it is.

    `fault` is the code of what stood in the way. `problems`: code → count; `waiting`: pairs of rows that a person must decide;
    `changes`: table → what accepting would do → count.
    """

    id: UUID
    division: Place
    title: str
    state: str
    stage: str | None
    percent: int
    created_at: datetime
    fault: str | None
    problems: dict[str, int]
    waiting: int
    changes: dict[str, dict[str, int]]

    @staticmethod
    def resolve_stage(held: Any) -> str | None:
        """Null where nothing is under way."""
        return held.stage or None

    @staticmethod
    def resolve_percent(held: Any) -> int:
        """Of the stage that is under way."""
        share: float = held.share
        return round(share * 100)

    @staticmethod
    def resolve_fault(held: Any) -> str | None:
        """Null for none."""
        return held.fault.get("code")  # type: ignore[no-any-return]

    @staticmethod
    def resolve_problems(held: Any) -> dict[str, int]:
        """Empty before the check."""
        return held.summary.get("problems", {})  # type: ignore[no-any-return]

    @staticmethod
    def resolve_waiting(held: Any) -> int:
        """0 before the check."""
        return int(sum(held.summary.get("waiting", {}).values()))

    @staticmethod
    def resolve_changes(held: Any) -> dict[str, dict[str, int]]:
        """Empty before the check."""
        return held.summary.get("changes", {})  # type: ignore[no-any-return]


class Job(Schema):
    """Work that a worker does; `run` is what came of it, `fault` the code of what stood in the way."""

    id: UUID
    kind: str
    division: Place
    state: str
    asked_at: datetime
    done_at: datetime | None
    run: UUID | None
    fault: str | None

    @staticmethod
    def resolve_run(job: Any) -> UUID | None:
        """Null while there is none."""
        return job.result.get("run")  # type: ignore[no-any-return]

    @staticmethod
    def resolve_fault(job: Any) -> str | None:
        """Null for none."""
        return job.fault.get("code")  # type: ignore[no-any-return]


class Event(Schema):
    """What was done, for other systems: ids alone. `number` grows; what comes later has a greater one."""

    number: int
    kind: str
    at: datetime
    division: Place
    subject: str
    subject_id: str
