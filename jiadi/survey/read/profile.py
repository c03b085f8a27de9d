"""Import profiles 导入方案: data that settles what headings and layer names cannot.

A profile is YAML. `jiadi judge --profile mine.yaml` uses it for every file; a shipped one is used
where its `recognise` section fits the file.

    name: county_gis                       # told where a layer is not used
    recognise:                             # only shipped profiles need it; all of it must fit
      layers: [parcelle, batiment]         # names of layers or sheets that the file must have
      headings: [FWBH, GLBM]               # headings that a sheet must have
    layers:                                # by name of layer, sheet or file; * and ? are wild
      parcelle:
        table: parcel                      # name of a list of the schema; null: not used
        columns: {stated_area_m2: SUPF}    # schema column: heading in the file; the rest is recognised
        fixed: {land_owner: collective}    # schema column: stored value that holds for every row
        codes: {basement: {"0": "yes", "1": "no"}}   # schema column: word in the file → stored value
        crs: EPSG:4528                     # where the file does not say it
    others: recognise                      # what becomes of other layers: recognise | not_used
    thresholds: {parcel_overlap_m2: 1.0}   # of thresholds.yaml, those that are another here
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from jiadi.errors import Refusal
from jiadi.register.schema import LISTS, TABLES
from jiadi.survey import threshold

MOST_BYTES = 1024 * 1024
_RULE_KEYS = {"table", "columns", "fixed", "codes", "crs"}
_KEYS = {"thresholds", "name", "zh", "en", "source", "recognise", "layers", "others"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a profile says of one layer or sheet (一层的规定).

    Args:
        used: whether it is read at all.
        table: name of the list; "" leaves it to the headings.
        columns: schema column → heading.
        fixed: schema column → stored value.
        codes: schema column → {word: stored value}.
        crs: coordinate system where the file says none.
    """

    used: bool = True
    table: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    crs: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as loaded (导入方案)."""

    name: str
    rules: dict[str, Rule]
    layers: frozenset[str] = frozenset()
    headings: frozenset[str] = frozenset()
    others_used: bool = True
    thresholds: dict[str, float] = field(default_factory=dict)

    def rule(self, file: str, layer: str) -> Rule:
        """The rule of a layer: by the layer's name, else by the file's.

        >>> Profile("p", {"parcelle": Rule(table="parcel")}, others_used=False).rule("a.gpkg", "borne").used
        False
        """
        for name in filter(None, (layer, file, Path(file).stem)):
            for pattern, rule in self.rules.items():
                if fnmatchcase(name, pattern):
                    return rule
        return Rule(used=self.others_used)

    def fits(self, layers: set[str], headings: set[str]) -> bool:
        """Whether a shipped profile is meant for a file with these layers and headings.

        >>> [profile.name for profile in shipped() if profile.fits({"parcelle", "batiment", "borne"}, set())]
        ['french_cadastre']
        """
        asked = bool(self.layers or self.headings)
        return asked and self.layers <= layers and self.headings <= headings


def load(path: Path) -> Profile:
    """Load a profile that a user gave (读取方案).

    Raises:
        Refusal: `bad_profile`, with what is wrong in it.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _bad(path, "it is too large")
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise _bad(path, " ".join(str(error).split())[:200]) from error
    return parse(content, path)


def lying_with(found: Sequence[tuple[str, Path]]) -> Profile | None:
    """The profile that lies with the files (随资料的导入方案): of several, the rules of all of them, the first name first.

    Raises:
        Refusal: `bad_profile`.

    >>> lying_with([]) is None
    True
    """
    loaded = [load(path) for _, path in sorted(found)]
    if not loaded:
        return None
    rules: dict[str, Rule] = {}
    for one in reversed(loaded):
        rules = {**rules, **one.rules}
    limits = {name: value for one in reversed(loaded) for name, value in one.thresholds.items()}
    return Profile(loaded[0].name, rules, others_used=all(one.others_used for one in loaded), thresholds=limits)


