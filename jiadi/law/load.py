"""Load a rule set: its layers' files, read strictly, checked and compiled (装载规则集)."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from jiadi.law.agree import check_bounds, check_ends, check_overlaps, check_promises
from jiadi.law.citation import Citation, at, both, mapping, read_citations, typed
from jiadi.law.dense import compile_array, ends
from jiadi.law.lawset import LawSet, RuleFile
from jiadi.law.marked import Marked, read_text
from jiadi.law.parameter import Given, Parameter, continuous, is_division, read_given, read_head
from jiadi.law.refuse import Faults, LawRefusal, gathered

SHIPPED = Path(__file__).parent / "cn"

_PLAIN = re.compile(r"\w[\w-]*(/\w[\w-]*)?")
"""A layer is a folder, or a folder in a folder; nothing outside."""

SETS_KEYS = {"sets", "provinces", "defaults", "cases"}
SET_KEYS = {"version", "title", "layers", "sample", "milder_later_law"}
LAYER_KEYS = {"division", "title"}


@dataclass(frozen=True, slots=True)
class _Layer:
    """The files of one layer, read."""

    name: str
    division: str
    title: dict[str, str]
    citations: Marked | None
    text: Marked | None
    parameters: tuple[Marked, ...]
    rules: tuple[Marked, ...]
    content: tuple[tuple[str, Any], ...]


def load(name_or_path: str | Path, faults: Faults | None = None) -> LawSet:
    """Load a rule set (装载规则集).

    Args:
        name_or_path: name of a shipped set, or a folder with its own `sets.yaml` of exactly one set;
            layers that the folder does not hold are taken from the shipped ones.
        faults: where to put what is wrong with figures and rules, so that all of it is told at once; what
            is wrong is then left out of the set. None raises the first.

    Returns:
        The set, frozen.

    Raises:
        Refusal: no such set; a file that is not as it should be: file, line, what is wrong, what to do.

    >>> load("quzhou").title["zh"]
    '衢州市'
    """
    name = str(name_or_path)
    if name in shipped():
        return _load_shipped(name) if faults is None else _load(name, _shipped_sets(), (SHIPPED,), faults)
    folder = Path(name_or_path)
    if not folder.is_dir():
        raise LawRefusal("no_such_law", name=name, known=", ".join(shipped()))
    marked = read_text(folder / "sets.yaml", "sets.yaml")
    names = list(_sets(marked))
    if len(names) != 1:
        raise marked.refusal("sets", "sets", count=len(names))
    return _load(names[0], marked, (folder, SHIPPED), faults)


def shipped() -> tuple[str, ...]:
    """Names of the shipped sets, sorted (内置规则集)."""
    return tuple(sorted(_sets(_shipped_sets())))


def default_for(division_code: str | None) -> str | None:
    """Name of the set that serves a division by default (默认规则集).

    Args:
        division_code: 2, 4, 6, 9 or 12 digits; None where it is not known.

    Returns:
        The name; None where no shipped set covers the place. Never a sample set.

    >>> default_for("330802001002"), default_for("330102"), default_for("110101"), default_for("25354"), default_for(None)
    ('quzhou', 'zhejiang', 'national', None, None)
    """
    if division_code is None or not is_division(division_code):
        return None
    marked = _shipped_sets()
    if not division_code.startswith(_provinces(marked)):
        return None
    defaults: dict[str, str] = marked.data["defaults"]
    around = [prefix for prefix in defaults if prefix == "00" or division_code.startswith(prefix)]
    nearest = max(around, key=lambda prefix: (prefix != "00", len(prefix)))
    return defaults[nearest]


def case_files(name_or_path: str | Path) -> dict[str, list[Path]]:
    """The cases that test a set's rules, by layer (规则案例): `tests/*.csv` of each layer's folder.

    Those of the nearest shipped layer stand in `tests/golden` of the sources and travel in the wheel.

    Args:
        name_or_path: as `load` takes it.

    Returns:
        Layer → files, sorted by name; cases are signed for the set whose nearest layer holds them. The
        layer of the signed shipped cases is always there: they also test the farther layers' rules.

    >>> "over_area" in {path.stem for path in case_files("quzhou")["3308"]}
    True
    """
    name = str(name_or_path)
    folders = (SHIPPED,) if name in shipped() else (Path(name_or_path), SHIPPED)
    marked = _shipped_sets() if name in shipped() else read_text(folders[0] / "sets.yaml", "sets.yaml")
    own = name if name in shipped() else next(iter(_sets(marked)))
    layers = [str(layer) for layer in marked.data["sets"][own]["layers"]]
    signed = signed_layers()[-1]
    places = {signed: SHIPPED / signed} | {layer: _folder(marked, ("sets", own, "layers"), layer, folders) for layer in layers}
    found = {layer: sorted((folder / "tests").glob("*.csv")) for layer, folder in places.items()}
    found[signed] = found[signed] or sorted((SHIPPED.parents[2] / "tests" / "golden").glob("*.csv"))
    return found


def keep(name_or_path: str | Path, folder: Path) -> None:
    """Keep a set beside what it judged, so that it can be explained and judged again later (留存规则集).

    Args:
        name_or_path: as `load` takes it; it loaded.
        folder: where to, made anew: all its layers, shipped or not. It then loads as the same set, with the same hash.
    """
    shipped_too = str(name_or_path) in shipped()
    folders = (SHIPPED,) if shipped_too else (Path(name_or_path), SHIPPED)
    marked = _shipped_sets() if shipped_too else read_text(folders[0] / "sets.yaml", "sets.yaml")
    name = str(name_or_path) if shipped_too else next(iter(_sets(marked)))
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for layer in marked.data["sets"][name]["layers"]:
        found = _folder(marked, ("sets", name, "layers"), str(layer), folders)
        shutil.copytree(found, folder / str(layer), ignore=shutil.ignore_patterns(".*", "*.md", "tests", "__pycache__"))
    kept = {"provinces": list(_provinces(marked)), "sets": {name: marked.data["sets"][name]}}
    (folder / "sets.yaml").write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), encoding="utf-8")


def signed_layers() -> tuple[str, ...]:
    """Layers whose rules the signed shipped cases test, farthest first (随附案例所测的层)."""
    marked = _shipped_sets()
    return tuple(str(layer) for layer in marked.data["sets"][marked.data["cases"]]["layers"])


@cache
def _load_shipped(name: str) -> LawSet:
    return _load(name, _shipped_sets(), (SHIPPED,))


@cache
def _shipped_sets() -> Marked:
    return read_text(SHIPPED / "sets.yaml", "sets.yaml")


def _sets(marked: Marked) -> dict[str, Any]:
    mapping(marked, (), SETS_KEYS, {"sets"})
    return mapping(marked, ("sets",))


def _provinces(marked: Marked) -> tuple[str, ...]:
    listed = marked.data.get("provinces") or _shipped_sets().data["provinces"]
    return tuple(str(code) for code in listed)


def _load(name: str, marked: Marked, folders: tuple[Path, ...], faults: Faults | None = None) -> LawSet:
    place = ("sets", name)
    body = mapping(marked, place, SET_KEYS, {"version", "title", "layers"})
    names = typed(marked, (*place, "layers"), list, body["layers"])
    layers = [_layer(_folder(marked, (*place, "layers"), str(layer), folders), str(layer)) for layer in names]
    for outer, inner in pairwise(layers):
        if outer.division not in (inner.division[: len(outer.division)], "00"):
            raise marked.refusal("layer_order", *place, "layers", inner=inner.name, outer=outer.name)
    citations = _citations(layers)
    parameters, given = _figures(layers, citations, faults)
    rules = tuple(RuleFile(layer.name, layer.division, file.name, file.data, file.lines) for layer in layers for file in layer.rules)
    rule_days = {day for layer in layers for file in layer.rules for day in _check_rules(file, citations, faults)}
    divisions = tuple(sorted({layer.division for layer in layers} | {value.division for own in given.values() for value in own}))
    edges = tuple(sorted(_edges(given) | rule_days))
    ids = sorted(citations)
    law = LawSet(
        name,
        str(body["version"]),
        both(marked, (*place, "title")),
        _sha256(name, body, layers),
        tuple(layer.name for layer in layers),
        divisions,
        _provinces(marked),
        parameters,
        rules,
        citations,
        _text(layers),
        edges,
        {figure: compile_array(parameters[figure], given[figure], divisions, edges, ids) for figure in parameters},
        bool(body.get("sample", False)),
        _milder(marked, place, citations),
    )
    check_bounds(law, faults)
    return law


def _milder(marked: Marked, place: tuple[str, ...], citations: dict[str, Citation]) -> dict[str, str]:
    """Findings for which a milder later law serves, with the article."""
    if "milder_later_law" not in at(marked, place):
        return {}
    place = (*place, "milder_later_law")
    body = mapping(marked, place, {"findings", "citation"}, {"findings", "citation"})
    if body["citation"] not in citations:
        raise marked.refusal("citation_unknown", *place, "citation", citation=body["citation"])
    return {str(code): str(body["citation"]) for code in typed(marked, (*place, "findings"), list, body["findings"])}


def _folder(marked: Marked, place: tuple[str, ...], layer: str, folders: tuple[Path, ...]) -> Path:
    for folder in folders:
        found = folder / layer
        if found.is_dir() and _PLAIN.fullmatch(layer) and not found.is_symlink():
            return found
    raise marked.refusal("layer_missing", *place, layer=layer)


def _layer(folder: Path, name: str) -> _Layer:
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")}
    read: dict[str, Marked] = {}
    for relative, path in files.items():
        if path.suffix == ".md" or Path(relative).parts[0] == "tests":
            continue
        if not _known(Path(relative)):
            raise LawRefusal("file_unknown", f"{name}/{relative}")
        read[relative] = read_text(path, f"{name}/{relative}")
    head = read.get("layer.yaml") or read_text(folder / "layer.yaml", f"{name}/layer.yaml")
    mapping(head, (), LAYER_KEYS, LAYER_KEYS)
    return _Layer(
        name,
        typed(head, ("division",), str, head.data["division"]),
        both(head, ("title",)),
        read.get("citations.yaml"),
        read.get("text.yaml"),
        tuple(file for relative, file in read.items() if relative.startswith("parameters/")),
        tuple(file for relative, file in read.items() if Path(relative).name.startswith("rules")),
        tuple((relative, file.data) for relative, file in read.items()),
    )


def _known(relative: Path) -> bool:
    if relative.suffix != ".yaml":
        return False
    if relative.parts[0] == "parameters":
        return len(relative.parts) == 2
    return relative.name.startswith("rules") or str(relative) in ("layer.yaml", "citations.yaml", "text.yaml")


def _citations(layers: list[_Layer]) -> dict[str, Citation]:
    found: dict[str, Citation] = {}
    for layer in layers:
        if layer.citations is None:
            continue
        own = read_citations(layer.citations)
        for name in own:
            if name in found:
                raise layer.citations.refusal("citation_twice", "citations", name, citation=name)
        found.update(own)
    return found


def _figures(
    layers: list[_Layer], citations: dict[str, Citation], faults: Faults | None
) -> tuple[dict[str, Parameter], dict[str, list[Given]]]:
    parameters: dict[str, Parameter] = {}
    given: dict[str, list[Given]] = {}
    for layer in layers:
        for file in layer.parameters:
            with gathered(faults):
                _figure(file, layer.division, citations, parameters, given)
    for name, parameter in parameters.items():
        with gathered(faults):
            check_overlaps(parameter, given[name])
            check_ends(parameter, given[name], citations)
    return parameters, given


def _figure(
    file: Marked, division: str, citations: dict[str, Citation], parameters: dict[str, Parameter], given: dict[str, list[Given]]
) -> None:
    name = str(mapping(file, (), None, {"parameter"})["parameter"])
    declares = name not in parameters
    if Path(file.name).stem != name:
        raise file.refusal("file_name", "parameter", parameter=name)
    parameter = read_head(file) if declares else parameters[name]
    own = read_given(file, parameter, division, citations, declares)
    check_promises(parameter, own, continuous(file), file)
    parameters[name] = parameter
    given.setdefault(name, []).extend(own)


def _edges(given: dict[str, list[Given]]) -> set[date]:
    days = {value.starts for own in given.values() for value in own}
    days |= {end for own in given.values() for end in ends(own) if end is not None}
    return days - {date.min}


def _check_rules(file: Marked, citations: dict[str, Citation], faults: Faults | None) -> Iterator[date]:
    """Days that a file of rules names; its citations must be known."""
    for place in file.lines:
        value = at(file, place) if place else None
        if isinstance(value, date):
            yield value
        if place and place[-1] == "citation":
            for name in value if isinstance(value, list) else [value]:
                with gathered(faults):
                    if name not in citations:
                        raise file.refusal("citation_unknown", *place, citation=name)


def _text(layers: list[_Layer]) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {"division": {layer.division: layer.title for layer in layers}}
    for layer in layers:
        if layer.text is not None:
            for group in mapping(layer.text, ()):
                words = mapping(layer.text, (group,))
                found.setdefault(str(group), {}).update({str(word): both(layer.text, (group, word)) for word in words})
    return found


def _sha256(name: str, body: dict[str, Any], layers: list[_Layer]) -> str:
    content = [name, body, [[layer.name, *layer.content] for layer in layers]]
    return hashlib.sha256(json.dumps(_plain(content), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    return data if data is None or isinstance(data, bool | int | str) else str(data)
