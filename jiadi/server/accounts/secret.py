"""The secret of a second factor, sealed (密钥封存): the database alone gives nobody a code.

It is sealed as persons' numbers are, and bound to its user: put into another's row it opens nothing.
"""

from __future__ import annotations

from uuid import UUID

from django.utils.crypto import constant_time_compare

from jiadi.errors import Refusal
from jiadi.server.database.sealing import place_of, seal_many, unseal_many

PLACE = place_of("accounts_secondfactor", "sealed")


def seal(secret: str, user: UUID) -> bytes:
    """Seal the secret of a user (封存)."""
    (sealed,) = seal_many([user.hex + secret], PLACE)
    assert sealed is not None
    return sealed


def unseal(sealed: bytes, user: UUID) -> str:
    """The secret again (启封).

    Raises:
        Refusal: `not_sealed_here`: sealed under a key that is not among ours, changed, or for another user.

    >>> unseal(seal("JBSWY3DP", UUID(int=1)), UUID(int=1))
    'JBSWY3DP'
    >>> unseal(seal("JBSWY3DP", UUID(int=1)), UUID(int=2))
    Traceback (most recent call last):
    jiadi.errors.Refusal: A second factor is sealed for another user. Set it up anew.
    """
    text = unseal_many([sealed], PLACE)[0] or ""
    if not constant_time_compare(text[:32], user.hex):
        raise Refusal("not_sealed_here", "A second factor is sealed for another user.", "Set it up anew.")
    return text[32:]
