"""What judging hears of (听取变更): changes of the register."""

from __future__ import annotations

from jiadi.server.register.actions.news import Touched, changed


def _heard(sender: object, touched: Touched, **more: object) -> None:
    # The core's columns take a second to load: a command that changes nothing does not wait for them.
    from jiadi.server.policy.actions.again import remember  # noqa: PLC0415

    remember(touched)


def listen() -> None:
    """Begin to listen (开始听取)."""
    changed.connect(_heard, dispatch_uid="judged again")
