"""Forms of the register's rows (登记行表单): fields, types and code lists are those of the schema."""

from __future__ import annotations

from typing import Any

from django import forms

from jiadi.codes import person
from jiadi.register.column import Column
from jiadi.server.accounts.forms import reason_field
from jiadi.server.register.actions.descent import TABLES as SUBJECTS
from jiadi.server.register.actions.ending import CAUSES
from jiadi.server.register.columns import FLOATS, SEALED, WHOLE
from jiadi.server.register.typed import ILLEGIBLE, LONGEST, Illegible, Wrong, columns, typed, written
from jiadi.server.register.views.shown import UNITS, heading
from jiadi.server.words import language, say, say_later

CLEARED = {"未知", "unknown"}
"""What is typed over a person's number that is not known any more; left empty it stays as it is."""
UNTOUCHED = object()


class RowForm(forms.Form):
    """The cells of a row, to be changed (修改一行).

    What is left as it was is not looked at again: a cell that an import took stays as it is. After `is_valid`, `values` has what was
    typed and `illegible` the columns of which the paper says something that is not whole.

    Args:
        table: one of `typed.EDITED`.
        held: column → what the version says that is shown, persons' numbers in clear; they are shown masked.
        torn: columns that could not be read.
        version: number of that version.
        names: whether persons' names may be seen, and so changed.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    why = reason_field()
    source = forms.CharField(label=say_later("edit.source"), help_text=say_later("edit.source.help"), max_length=200, required=False)
    document = forms.FileField(label=say_later("edit.document"), help_text=say_later("edit.document.help"), required=False)

    def __init__(self, table: str, held: dict[str, Any], torn: set[str], version: int, names: bool, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.table, self.held, self.torn = table, held, torn
        self.cells = [column for column in columns(table) if names or column.kind not in ("name", SEALED)]
        self.values: dict[str, Any] = {}
        self.illegible: set[str] = set()
        self.initial["version"] = version
        own = {column.name: self._field(column) for column in self.cells}
        rest = {name: self.fields[name] for name in ("why", "source", "document") if name != "document" or table in SUBJECTS}
        self.fields = {"version": self.fields["version"], **own, **rest}

    def _field(self, column: Column) -> forms.Field:
        shown = written(column, self.held[column.name])
        if column.codes:
            words = [(code, said[0] if language() == "zh" else code.replace("_", " ")) for code, said in column.codes.items()]
            field: forms.Field = forms.ChoiceField(choices=[("", say("unknown")), *words], required=False)
        else:
            field = forms.CharField(required=False, max_length=LONGEST * 2, widget=forms.TextInput(self._look(column)))
        field.label, field.help_text = heading(column), self._help(column)
        self.initial[column.name] = "" if column.kind == SEALED else shown
        return field

    def _look(self, column: Column) -> dict[str, str]:
        look = {"autocomplete": "off", "placeholder": say("unknown")}
        if column.kind == SEALED:
            look["placeholder"] = person.mask(self.held[column.name]) if self.held[column.name] else say("unknown")
        if column.kind in FLOATS or column.kind in WHOLE:
            look["inputmode"] = "decimal" if column.kind in FLOATS else "numeric"
        return look

    def _help(self, column: Column) -> str:
        if column.kind == SEALED:
            return say("edit.id.help")
        if column.name in self.torn:
            return say("edit.torn.help")
        if column.kind == "date":
            return say("edit.day.help")
        return say("edit.unit", unit=UNITS[column.kind].strip()) if column.kind in UNITS else ""

    def parts(self) -> dict[str, list[forms.BoundField]]:
        """The fields in two parts (分组): of what is known or was found wrong, and of what is not known."""
        told: dict[str, list[forms.BoundField]] = {"known": [], "unknown": []}
        for column in self.cells:
            bound = self[column.name]
            known = self.held[column.name] is not None or bound.errors or bound.value()
            told["known" if known else "unknown"].append(bound)
        return told

    def clean(self) -> dict[str, Any]:
        """Each cell by its column's own reading."""
        given = super().clean() or {}
        for column in self.cells:
            if column.name not in self.data:  # not sent along: not spoken of
                continue
            try:
                value = self._read(column, str(given.get(column.name) or ""))
            except Wrong as wrong:
                self.add_error(column.name, say(wrong.key, **wrong.filled))
                continue
            except Illegible:
                if column.kind not in ILLEGIBLE:
                    self.add_error(column.name, say("wrong.day"))
                    continue
                self.illegible.add(column.name)
                value = None
            if value is not UNTOUCHED:
                self.values[column.name] = value
        return given

    def _read(self, column: Column, text: str) -> Any:
        if column.kind == SEALED:
            return UNTOUCHED if not text.strip() else None if text.strip().lower() in CLEARED else typed(column, text)
        return self.held[column.name] if text == written(column, self.held[column.name]) else typed(column, text)


class Ending(forms.Form):
    """Why a row is no more."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    cause = forms.ChoiceField(label=say_later("end.cause"), choices=lambda: [(one, say("end." + one)) for one in CAUSES])
    on = forms.DateField(label=say_later("end.on"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    why = reason_field()
    source = forms.CharField(label=say_later("edit.source"), help_text=say_later("edit.source.help"), max_length=200, required=False)
