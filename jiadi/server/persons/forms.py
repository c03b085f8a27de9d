"""The forms of persons' data (个人信息表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from jiadi.server.accounts.forms import day_field, reason_field
from jiadi.server.persons.queries import ASKERS
from jiadi.server.persons.rules import reasons, refusals, requests
from jiadi.server.words import say, say_later, told


class Reveal(forms.Form):
    """Which numbers of a row, and why.

    Args:
        fields: name and words of those that hold something.
    """

    field = forms.MultipleChoiceField(label=say_later("reveal.fields"), widget=forms.CheckboxSelectMultiple)
    reason = forms.ChoiceField(label=say_later("reveal.reason"))
    text = forms.CharField(
        label=say_later("reveal.text"),
        help_text=say_later("reveal.text.help"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, fields: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field, reason = self.fields["field"], self.fields["reason"]
        assert isinstance(field, forms.MultipleChoiceField) and isinstance(reason, forms.ChoiceField)
        field.choices = fields
        field.initial = [fields[0][0]] if fields else []
        reason.choices = [("", "—"), *((name, told(one.title)) for name, one in reasons().items())]


def _chosen(key: str, choices: dict[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(label=say_later(key), choices=[("", "—"), *choices.items()])


class Ask(forms.Form):
    """A person's request to erase."""

    field = forms.MultipleChoiceField(label=say_later("erasure.fields"), widget=forms.CheckboxSelectMultiple)
    paper = forms.CharField(label=say_later("erasure.paper"), help_text=say_later("erasure.paper.help"), max_length=64, required=False)

    def __init__(self, fields: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["field"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices, field.initial = fields, [name for name, _ in fields]
        self.fields["ground"] = _chosen("erasure.ground", {name: told(one.title) for name, one in requests().items()})
        self.fields["asked_by"] = _chosen("erasure.asked_by", {name: say("erasure.by." + name) for name in ASKERS})
        self.fields["asked_on"] = day_field("erasure.asked_on")
        self.fields["asked_on"].initial = timezone.localdate


class Refusal(forms.Form):
    """A refusal, with the law on which it rests."""

    why = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"] = _chosen("erasure.refusal", {name: f"{told(one.title)}（{one.law}）" for name, one in refusals().items()})
