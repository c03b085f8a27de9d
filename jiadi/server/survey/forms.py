"""The forms of imports (导入表单)."""

from __future__ import annotations

from django import forms

from jiadi.server.accounts.forms import reason_field
from jiadi.server.words import say_later


class NewImport(forms.Form):
    """A new import."""

    title = forms.CharField(label=say_later("import.title"), help_text=say_later("import.title.help"), max_length=100)
    division_code = forms.CharField(
        label=say_later("import.division"),
        help_text=say_later("import.division.help"),
        max_length=12,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )


class Reason(forms.Form):
    """Why something is done."""

    why = reason_field()
