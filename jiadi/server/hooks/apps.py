"""The app of hooks."""

from django.apps import AppConfig


class Hooks(AppConfig):
    """Telling other systems."""

    name = "jiadi.server.hooks"
    label = "hooks"
