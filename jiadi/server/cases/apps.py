"""The app of acts."""

from django.apps import AppConfig


class Cases(AppConfig):
    """The chain of acts."""

    name = "jiadi.server.cases"
    label = "cases"
