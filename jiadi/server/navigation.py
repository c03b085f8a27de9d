"""The ways into the system (导航): what the menu and the first page show to whoever has the right.

An app adds its entry to `navigation.yaml`: name of the address, right that opens it, key of its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from django import template
from django.urls import reverse

register = template.Library()
"""The tags that templates know without loading them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in (导航项).

    Args:
        name: of the address.
        right: that opens it; "" for everybody who is signed in.
        words: key of its name; the key with `.about` says in a sentence what one finds there.
    """

    name: str
    right: str
    words: str

    @property
    def about(self) -> str:
        """Key of the sentence."""
        return f"{self.words}.about"


@cache
def entries() -> tuple[Entry, ...]:
    """Every way in, in the order of the menu (全部导航项)."""
    held = yaml.safe_load(files("jiadi.server").joinpath("navigation.yaml").read_text(encoding="utf-8"))
    return tuple(Entry(**said) for said in held)


@register.simple_tag(takes_context=True)
def navigation(context: Any) -> list[dict[str, Any]]:
    """The entries that whoever is asking may open (可用导航): with `href`, and `here` where the page is one of them."""
    access = context.get("access")
    if access is None or access.user is None:
        return []
    path = context["request"].path
    shown = []
    for entry in entries():
        href = reverse(entry.name)
        if not entry.right or access.may(entry.right):
            shown.append({"entry": entry, "href": href, "here": path == href or (href != "/" and path.startswith(href))})
    return shown
