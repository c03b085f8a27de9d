"""Persons' numbers, sealed and findable (证件号码加密): SM4-GCM at rest, HMAC-SM3 to look up (GB/T 32907, GB/T 32905, GM/T 0009).

A sealed value is one byte of the key's id, 12 random bytes, the cipher text and 16 bytes that show any change.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from jiadi.errors import Refusal
from jiadi.server.environment import BadSetting, value

T = TypeVar("T")
R = TypeVar("R")
NONCE, TAG, KEY, HASH_KEY = 12, 16, 16, 32
DEMO = "1:" + "00" * KEY + ":" + "11" * HASH_KEY
"""Keys that everybody knows: for the demo alone."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in use (密钥).

    Args:
        sealing: id → key of SM4; the last one seals, all of them open.
        hashing: key of HMAC-SM3.
    """

    sealing: dict[int, bytes]
    hashing: bytes

    @property
    def newest(self) -> int:
        """Id of the key that seals."""
        return list(self.sealing)[-1]


@cache
def keys() -> Keys:
    """The keys that the environment gives (取密钥): `id:32 hex digits:64 hex digits`, several ids joined by commas.

    Raises:
        BadSetting: there is none outside the demo, or one that is none.
    """
    text = value("JIADI_DATA_KEYS") or (DEMO if value("JIADI_DEMO") else "")
    sealing: dict[int, bytes] = {}
    hashing = b""
    try:
        for entry in text.split(","):
            number, key, hashing_key = entry.strip().split(":")
            sealing[int(number)], hashing = bytes.fromhex(key), bytes.fromhex(hashing_key)
    except ValueError:
        raise BadSetting("JIADI_DATA_KEYS", "has an odd value" if text else "is not set") from None
    if not all(0 < number < 256 and len(key) == KEY for number, key in sealing.items()) or len(hashing) != HASH_KEY:
        raise BadSetting("JIADI_DATA_KEYS", "has an odd value")
    return Keys(sealing, hashing)


def seal_many(values: Sequence[str | None]) -> list[bytes | None]:
    """Seal values (加密): the same value twice in one call is sealed once. Null stays null."""
    held = keys()
    head, cipher = bytes([held.newest]), algorithms.SM4(held.sealing[held.newest])

    def seal(text: str) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        sealing = Cipher(cipher, modes.GCM(nonce)).encryptor()
        sealed = sealing.update(text.encode()) + sealing.finalize()
        return b"".join((head, nonce, sealed, sealing.tag))

    return _each(values, seal)


def unseal_many(values: Sequence[bytes | None]) -> list[str | None]:
    """Open what `seal_many` sealed (解密). Null stays null.

    Raises:
        Refusal: `not_sealed_here`: its key is not among ours, or somebody changed it.
    """
    held = keys()
    ciphers = {number: algorithms.SM4(key) for number, key in held.sealing.items()}

    def unseal(sealed: bytes) -> str:
        try:
            opening = Cipher(ciphers[sealed[0]], modes.GCM(sealed[1 : 1 + NONCE], sealed[-TAG:])).decryptor()
            return (opening.update(sealed[1 + NONCE : -TAG]) + opening.finalize()).decode()
        except (KeyError, IndexError, ValueError, InvalidTag):
            raise Refusal(
                "not_sealed_here", "A sealed value cannot be opened with these keys.", "Give the keys with which it was sealed."
            ) from None

    return _each(values, unseal)


def hash_many(values: Sequence[str | None]) -> list[bytes | None]:
    """By what values are found again (检索值): the same value gives the same 32 bytes. Null stays null."""
    keyed = hmac.HMAC(keys().hashing, hashes.SM3())

    def hashed(text: str) -> bytes:
        one = keyed.copy()
        one.update(text.encode())
        return one.finalize()

    return _each(values, hashed)


def _each(values: Sequence[T | None], work: Callable[[T], R]) -> list[R | None]:
    known: dict[T, R] = {}
    for one in values:
        if one is not None and one not in known:
            known[one] = work(one)
    return [None if one is None else known[one] for one in values]
