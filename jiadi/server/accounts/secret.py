"""The secret of a second factor, sealed (密钥封存): the database alone gives nobody a code.

Sealed with AES-256-GCM under a key that is drawn from the server's secret key, and bound to its user.
"""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12


def _cipher() -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"jiadi second factor").derive(settings.SECRET_KEY.encode()))


def seal(secret: str, user: UUID) -> bytes:
    """Seal the secret of a user (封存)."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + _cipher().encrypt(nonce, secret.encode(), user.bytes)


def unseal(sealed: bytes, user: UUID) -> str:
    """The secret again (启封).

    Raises:
        cryptography.exceptions.InvalidTag: sealed under another key, or for another user.

    >>> from uuid import UUID
    >>> unseal(seal("JBSWY3DP", UUID(int=1)), UUID(int=1))
    'JBSWY3DP'
    """
    return _cipher().decrypt(sealed[:NONCE], sealed[NONCE:], user.bytes).decode()
