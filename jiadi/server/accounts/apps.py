"""The app of accounts and grants."""

from django.apps import AppConfig


class Accounts(AppConfig):
    """Users, roles and grants."""

    name = "jiadi.server.accounts"
    label = "accounts"
