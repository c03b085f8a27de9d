"""Users and what they were granted (用户与授权)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from jiadi.server.accounts.roles import roles
from jiadi.server.database import keys


class Users(BaseUserManager["User"]):
    """How users are found and made."""

    def get_by_natural_key(self, username: str | None) -> User:
        """By sign-in name, upper and lower case alike."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """One person who signs in (用户). What a user may do is in grants alone: there is no superuser."""

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    username = models.CharField(max_length=64, unique=True)
    full_name = models.CharField(max_length=64)
    language = models.CharField(max_length=2, default="zh")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Users()
    USERNAME_FIELD = "username"

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
