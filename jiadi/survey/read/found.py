"""Which files of a delivery are looked at (文件清点): files, folders, zips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jiadi.errors import Refusal
from jiadi.geo.archive import unpack
from jiadi.geo.files import GEODATABASE, SIDECARS, is_geodatabase
from jiadi.survey.manifest import NAMES as MANIFESTS
from jiadi.survey.read import reasons
from jiadi.survey.read.inspect import archive_fault
from jiadi.survey.read.reasons import Said
from jiadi.survey.review.decision import REMEMBERED

PROFILES = frozenset({"导入方案.yaml", "profile.yaml"})
"""Names of a profile that lies with the files."""
NEVER_READ = frozenset({"truth.json"})
WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls"})
TEXTS = frozenset({".csv", ".txt", ".tsv"})
MAPS = frozenset({".shp", ".gpkg", ".geojson", ".json", ".parquet", ".geoparquet", ".dxf", ".dat", ".gdb", ".vrt"})
_RESULT = "summary.json"
_RESULT_PARTS = ("problems.jsonl", "verdicts.gpkg", "register.gpkg")
_TEMPORARY = (".tmp", ".lock", ".bak", ".part", ".crdownload")
_DEEPEST_ZIP = 2


@dataclass(slots=True)
class Found:
    """What there is to read (清点结果).

    Args:
        files: name as the user sees it, and where it is.
        manifests: the same, of manifests.
        refused: name and reason of what is not opened at all.
        decisions: name and place of decisions of earlier runs.
        profiles: name and place of profiles that lie with the files.
    """

    files: list[tuple[str, Path]] = field(default_factory=list)
    manifests: list[tuple[str, Path]] = field(default_factory=list)
    refused: list[tuple[str, Said]] = field(default_factory=list)
    decisions: list[tuple[str, Path]] = field(default_factory=list)
    profiles: list[tuple[str, Path]] = field(default_factory=list)


def find(paths: Sequence[Path], unpacked: Path) -> Found:
    """Walk files, folders and zips (清点文件).

    Args:
        paths: as the user gave them.
        unpacked: folder into which zips are unpacked.

    Returns:
        What was found, in the order of the names: that order does not depend on the file system.

    >>> find([], Path("unpacked")).files
    []
    """
    found = Found()
    for path in paths:
        _add(path, path.name, found, unpacked, asked=True)
    found.files = _distinct(found.files)
    return found


def _add(path: Path, name: str, found: Found, unpacked: Path, *, asked: bool = False, depth: int = 0) -> None:
    if path.is_dir() and path.suffix.lower() == GEODATABASE and is_geodatabase(path):
        found.files.append((name, path))
        return
    if path.is_dir():
        _add_folder(path, "" if asked else f"{name}/", found, unpacked, depth)
        return
    suffix = path.suffix.lower()
    if path.name in NEVER_READ or (not asked and _passed_over(path)):
        return
    if path.name in MANIFESTS:
        found.manifests.append((name, path))
    elif path.name in PROFILES and depth == 0:
        found.profiles.append((name, path))
    elif path.name.endswith(REMEMBERED):
        found.decisions.append((name, path))
    elif suffix == ".zip" and depth < _DEEPEST_ZIP:
        _add_zip(path, name, found, unpacked, depth)
    elif suffix in WORKBOOKS | TEXTS | MAPS:
        found.files.append((name, path))
    elif suffix in SIDECARS:
        if not any(path.parent.glob(f"{_glob_safe(path.stem)}.[sS][hH][pP]")):
            found.refused.append((name, reasons.of("shapefile_part")))
    else:
        found.refused.append((name, reasons.of("unsupported", suffix=suffix or path.name)))


def _add_folder(folder: Path, prefix: str, found: Found, unpacked: Path, depth: int) -> None:
    here = sorted(folder.iterdir(), key=lambda path: path.name)
    names = {path.name for path in here}
    if _RESULT in names and names.intersection(_RESULT_PARTS):  # results of an earlier run are no input
        return
    for path in here:
        if path.is_symlink() or (path.is_dir() and path.name.startswith((".", "__"))):
            continue
        _add(path, prefix + path.name, found, unpacked, depth=depth)


def _add_zip(path: Path, name: str, found: Found, unpacked: Path, depth: int) -> None:
    if fault := archive_fault(path):
        found.refused.append((name, reasons.of(fault[0], **fault[1])))
        return
    folder = unpacked / f"{len(list(unpacked.iterdir()))}"
    try:
        unpack(path, folder)
    except Refusal as refusal:
        found.refused.append((name, reasons.of_refusal(refusal)))
        return
    if is_geodatabase(folder):  # packed without the folder's own name
        folder = folder.rename(folder.with_suffix(GEODATABASE))
        found.files.append((name, folder))
        return
    before = len(found.files) + len(found.manifests)
    _add_folder(folder, "", found, unpacked, depth + 1)
    if len(found.files) + len(found.manifests) == before and not found.refused:
        found.refused.append((name, reasons.of("empty")))


def _passed_over(path: Path) -> bool:
    """Hidden, locked and half-written files, and the side files of a map (told by their main file)."""
    name = path.name.lower()
    return name.startswith((".", "~$", "~")) or name.endswith((*_TEMPORARY, "~", ".shp.xml", ".aux.xml")) or name == "thumbs.db"


def _glob_safe(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def _distinct(files: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """Names by which a user can tell the files apart, sorted; of two alike the later ones are numbered."""
    seen: dict[str, int] = {}
    named = []
    for name, path in sorted(files, key=lambda pair: (pair[0], str(pair[1]))):
        seen[name] = seen.get(name, 0) + 1
        named.append((name if seen[name] == 1 else f"{path.parent.name}/{name}#{seen[name]}", path))
    return named
