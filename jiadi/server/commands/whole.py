"""A file that is there whole or not at all, and that nobody else can read (整体写出)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from jiadi.server.commands.words import Refused


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Write a file beside its place, and put it there once it is on the disk (整体写出).

    Args:
        path: of the file; one that is there is replaced.

    Raises:
        Refused: `not_written`.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as why:
        raise Refused("not_written", file=path, why=why.strerror or why) from why
    finally:
        part.unlink(missing_ok=True)
