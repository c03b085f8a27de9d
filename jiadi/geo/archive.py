"""Unpacking what departments send as zip (解压): nothing leaves the folder, nothing swells without end."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from jiadi.geo.reasons import ReadRefusal

MOST_MB = 8192
MOST_FILES = 20000
_UTF8_FLAG = 0x800
_PIECE = 1 << 20


def unpack(path: Path, folder: Path, most_mb: int = MOST_MB, most_files: int = MOST_FILES) -> list[Path]:
    """Unpack an archive into a folder (解压到文件夹).

    Names are checked before anything is written, and sizes are counted while it is written: what
    an archive says of itself is not believed.

    Args:
        path: a zip.
        folder: where to; made when it is not there.
        most_mb: most written bytes, MB.
        most_files: most entries.

    Returns:
        The files written, in the order of their names.

    Raises:
        ReadRefusal: `zip_unsafe_path`, `zip_encrypted`, `zip_too_large`, `unreadable`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     with zipfile.ZipFile(Path(name, "a.zip"), "w") as archive:
    ...         archive.writestr("宗地/a.txt", "1")
    ...     [file.name for file in unpack(Path(name, "a.zip"), Path(name, "out"))]
    ['a.txt']
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [(entry, _inside(entry)) for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > most_files:
                raise ReadRefusal("zip_too_large", most_mb=most_mb, most_files=most_files)
            if any(entry.flag_bits & 1 for entry, _ in entries):
                raise ReadRefusal("zip_encrypted")
            left = most_mb * 1024 * 1024
            for entry, name in entries:
                left -= _write(archive, entry, folder / name, left)
                if left < 0:
                    raise ReadRefusal("zip_too_large", most_mb=most_mb, most_files=most_files)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise ReadRefusal("unreadable", detail=str(error) or type(error).__name__) from error
    return sorted(folder / name for _, name in entries)


def _inside(entry: zipfile.ZipInfo) -> PurePosixPath:
    """The entry's name as a path below the folder."""
    text = entry.filename
    if not entry.flag_bits & _UTF8_FLAG:  # Chinese programs write GB18030 without saying so
        raw = text.encode("cp437")
        for encoding in ("ascii", "utf-8", "gb18030"):
            try:
                text = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    text = text.replace("\\", "/")
    name = PurePosixPath(text)
    link = stat.S_ISLNK(entry.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or ":" in text or "\x00" in text or link or not name.parts:
        raise ReadRefusal("zip_unsafe_path", detail=text)
    return name


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, to: Path, most: int) -> int:
    """Write one entry; how many bytes, stopping soon after `most`."""
    to.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as source, to.open("wb") as sink:
        while written <= most and (piece := source.read(_PIECE)):
            written += sink.write(piece)
    return written
