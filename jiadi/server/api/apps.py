"""The app of the interface; it keeps what it answered to writes."""

from django.apps import AppConfig


class Api(AppConfig):
    """What programs ask."""

    name = "jiadi.server.api"
    label = "api"
