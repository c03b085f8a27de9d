"""The forms of accounts (账号表单): what is typed; whether it may be done, the actions say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from jiadi.codes.division import prefix
from jiadi.server.accounts.permits import permits
from jiadi.server.accounts.queries import Access
from jiadi.server.accounts.roles import roles
from jiadi.server.words import say_later, told


def secret_field(key: str, completes: str) -> forms.CharField:
    """A field for a password: managers of passwords may fill it in, spaces count (密码栏)."""
    widget = forms.PasswordInput(attrs={"autocomplete": completes, "spellcheck": "false"})
    return forms.CharField(label=say_later(key), max_length=128, strip=False, widget=widget)


def code_field(key: str) -> forms.CharField:
    """A field for a code of six digits, or a recovery code (验证码栏)."""
    widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(label=say_later(key), max_length=32, widget=widget)


def reason_field() -> forms.CharField:
    """A field for the reason (事由栏)."""
    return forms.CharField(label=say_later("reason"), help_text=say_later("reason.help"), max_length=200)


def division_field(help_key: str) -> forms.CharField:
    """A field for a division's code (区划代码栏)."""
    widget = forms.TextInput({"inputmode": "numeric"})
    return forms.CharField(label=say_later("division_code"), help_text=say_later(help_key), max_length=12, widget=widget)


def day_field(key: str, help_key: str = "", required: bool = True) -> forms.DateField:
    """A field for a day (日期栏)."""
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=say_later(key), help_text=say_later(help_key) if help_key else "", required=required, widget=widget)


class SignIn(forms.Form):
    """Name and password."""

    username = forms.CharField(
        label=say_later("username"), max_length=64, widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})
    )
    password = secret_field("password", "current-password")


class Code(forms.Form):
    """A code of the second factor."""

    code = code_field("code")


class FirstCode(forms.Form):
    """The first code of a second factor, and the own password: a session that somebody else took over sets up none."""

    code = code_field("code")
    password = secret_field("password.own", "current-password")


class Password(forms.Form):
    """The own password again, before something that protects the account is changed."""

    password = secret_field("password.own", "current-password")


class NewPassword(forms.Form):
    """The old password and a new one."""

    old = secret_field("password.old", "current-password")
    new = secret_field("password.new", "new-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new"].help_text = say_later("password.rules")


class NewUser(forms.Form):
    """A new account."""

    username = forms.CharField(
        label=say_later("username"), help_text=say_later("username.help"), max_length=64, widget=forms.TextInput({"autocomplete": "off"})
    )
    full_name = forms.CharField(label=say_later("full_name"), max_length=64, widget=forms.TextInput({"autocomplete": "off"}))
    why = reason_field()


class Reason(forms.Form):
    """Why something is done."""

    why = reason_field()


class NewGrant(forms.Form):
    """A grant: only the roles that whoever asks may hand on are offered."""

    role = forms.ChoiceField(label=say_later("role"))
    division_code = division_field("division_code.help")
    department = forms.CharField(label=say_later("department"), help_text=say_later("department.help"), max_length=64, required=False)
    from_on = day_field("from_on")
    to_on = day_field("to_on", "to_on.help", required=False)
    why = reason_field()

    def __init__(self, access: Access, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        handed = frozenset().union(*(roles()[role].grants for role, _ in access.held))
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, told(role.title)) for name, role in roles().items() if name in handed]
        self.fields["from_on"].initial = timezone.localdate()


class NewToken(forms.Form):
    """A token for a program: only what its owner could have it do is offered, and a code is asked for where there is a second factor."""

    name = forms.CharField(label=say_later("token.name"), help_text=say_later("token.name.help"), max_length=64)
    permits = forms.MultipleChoiceField(label=say_later("token.permits"), widget=forms.CheckboxSelectMultiple)
    division_code = division_field("token.division.help")
    to_on = day_field("token.to_on", "token.to_on.help")
    password = secret_field("password.own", "current-password")
    code = code_field("code")

    def __init__(self, access: Access, with_code: bool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["permits"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(name, told(one.title)) for name, one in permits().items() if all(map(access.may, one.rights))]
        places = {division for _, division in access.held}
        self.fields["division_code"].initial = prefix(f"{places.pop():012}") if len(places) == 1 else ""
        self.fields["to_on"].initial = timezone.localdate() + timedelta(days=90)
        if not with_code:
            del self.fields["code"]


class Preferences(forms.Form):
    """Language and size of type; what is not given stays as it is."""

    language = forms.ChoiceField(choices=[("zh", "中文"), ("en", "English")], required=False)
    large = forms.ChoiceField(choices=[("1", "1"), ("0", "0")], required=False)
