"""What a stored run was made from (运行记录): program, law, day, each file's hash, each layer's version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from jiadi import __version__
from jiadi.policy.judge import Judgement
from jiadi.run.pipeline import Outcome

RECORD = "record.json"
"""File of the kept run."""

_PIECE = 1 << 20
_ZONE_TEXT = ("id", "zone_class", "name", "designated_on")


def inputs(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Every file that was handed in, with its hash (输入文件校验值).

    Args:
        paths: files, folders or zips.

    Returns:
        Sorted by name: `file`, below what was given; `bytes`; `sha256`.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.csv").write_text("a", encoding="utf-8")
    >>> inputs([folder])[0]["file"], inputs([folder])[0]["bytes"]
    ('a.csv', 1)
    """
    found = []
    for path in paths:
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        for file in files:
            name = file.relative_to(path).as_posix() if path.is_dir() else path.name
            found.append({"file": name, "bytes": file.stat().st_size, "sha256": _of_file(file)})
    return sorted(found, key=lambda entry: (str(entry["file"]), str(entry["sha256"])))


def _of_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def layers(zones: pl.DataFrame | None) -> list[dict[str, Any]]:
    """Version of each zone layer (图层版本): how many zones, since when, and a hash of what they say and where they lie.

    Args:
        zones: frame of the `zone` table; None where none was handed in.

    Returns:
        Sorted by kind: `kind`, `zones`, `undated`, `designated_from`, `designated_to`, `sha256`. The order of the rows,
        and where they stand in a file, do not count.
    """
    if zones is None:
        return []
    found = []
    for (kind,), own in zones.group_by("zone_kind"):
        days = own["designated_on"].drop_nulls()
        first, last = (str(day) if day else None for day in (days.min(), days.max()))
        head = {"kind": kind, "zones": own.height, "undated": own.height - len(days), "designated_from": first, "designated_to": last}
        found.append({**head, "sha256": _of_zones(own)})
    return sorted(found, key=lambda entry: str(entry["kind"]))


def _of_zones(zones: pl.DataFrame) -> str:
    said = [name for name in _ZONE_TEXT if name in zones.columns]
    text = pl.concat_str([pl.col(name).cast(pl.String).fill_null("\x00") for name in said], separator="\x1f").alias("text")
    ordered = zones.select(text, "geometry").sort("text", "geometry")
    return _digest(part for text, shape in ordered.iter_rows() for part in (text.encode(), b"\x1e", shape or b"", b"\x1d"))


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def verdicts(judgement: Judgement) -> str:
    """A hash of all that was found (判定校验值): houses, verdicts, findings, unknowns and proposals, wherever they were judged.

    Returns:
        SHA-256 in hex.
    """
    frames = (judgement.houses, judgement.findings, judgement.unknowns, judgement.proposals)
    return _digest(frame.write_csv(null_value="\x00").encode() for frame in frames)


def of_run(outcome: Outcome, files: list[dict[str, Any]]) -> dict[str, Any]:
    """The record of a run (运行记录).

    Args:
        outcome: of the run.
        files: of `inputs`.
    """
    law = outcome.law
    return {
        "program": __version__,
        "on": outcome.on.isoformat(),
        "law": {"set": law.name, "version": law.version, "sha256": law.sha256} if law else None,
        "inputs": files,
        "layers": layers(outcome.delivery.tables.get("zone")),
        "verdicts_sha256": verdicts(outcome.judgement),
    }


def write(folder: Path, record: dict[str, Any]) -> None:
    """Keep the record beside the judgement (留存运行记录)."""
    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> dict[str, Any] | None:
    """The record of a kept run; None where an earlier version kept none (取运行记录)."""
    path = folder / RECORD
    held: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return held
