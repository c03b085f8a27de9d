"""What acts are asked for (留痕查询条件)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from jiadi.server.accounts.forms import day_field
from jiadi.server.accounts.models import User, normal
from jiadi.server.accounts.queries import Access
from jiadi.server.cases import queries
from jiadi.server.cases.queries import Wanted
from jiadi.server.database.scope import EVERYWHERE, Scope
from jiadi.server.words import every_word, say, say_later


def named(word: str) -> str:
    """What an act is called (操作名称); the word itself where nobody gave it a name."""
    return say(key) if (key := "did." + word) in every_word() else word


def thing(subject: str) -> str:
    """What kind of thing an act is about (操作对象)."""
    return say(key) if (key := "thing." + subject) in every_word() else subject


def _text(key: str, most: int) -> forms.CharField:
    return forms.CharField(label=say_later(key), required=False, max_length=most, widget=forms.TextInput({"autocomplete": "off"}))


class Filter(forms.Form):
    """Who, what, when, where and about what; all may be left."""

    who = _text("audit.who", 64)
    word = forms.ChoiceField(label=say_later("audit.word"), required=False)
    from_on = day_field("audit.from_on", required=False)
    to_on = day_field("audit.to_on", required=False)
    division = forms.CharField(
        label=say_later("list.division"), required=False, max_length=12, widget=forms.TextInput({"inputmode": "numeric"})
    )
    subject = forms.ChoiceField(label=say_later("audit.subject"), required=False)
    subject_id = _text("audit.subject_id", 64)
    unusual = forms.BooleanField(label=say_later("audit.unusual"), required=False)

    def __init__(self, access: Access, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word, subject = self.fields["word"], self.fields["subject"]
        assert isinstance(word, forms.ChoiceField) and isinstance(subject, forms.ChoiceField)
        anything = ("", say("list.any"))
        words, asked = queries.words_of(access), str(self.data.get("word", ""))
        # What nobody has done yet may be asked for: the answer is that there is none.
        words += [asked] if asked not in words and "did." + asked in every_word() else []
        word.choices = [anything, *((one, named(one)) for one in words)]
        about = sorted(key.removeprefix("thing.") for key in every_word() if key.startswith("thing."))
        subject.choices = [anything, *((one, thing(one)) for one in about if access.may("audit") or one in queries.OF_ACCOUNTS)]

    def clean_division(self) -> Scope:
        """As a scope; everywhere where nothing is said."""
        try:
            return Scope.of([code]) if (code := self.cleaned_data["division"].strip()) else EVERYWHERE
        except ValueError:
            raise forms.ValidationError(say("audit.no_division")) from None

    def clean_who(self) -> tuple[UUID, ...] | None:
        """Ids of the users whose sign-in name or name it is."""
        if not (text := self.cleaned_data["who"].strip()):
            return None
        found = User.objects.filter(username=normal(text)) | User.objects.filter(full_name=text)
        return tuple(found.values_list("pk", flat=True))

    def wanted(self) -> Wanted:
        """The same for the query; of a form that is valid."""
        typed = self.cleaned_data
        names = ("word", "from_on", "to_on", "subject", "unusual")
        told = {name: typed[name] for name in names}
        return Wanted(by=typed["who"], within=typed["division"], subject_id=typed["subject_id"].strip(), **told)
