"""Users and what they were granted (用户与授权)."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from jiadi.server.accounts.permits import permits
from jiadi.server.accounts.roles import roles
from jiadi.server.database import keys


def normal(username: str) -> str:
    """A sign-in name as it is stored (规范用户名): full-width signs and capitals count as plain ones.

    >>> normal(" Ｗang.Li ")
    'wang.li'
    """
    return unicodedata.normalize("NFKC", username).strip().lower()


class Users(BaseUserManager["User"]):
    """How users are found and made."""

    def get_by_natural_key(self, username: str | None) -> User:
        """By sign-in name, upper and lower case alike."""
        return self.get(username=normal(username or ""))


class User(AbstractBaseUser):
    """One person who signs in (用户). What a user may do is in grants alone: there is no superuser.

    Args:
        username: as `normal` writes it.
        language, large_type: how the user likes pages.
        temporary_until: set by somebody else, the password works until then and must be changed first; null for the user's own.
        created_by: null where the operator of the machine made the account.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    username = models.CharField(max_length=64, unique=True)
    full_name = models.CharField(max_length=64)
    language = models.CharField(max_length=2, default="zh")
    large_type = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("self", models.PROTECT, related_name="created", null=True)
    temporary_until = models.DateTimeField(null=True)

    objects = Users()
    USERNAME_FIELD = "username"

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(username=Lower("username")), name="username_in_small_letters")]

    def __str__(self) -> str:
        return self.full_name


class Grant(models.Model):
    """Who has which role, in which division, from when to when, and why (授权).

    `from_on` and `to_on` are half-open days, `to_on` null is open. What is revoked stays on record.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=32, choices=[(name, role.title["zh"]) for name, role in roles().items()])
    division = models.BigIntegerField()
    department = models.CharField(max_length=64, blank=True)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    cause = models.CharField(max_length=200)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="given", null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, related_name="revoked", null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "revoked_at"], name="grant_of_user")]

    def __str__(self) -> str:
        return f"{self.role} {self.division}"

    @property
    def title(self) -> dict[str, Any]:
        """The role in both languages."""
        return roles()[self.role].title


class SignIn(models.Model):
    """One time that somebody signed in (登录会话), from its beginning to its end."""

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="sign_ins")
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    address = models.CharField(max_length=64)
    agent = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"], name="sign_in_of_user")]

    def __str__(self) -> str:
        return str(self.id)


class Attempt(models.Model):
    """Failures to sign in, of one account or from one address (登录失败计数).

    Args:
        key: keyed hash of the name or the address: people type passwords where names belong.
        failures: in a row; `last_at` the last of them.
        until: no attempt is looked at before; null where none is held up.
    """

    key = models.CharField(primary_key=True, max_length=64)
    failures = models.IntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.failures} failures"


class SecondFactor(models.Model):
    """A user's second factor (第二重验证): a time-based code (RFC 6238), its secret sealed.

    Args:
        confirmed_at: null until the user has shown a code of it.
        last_step: the time step of the last code that was taken: none is taken twice.
    """

    user = models.OneToOneField(User, models.PROTECT, primary_key=True, related_name="second_factor")
    sealed = models.BinaryField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.user)


class RecoveryCode(models.Model):
    """A code for whoever has lost the second factor (恢复码): hashed, and good for once."""

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="recovery_codes")
    hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.user)


class Token(models.Model):
    """What a program shows in place of a password (接口令牌). It does nothing that its owner could not do at that moment.

    Args:
        name: what it is for, in the owner's words.
        hash: SHA-256 of the token, which itself is kept nowhere; `hint`: its last letters, so that people tell tokens apart.
        permits: names of permits.yaml.
        code: division beyond which it does not reach, as it was given.
        to_on: the day on which it no longer works.
        used_on: the last day on which it was used; null for never.
        revoked_by: the owner, or who manages the account.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    permits = models.JSONField(default=list)
    code = models.CharField(max_length=12)
    made_at = models.DateTimeField(auto_now_add=True)
    to_on = models.DateField()
    used_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="token_of_user")]

    def __str__(self) -> str:
        return self.name

    @property
    def titles(self) -> list[dict[str, str]]:
        """What it is for, in both languages."""
        return [permits()[name].title for name in self.permits if name in permits()]

    @property
    def place(self) -> int:
        """The first number of its division."""
        return int(self.code.ljust(12, "0"))


class Rate(models.Model):
    """How far an account or a token has used up what it may ask in a minute (接口限速). It outlasts no crash, and need not.

    Args:
        id: of the account or of the token.
        until: the moment up to which its requests are accounted for.
    """

    id = models.UUIDField(primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.until)
