"""The app of jobs; its tables are procrastinate's."""

from django.apps import AppConfig


class Jobs(AppConfig):
    """Jobs and the workers that do them."""

    name = "jiadi.server.jobs"
    label = "jobs"
