"""The app of persons' data."""

from django.apps import AppConfig


class Persons(AppConfig):
    """Reveals, erasures and retention."""

    name = "jiadi.server.persons"
    label = "persons"
