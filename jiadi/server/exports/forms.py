"""The form of an export (导出表单)."""

from __future__ import annotations

from typing import Any

from django import forms

from jiadi.server.accounts.forms import day_field, reason_field
from jiadi.server.exports.models import FORMS
from jiadi.server.words import say, say_later


class NewExport(forms.Form):
    """How a list is written; which list it is and how it is narrowed comes along from its page."""

    table = forms.CharField(widget=forms.HiddenInput, max_length=16)
    q = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    verdict = forms.CharField(widget=forms.HiddenInput, max_length=32, required=False)
    division = forms.CharField(label=say_later("list.division"), help_text=say_later("export.division.help"), max_length=12, required=False)
    form = forms.ChoiceField(label=say_later("export.form"), choices=lambda: [(one, say("export.form." + one)) for one in FORMS])
    as_of = day_field("export.as_of", "export.as_of.help", required=False)
    clear = forms.BooleanField(label=say_later("export.clear"), help_text=say_later("export.clear.help"), required=False)
    why = reason_field()

    def __init__(self, *args: Any, may_clear: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_clear:
            del self.fields["clear"]
