"""The chain of acts looked at from outside the database (留痕链校验): reckoned again act by act, in constant memory.

The database that made the chain is not asked whether it is sound: each hash is reckoned here. What somebody who rules the database could
do, rewrite every act behind the one that was changed, shows against a head that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Final

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.constant_time import bytes_eq

from jiadi.server.database import sealing

BEGIN: Final = hashlib.sha256(b"jiadi").digest()
"""What stands before the first act."""
TEXTS: Final = ("number", "id", "micros", "by", "by_name", "role", "word", "division", "subject", "subject_id", "why", "source", "detail")
"""Parts of an act in the order in which they are hashed, each as text."""
COLUMNS: Final = (
    "number::text, id::text, ((extract(epoch FROM at) * 1000000)::bigint)::text, coalesce(by::text, ''), by_name, role, word, "
    "division::text, subject, subject_id, why, source, detail, previous, hash"
)
"""The same as the database has them, and then `previous` and `hash`."""
FORMAT: Final = "jiadi-acts 1"
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The last act at some moment (链头), to be kept elsewhere.

    Args:
        number, hash: of the act; 0 and BEGIN before the first one.
        day: on which it was taken.
        key: id of the key that signed it; 0 for none.
        signature: HMAC-SM3 under that key.
    """

    number: int
    hash: bytes
    day: str = ""
    key: int = 0
    signature: bytes = b""

    def said(self) -> bytes:
        """What is signed."""
        return f"jiadi head\n{self.number}\n{self.hash.hex()}\n{self.day}\n".encode()

    def signed(self) -> Head:
        """With our signature (签名): HMAC-SM3 under the newest key; no number of a person reads like what is signed."""
        held = sealing.keys()
        return Head(self.number, self.hash, self.day, held.newest, _hmac(held.hashing[held.newest], self.said()))

    def is_ours(self) -> bool | None:
        """Whether we signed it just so (验签); None where it bears no signature, or one of a key that is not here."""
        if not self.key or self.key not in (held := sealing.keys()).hashing:
            return None
        return bytes_eq(_hmac(held.hashing[self.key], self.said()), self.signature)

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        signed = {"key": self.key, "signature": self.signature.hex(), "signed_by": "HMAC-SM3"} if self.key else {}
        return {"number": self.number, "hash": self.hash.hex(), "day": self.day, **signed}

    @classmethod
    def read(cls, text: str) -> Head:
        """From JSON, or from `number:hash` (读取链头).

        Raises:
            ValueError: it is none.
        """
        try:
            if text.lstrip().startswith("{"):
                held = json.loads(text)
                signature = bytes.fromhex(held.get("signature", ""))
                return cls(int(held["number"]), bytes.fromhex(held["hash"]), str(held.get("day", "")), int(held.get("key", 0)), signature)
            number, _, said = text.strip().partition(":")
            return cls(int(number), bytes.fromhex(said))
        except (KeyError, TypeError) as why:
            raise ValueError(text[:40]) from why


def _hmac(key: bytes, said: bytes) -> bytes:
    keyed = hmac.HMAC(key, hashes.SM3())
    keyed.update(said)
    return keyed.finalize()


@dataclass(slots=True)
class Checked:
    """What was found (校验结果).

    Args:
        first: number of the first act that was looked at, 0 for none; `last` and `hash` of the last one.
        acts: how many were sound.
        bad: number of the first act that is not sound, or of the place where one is missing; None where all is.
        why: `gap` (acts are missing), `order` (one stands where another belongs), `link` (it does not follow the one before),
            `edited` (its own hash is another), `head` (the act of a head is another), `cut` (the chain ends before a head).
    """

    first: int = 0
    last: int = 0
    hash: bytes = BEGIN
    acts: int = 0
    bad: int | None = None
    why: str = ""
    heads: set[int] = field(default_factory=set)


def digest(row: Row) -> bytes:
    """The hash that an act must have (重算链值).

    >>> row = ("1", "x", "0", "", "", "", "w", "0", "", "", "", "", "{}", BEGIN, b"")
    >>> digest(row).hex()[:8]
    '755b36bd'
    """
    said = b"".join(b"%d:%s" % (len(part), part) for part in [text.encode() for text in row[:13]])
    return hashlib.sha256(bytes(row[13]) + said).digest()


