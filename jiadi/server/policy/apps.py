"""The app of stored runs."""

from django.apps import AppConfig


class Policy(AppConfig):
    """Runs and verdicts."""

    name = "jiadi.server.policy"
    label = "policy"

    def ready(self) -> None:
        """What is changed in the register is judged again."""
        from jiadi.server.policy.listening import listen  # noqa: PLC0415  models are there only now

        listen()
