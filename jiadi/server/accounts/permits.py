"""What a token may be made for (令牌用途): data, read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Permit:
    """One thing that a token may do (一项用途).

    Args:
        name: as it is stored; `title` in both languages.
        rights: what the owner must hold for it.
    """

    name: str
    title: dict[str, str]
    rights: frozenset[str]


@cache
def permits() -> dict[str, Permit]:
    """Every permit by its name (用途表).

    >>> sorted(permits()["write_runs"].rights)
    ['judge', 'see']
    """
    held = yaml.safe_load(files("jiadi.server.accounts").joinpath("permits.yaml").read_text(encoding="utf-8"))
    return {name: Permit(name, {"zh": said["zh"], "en": said["en"]}, frozenset(said["rights"])) for name, said in held.items()}


def rights_of(names: Iterable[str]) -> frozenset[str]:
    """The rights that permits rest on (用途所需权限); a name that is not known gives none.

    >>> sorted(rights_of(["read_houses", "accept_imports", "all"]))
    ['accept', 'import', 'see']
    """
    return frozenset[str]().union(*(permits()[name].rights for name in names if name in permits()))
