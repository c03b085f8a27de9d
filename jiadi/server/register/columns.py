"""Models take their columns from the one schema (由数据字典生成字段); each row model has a second one that keeps its versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models

from jiadi.register.schema import TABLES, Column
from jiadi.server.database import keys
from jiadi.server.database.fields import Geometry

FLOATS = {"area_m2", "length_m"}
WHOLE = {"integer", "year", "month"}
M = TypeVar("M", bound=type[models.Model])
SEALED = "person_id"
"""Kind of column that is never stored in clear: it becomes `<name>_sealed` and, to find it, `<name>_hash`."""


class Until(models.Func):
    """The moment until which a version holds (有效至): of one that holds still there is no end.

    CASE, and not COALESCE: row-level security lets an index serve the one and holds back the other.
    """

    template = "CASE WHEN %(expressions)s IS NULL THEN 'infinity'::timestamptz ELSE %(expressions)s END"
    arity = 1
    output_field = models.DateTimeField()


class Row(models.Model):
    """What every row of the register has (登记行).

    Args:
        id: UUID of version 7.
        division: 12 digits as a number: the village, or the township or county where the village is not known. Scope reads it.
        key: the row's name in the core (`id` of its frames), one of a kind in its county.
        source_id, source_row: which file and sheet of an import, and the row there; null where it was entered by hand.
        unreadable: columns in whose cells something stands that could not be read, joined by commas in their order; null for none.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    key = models.TextField()
    source_id = models.UUIDField(null=True)
    source_row = models.IntegerField(null=True)
    unreadable = models.TextField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key


class Version(models.Model):
    """What every kept version of a row has (历史版本).

    Args:
        version: number of the version, over all rows.
        id: of the row.
        known_from, known_to: half-open moments in which the register said so; `known_to` is null while it still does.
        act: that made it so; `ended_by`: the act that made it otherwise.
    """

    version = models.BigAutoField(primary_key=True)
    id = models.UUIDField()
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(null=True)
    act = models.UUIDField()
    ended_by = models.UUIDField(null=True)

    class Meta:
        abstract = True


def fields_of(column: Column) -> dict[str, models.Field[Any, Any]]:
    """The fields that hold one column of the schema (字段类型映射). Missing is always null, never 0 and never "".

    >>> sorted(fields_of(TABLES["member"].column("id_number")))
    ['id_number_hash', 'id_number_sealed']
    >>> type(fields_of(TABLES["house"].column("storeys"))["storeys"]).__name__
    'IntegerField'
    """
    if column.kind == SEALED:
        return {f"{column.name}_sealed": models.BinaryField(null=True), f"{column.name}_hash": models.BinaryField(null=True)}
    held: models.Field[Any, Any]
    if column.kind == "geometry":
        held = Geometry(null=True)
    elif column.kind in FLOATS:
        held = models.FloatField(null=True)
    elif column.kind in WHOLE:
        held = models.IntegerField(null=True)
    elif column.kind == "date":
        held = models.DateField(null=True)
    elif column.kind == "division_code":
        held = models.BigIntegerField(null=True)
    else:
        held = models.TextField(null=True)
    return {column.name: held}


def columns_of(name: str) -> Callable[[M], M]:
    """Give a model the columns of a table of the schema (按表生成).

    Args:
        name: of the table in `register.schema.TABLES`.
    """

    def add(model: M) -> M:
        for column in TABLES[name].columns:
            for field_name, held in fields_of(column).items():
                model.add_to_class(field_name, held)
        return model

    return add


def versions_of(model: type[models.Model]) -> type[Version]:
    """The model that keeps the versions of another (版本表): the same columns, without what only the current row needs.

    What points to another row there keeps the key alone, since that row may be gone.
    """
    held: dict[str, Any] = {"__module__": model.__module__, "__qualname__": f"{model.__name__}Version"}
    held["__doc__"] = f"Every version of {model.__name__} (历史版本)."
    for field in model._meta.local_fields:
        if not field.primary_key:
            one: Any = models.UUIDField(null=True) if field.is_relation else field.clone()
            one._unique = one.db_index = False
            held[field.attname] = one
    table = f"{model._meta.db_table}_version"
    names = [f"{model._meta.model_name}_version_{what}" for what in ("row", "place")]
    open_row = models.Index(fields=["id", "known_from"], name=names[0])
    # In the order of a list, and with both ends of what was known: a page of any day is read from one place of it.
    of_place = models.Index("division", "id", "known_from", Until("known_to"), name=names[1])
    held["Meta"] = type("Meta", (), {"db_table": table, "indexes": [open_row, of_place]})
    return type(f"{model.__name__}Version", (Version,), held)
