"""The forms of judging (判定表单)."""

from __future__ import annotations

from django import forms

from jiadi.law.load import shipped
from jiadi.server.accounts.forms import day_field, reason_field
from jiadi.server.words import say, say_later


class NewRun(forms.Form):
    """What is to be judged."""

    division = forms.CharField(label=say_later("division_code"), help_text=say_later("run.division.help"), max_length=12)
    on = day_field("run.on", "run.on.help", required=False)
    law = forms.ChoiceField(
        label=say_later("run.law"), required=False, choices=lambda: [("", say("run.law.own")), *((one, one) for one in shipped())]
    )
    why = reason_field()
