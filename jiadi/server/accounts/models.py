"""Users and what they were granted (用户与授权)."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

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
