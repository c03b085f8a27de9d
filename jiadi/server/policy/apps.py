"""The app of stored runs."""

from django.apps import AppConfig


class Policy(AppConfig):
    """Runs and verdicts."""

    name = "jiadi.server.policy"
    label = "policy"
