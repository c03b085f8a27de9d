"""The app of the register."""

from django.apps import AppConfig


class Register(AppConfig):
    """Houses, land and people."""

    name = "jiadi.server.register"
    label = "register"
