"""Persons' numbers, sealed and findable (证件号码加密): SM4-GCM at rest, HMAC-SM3 to look up (GB/T 32907, GB/T 32905, GM/T 0009).

A sealed value is one byte of the key's id, 12 random bytes, the cipher text and 16 bytes that show any change.
It is bound to its column: put into another it does not open.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pkgutil import resolve_name
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from jiadi.errors import Refusal
from jiadi.server.environment import BadSetting, value

T = TypeVar("T")
R = TypeVar("R")
NONCE, TAG, KEY, HASH_KEY = 12, 16, 16, 32
LAST = 255
"""Greatest id of a key: it is one byte."""
DEMO = "1:" + "00" * KEY + ":" + "11" * HASH_KEY
"""Keys that everybody knows: for the demo alone."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in use (密钥). They show in no message.

    Args:
        sealing: id → key of SM4; the last one seals, all of them open.
        hashing: id → key of HMAC-SM3; the last one hashes, all of them find.
    """

    sealing: dict[int, bytes] = field(repr=False)
    hashing: dict[int, bytes] = field(repr=False)

    @property
    def newest(self) -> int:
        """Id of the key that seals."""
        return list(self.sealing)[-1]


def given() -> str:
    """The keys as whoever holds them gives them, "" for none (取密钥文本).

    A function that `JIADI_KEY_PROVIDER` names is asked first; else `JIADI_DATA_KEYS` and the file that `JIADI_DATA_KEYS_FILE` names.

    Raises:
        BadSetting: the function cannot be had, or it fails; why, it may say in its own log.
    """
    if not (named := value("JIADI_KEY_PROVIDER")):
        return str(value("JIADI_DATA_KEYS"))
    try:
        return str(resolve_name(named)()).strip()
    except Exception:
        # Whatever it says might hold a key.
        raise BadSetting("JIADI_KEY_PROVIDER", "gives no keys") from None


def parsed(text: str) -> Keys:
    """Keys from their text (解析密钥): `id:32 hex digits:64 hex digits`, several joined by commas, the one that seals last.

    Raises:
        BadSetting: it is no such text. Nothing of it is in the words.

    >>> parsed(DEMO)
    Keys()
    """
    sealing: dict[int, bytes] = {}
    hashing: dict[int, bytes] = {}
    try:
        for entry in text.split(","):
            number, key, hashing_key = entry.strip().split(":")
            if int(number) in sealing:
                raise ValueError
            sealing[int(number)], hashing[int(number)] = bytes.fromhex(key), bytes.fromhex(hashing_key)
    except ValueError:
        raise BadSetting("JIADI_DATA_KEYS", "has an odd value" if text else "is not set") from None
    whole = all(len(key) == KEY for key in sealing.values()) and all(len(key) == HASH_KEY for key in hashing.values())
    if not whole or not all(0 < number <= LAST for number in sealing):
        raise BadSetting("JIADI_DATA_KEYS", "has an odd value")
    return Keys(sealing, hashing)


@cache
def keys() -> Keys:
    """The keys of this process (本进程密钥): asked for once.

    Raises:
        BadSetting: there is none outside the demo, or one that is none.
    """
    return parsed(given() or (DEMO if value("JIADI_DEMO") else ""))


def place_of(table: str, column: str) -> str:
    """What a sealed value is bound to (绑定位置): its column. A version of a row says what the row said.

    >>> place_of("register_person_version", "id_number_sealed")
    'register_person.id_number_sealed'
    """
    return f"{table.removesuffix('_version')}.{column}"


def seal_many(values: Sequence[str | None], place: str) -> list[bytes | None]:
    """Seal values (加密): the same value twice in one call is sealed once. Null stays null.

    Args:
        values: in clear.
        place: the column they are for, see `place_of`; nowhere else do they open.
    """
    held = keys()
    head, cipher, bound = bytes([held.newest]), algorithms.SM4(held.sealing[held.newest]), place.encode()

    def seal(text: str) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        sealing = Cipher(cipher, modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(bound)
        sealed = sealing.update(text.encode()) + sealing.finalize()
        return b"".join((head, nonce, sealed, sealing.tag))

    return _each(values, seal)


def unseal_many(values: Sequence[bytes | None], place: str) -> list[str | None]:
    """Open what `seal_many` sealed (解密). Null stays null.

    Args:
        values: sealed.
        place: the column they stand in.

    Raises:
        Refusal: `not_sealed_here`: its key is not among ours, somebody changed it, or it was sealed for another column.
    """
    held = keys()
    ciphers, bound = {number: algorithms.SM4(key) for number, key in held.sealing.items()}, place.encode()

    def unseal(sealed: bytes) -> str:
        try:
            opening = Cipher(ciphers[sealed[0]], modes.GCM(sealed[1 : 1 + NONCE], sealed[-TAG:])).decryptor()
            opening.authenticate_additional_data(bound)
            return (opening.update(sealed[1 + NONCE : -TAG]) + opening.finalize()).decode()
        except (KeyError, IndexError, ValueError, InvalidTag):
            raise Refusal(
                "not_sealed_here", "A sealed value cannot be opened with these keys.", "Give the keys with which it was sealed."
            ) from None

    return _each(values, unseal)


def hash_many(values: Sequence[str | None]) -> list[bytes | None]:
    """By what values are found again (检索值): the same value gives the same 32 bytes. Null stays null."""
    return _hashed(values, keys().hashing[keys().newest])


def hashes_of(text: str) -> list[bytes]:
    """Every hash that a value may be stored under (全部检索值): while keys are rotated, of the old key and of the new one."""
    return [hashed for key in dict.fromkeys(keys().hashing.values()) for hashed in _hashed([text], key) if hashed]


def _hashed(values: Sequence[str | None], key: bytes) -> list[bytes | None]:
    keyed = hmac.HMAC(key, hashes.SM3())

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
