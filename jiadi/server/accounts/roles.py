"""Roles and their rights (角色与权限): data, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

HAND_ON: Final = "hand_on"
"""The right to manage accounts: it follows from `grants` and is written nowhere."""
CONNECT: Final = "connect"
"""The right to have other systems told of what is done: it follows from `accept` and from `administer`, and is written nowhere."""
SECOND_FACTOR: Final = frozenset({"reveal", "accept", "administer", "erase"})
"""Rights that call for a second factor outside of the demo."""


@dataclass(frozen=True, slots=True)
class Role:
    """One role (角色).

    Args:
        name: as it is stored; `title` in both languages.
        rights: what it may do inside the divisions of a grant.
        levels: digits of the divisions for which it may be granted.
        grants: roles that it may hand on.
    """

    name: str
    title: dict[str, str]
    rights: frozenset[str]
    levels: tuple[int, ...]
    grants: frozenset[str]

    def has(self, right: str) -> bool:
        """Whether the role has a right; `hand_on` is that of all roles which may grant others, `connect` that of two rights."""
        if right == CONNECT:
            return bool(self.rights & {"accept", "administer"})
        return right in self.rights or (right == HAND_ON and bool(self.grants))


@cache
def roles() -> dict[str, Role]:
    """Every role by its name (角色表).

    >>> "reveal" in roles()["county_manager"].rights, roles()["system_administrator"].rights
    (True, frozenset({'administer'}))
    """
    held = yaml.safe_load(files("jiadi.server.accounts").joinpath("roles.yaml").read_text(encoding="utf-8"))
    return {
        name: Role(name, {"zh": said["zh"], "en": said["en"]}, frozenset(said["rights"]), tuple(said["levels"]), frozenset(said["grants"]))
        for name, said in held.items()
    }


def rights() -> frozenset[str]:
    """Every right that some role has (权限表).

    >>> sorted(rights())[:3]
    ['accept', 'administer', 'audit']
    """
    return frozenset().union(*(role.rights for role in roles().values()))