def check(rows: Iterable[Row], heads: Sequence[Head] = (), start: Head | None = None) -> Iterator[Checked]:
    """Look at acts in the order of their numbers (逐条校验).

    Args:
        rows: as COLUMNS has them.
        heads: each must be found on the way, or be the start.
        start: what stands before the first row; None for the beginning of the chain.

    Yields:
        The same object after each act; it ends behind the first bad one, and after the last one the heads have been looked at.
    """
    begin = start or Head(0, BEGIN)
    found = Checked(last=begin.number, hash=begin.hash)
    wanted: dict[int, set[bytes]] = {}
    for head in heads:
        wanted.setdefault(head.number, set()).add(head.hash)
    if _differs(found, wanted):
        yield found
        return
    for row in rows:
        found.bad, found.why = _wrong(found, row)
        if found.bad is None:
            found.first = found.first or found.last + 1
            found.last, found.hash, found.acts = found.last + 1, bytes(row[14]), found.acts + 1
            _differs(found, wanted)
        yield found
        if found.bad is not None:
            return
    beyond = [number for number in wanted if number > found.last]
    if beyond:
        found.bad, found.why = found.last + 1, "cut"
    yield found


def _differs(found: Checked, wanted: dict[int, set[bytes]]) -> bool:
    """Whether a head says another hash of the act that was just looked at."""
    if wanted.get(found.last, {found.hash}) != {found.hash}:
        found.bad, found.why = found.last, "head"
    elif found.last in wanted:
        found.heads.add(found.last)
    return found.bad is not None


def _wrong(found: Checked, row: Row) -> tuple[int | None, str]:
    number = int(row[0])
    if number != found.last + 1:
        return (found.last + 1, "gap") if number > found.last else (number, "order")
    if bytes(row[13]) != found.hash:
        return number, "link"
    return (None, "") if digest(row) == bytes(row[14]) else (number, "edited")


def _micros(text: str) -> str:
    """A moment in words; the number beside it is what is hashed."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(text))).isoformat()


def write(rows: Iterable[Row], start: Head, to: IO[str], day: str) -> Head:
    """Acts as lines of JSON, each with its hash, that `lines` reads again (导出留痕).

    Args:
        rows: as COLUMNS has them, one after another without a gap.
        start: what stands before the first of them.
        to: where to; first comes a line about the file, last a signed head.
        day: on which it is written.

    Returns:
        The head behind the last act.
    """
    last = start
    to.write(_line({"format": FORMAT, "from": start.told(), "written_on": day}))
    for row in rows:
        said = dict(zip(TEXTS, row[:13], strict=True))
        to.write(_line(said | {"at": _micros(row[2]), "previous": bytes(row[13]).hex(), "hash": bytes(row[14]).hex()}))
        last = Head(int(row[0]), bytes(row[14]), day)
    end = Head(last.number, last.hash, day).signed()
    to.write(_line({"head": end.told()}))
    return end


def _line(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"


@dataclass(slots=True)
class File:
    """A file that `write` made, read once from its beginning (留痕文件).

    Args:
        start: what stands before its first act.
        head: at its end; None until all acts are read, and where the file was cut.
    """

    start: Head
    stream: IO[str]
    head: Head | None = None

    @classmethod
    def open(cls, stream: IO[str]) -> File:
        """Read the first line.

        Raises:
            ValueError: it is no such file.
        """
        try:
            held = json.loads(stream.readline())
            if held["format"] != FORMAT:
                raise ValueError(held["format"])
            return cls(Head.read(json.dumps(held["from"])), stream)
        except (KeyError, TypeError) as why:
            raise ValueError("no file of acts") from why

    def rows(self) -> Iterator[Row]:
        """Acts as COLUMNS has them.

        Raises:
            ValueError: a line is none.
        """
        try:
            for line in self.stream:
                held = json.loads(line)
                if "head" in held:
                    self.head = Head.read(json.dumps(held["head"]))
                    continue
                parts = [held[name] for name in TEXTS]
                yield (*parts, bytes.fromhex(held["previous"]), bytes.fromhex(held["hash"]))
        except (KeyError, TypeError, AttributeError) as why:
            raise ValueError("no line of an act") from why
