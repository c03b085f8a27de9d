"""The forms of hooks (推送表单)."""

from __future__ import annotations

from typing import Any

from django import forms

from jiadi.server.accounts.forms import division_field, reason_field
from jiadi.server.cases import events
from jiadi.server.words import say_later, told


class NewHook(forms.Form):
    """A new hook."""

    name = forms.CharField(label=say_later("hook.name"), help_text=say_later("hook.name.help"), max_length=64)
    address = forms.CharField(
        label=say_later("hook.address"),
        help_text=say_later("hook.address.help"),
        max_length=500,
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    division_code = division_field("hook.division.help")
    kinds = forms.MultipleChoiceField(
        label=say_later("hook.kinds"), help_text=say_later("hook.kinds.help"), required=False, widget=forms.CheckboxSelectMultiple
    )
    why = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kinds"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(kind.name, told(kind.title)) for kind in events.kinds().values()]
