"""Models and migrations say the same: a column that somebody adds to the schema needs a step of the database."""

from __future__ import annotations

from django.apps import apps
from django.db.migrations import AlterField, AlterModelOptions
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def test_no_step_is_missing() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert loader.detect_conflicts() == {}
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    # How a model is worded differs by language, and is no step of the database.
    steps = [
        str(step)
        for found in changes.values()
        for one in found
        for step in one.operations
        if not isinstance(step, AlterField | AlterModelOptions)
    ]
    assert steps == []
