"""The app of database functions that all others rest on."""

from django.apps import AppConfig


class Database(AppConfig):
    """Functions and extensions of the database."""

    name = "jiadi.server.database"
    label = "database"
