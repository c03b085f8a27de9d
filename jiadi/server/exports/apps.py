"""The app of exports."""

from django.apps import AppConfig


class Exports(AppConfig):
    """Lists as files."""

    name = "jiadi.server.exports"
    label = "exports"
