"""The app of imports."""

from django.apps import AppConfig


class Survey(AppConfig):
    """Imports, their files and the decisions on their links."""

    name = "jiadi.server.survey"
    label = "survey"
