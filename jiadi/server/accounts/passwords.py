"""What a password must be, and passwords that are made for others (密码规则)."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from jiadi.server.accounts.models import User
from jiadi.server.refusals import refuse
from jiadi.server.words import say

OF_HERE: Final = ("jiadi", "家底", "quzhou", "zhejiang", "nongfang", "zhaijidi")
"""Words that everybody here would try first."""
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for each other."""


class NotOfHere:
    """No password that is this system's name with something added (不得以本系统名称为密码)."""

    def validate(self, password: str, user: Any = None) -> None:
        """Take the words out: what is left must be long enough by itself."""
        left = password.lower()
        for word in OF_HERE:
            left = left.replace(word, "")
        if len(left) < 6 and left != password.lower():
            raise ValidationError(say("password.of_here"), code="password_of_here")

    def get_help_text(self) -> str:
        """For people."""
        return say("password.of_here")


def check(password: str, user: User) -> None:
    """Refuse a password that is too weak for a user (检查密码).

    Raises:
        Refused: `weak_password`, with all faults at once.
    """
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise refuse("weak_password", faults=" ".join(fault.messages)) from None


def made_up(groups: int) -> str:
    """Random letters in groups of four that can be read out (随机口令): 19.8 bits each.

    >>> [len(part) for part in made_up(3).split("-")]
    [4, 4, 4]
    """
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(groups))


def temporary() -> str:
    """A password for somebody else's first sign-in (临时密码): 79 bits, behind the pauses of `entry`."""
    return made_up(4)


def recovery() -> str:
    """A recovery code (恢复码): 119 bits, so that a plain hash keeps it."""
    return made_up(6)
