"""What every test shares."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def commune() -> Path:
    """The cadastre of a French commune; see tests/data/SOURCE.txt."""
    return Path(__file__).parent / "data" / "cadastre_25354.gpkg"
