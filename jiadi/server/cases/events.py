"""What other systems are told of (对外事件): some acts, in the order of the chain and in the transaction of the act.

The chain numbers acts one after the other, and holds up the next one until the last one's transaction has ended. So who has read up to a
number has missed nothing before it, however many write at the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import yaml
from django.db import connection

if TYPE_CHECKING:
    from jiadi.server.cases.actions import Doing


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event (事件种类).

    Args:
        name: as it is stored; `title` in both languages.
        subject: what it is about; "" for the word of the act.
    """

    name: str
    title: dict[str, str]
    subject: str


@cache
def kinds() -> dict[str, Kind]:
    """Every word of an act that is told of, with the kind of its event (事件表).

    >>> kinds()["judge"].name, "sign_in" in kinds()
    ('run_finished', False)
    """
    held = yaml.safe_load(files("jiadi.server.cases").joinpath("events.yaml").read_text(encoding="utf-8"))
    return {word: Kind(said["kind"], {"zh": said["zh"], "en": said["en"]}, said.get("subject", "")) for word, said in held.items()}


# The act was chained a moment ago, and the head is locked until the transaction ends: its number is that of the act.
TELL: Final = """
INSERT INTO cases_event (number, act, at, kind, division, subject, subject_id)
SELECT number, %s, %s, %s, %s, %s, %s FROM cases_head WHERE id = 1
"""


def tell(word: str, doing: Doing) -> None:
    """Tell of an act that was just chained, where others are told of acts like it (发布事件): ids alone, nothing of any person."""
    kind = kinds().get(word)
    if kind is not None and doing.division:
        about = (kind.subject or doing.subject, doing.subject_id)
        with connection.cursor() as cursor:
            cursor.execute(TELL, [doing.id, doing.at, kind.name, doing.division, *about])


__all__ = ["Kind", "kinds", "tell"]