def parse(content: Any, path: Path) -> Profile:
    """A profile from its YAML content (解析方案).

    Args:
        content: as YAML gives it.
        path: told in a refusal.

    Raises:
        Refusal: `bad_profile`.

    >>> parse({"name": "p", "layers": {"a": {"table": "parcel"}}}, Path("p.yaml")).rules["a"].table
    'parcel'
    """
    if not isinstance(content, dict) or not isinstance(content.get("layers", {}), dict):
        raise _bad(path, "it needs a section `layers`")
    if odd := set(content) - _KEYS:
        raise _bad(path, f"unknown key {sorted(odd)[0]}")
    if content.get("others", "recognise") not in ("recognise", "not_used"):
        raise _bad(path, f"others: {content['others']} is neither recognise nor not_used")
    if odd_threshold := threshold.fault(content.get("thresholds") or {}):
        raise _bad(path, odd_threshold)
    rules = {str(name): _rule(body, f"{name}", path) for name, body in content.get("layers", {}).items()}
    asked = content.get("recognise") or {}
    return Profile(
        name=str(content.get("name") or path.stem),
        rules=rules,
        layers=frozenset(map(str, asked.get("layers", ()))),
        headings=frozenset(map(str, asked.get("headings", ()))),
        others_used=content.get("others", "recognise") == "recognise",
        thresholds=dict(content.get("thresholds") or {}),
    )


def _rule(body: Any, name: str, path: Path) -> Rule:
    if body is None:
        return Rule(used=False)
    if not isinstance(body, dict) or set(body) - _RULE_KEYS:
        raise _bad(path, f"layer {name} may have {', '.join(sorted(_RULE_KEYS))}")
    if "table" in body and body["table"] is None:
        return Rule(used=False)
    table = str(body.get("table") or "")
    if table and table not in LISTS:
        raise _bad(path, f"layer {name}: there is no list {table}; lists are {', '.join(LISTS)}")
    parts: dict[str, dict[str, Any]] = {key: body.get(key) or {} for key in ("columns", "fixed", "codes")}
    for key, part in parts.items():
        _check_columns(part, key, table, name, path)
    return Rule(
        table=table,
        columns={column: str(heading) for column, heading in parts["columns"].items()},
        fixed={column: str(value) for column, value in parts["fixed"].items()},
        codes={column: {str(word): str(value) for word, value in words.items()} for column, words in parts["codes"].items()},
        crs=str(body.get("crs") or ""),
    )


def _check_columns(part: dict[str, Any], key: str, table: str, name: str, path: Path) -> None:
    if not isinstance(part, dict):
        raise _bad(path, f"layer {name}: {key} is a mapping")
    known = {column.name for one in ([TABLES[table]] if table else TABLES.values()) for column in one.columns}
    if odd := set(part) - known:
        raise _bad(path, f"layer {name}: the list has no column {sorted(odd)[0]}")
    if key != "codes" or not table:
        return
    for column, words in part.items():
        stored = TABLES[table].column(column).codes
        if not isinstance(words, dict) or (odd_values := {str(value) for value in words.values()} - set(stored)):
            raise _bad(path, f"layer {name}: {column} may be {', '.join(stored)}, not {sorted(odd_values)[0] if words else words}")


def _bad(path: Path, what: str) -> Refusal:
    return Refusal("bad_profile", f"The profile {path.name} does not load: {what}.", "See docs/guide/delivery.md.")


@cache
def shipped() -> tuple[Profile, ...]:
    """The profiles that travel with the package, by name (自带方案).

    >>> [profile.name for profile in shipped()]
    ['flanders_parcels', 'french_cadastre', 'japanese_registry_map']
    """
    folder = files("jiadi.survey").joinpath("profiles")
    texts = [(entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return tuple(parse(yaml.safe_load(text), Path(name)) for name, text in sorted(texts))
