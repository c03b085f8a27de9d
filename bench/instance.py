"""A server's database of its own for a measurement, thrown away after it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def instance(beside: Path | None, **settings: str) -> Iterator[Path]:
    """A private database with its roles, and Django that uses it; the folder in which all of it lies.

    Args:
        beside: folder in which the folder is made; None where the system chooses.
        settings: further settings of the environment.
    """
    from jiadi.server.database.private import APP, OWNER, Private  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="jiadi-bench-", dir=beside) as name:
        place = Path(name)
        place.chmod(0o755)
        with Private(place / "pg").started() as private:
            private.create()
            own = {"JIADI_DATABASE_URL": private.url(APP), "JIADI_OWNER_DATABASE_URL": private.url(OWNER), "JIADI_DEMO": "true"}
            os.environ.update(own, JIADI_VAR=str(place / "var"), DJANGO_SETTINGS_MODULE="jiadi.server.settings", **settings)
            import django  # noqa: PLC0415

            django.setup()
            yield place
