"""Words of the server's commands in both languages (服务器命令用语)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jiadi.cli import words
from jiadi.cli.commands import _fail, _guarded
from jiadi.errors import Refusal

UNINSTALLED = {"django", "psycopg", "procrastinate", "granian", "gunicorn", "whitenoise", "cryptography", "argon2"}


class Refused(Refusal):
    """A command that is refused, in both languages (命令被拒绝).

    Args:
        code: key of `words.yaml` behind `refused_`.
        filled: what goes into the braces.

    >>> Refused("not_empty", place="jiadi").said["en"][:30]
    'Nothing is restored into jiadi'
    """

    def __init__(self, code: str, **filled: object) -> None:
        self.said = {lang: say(f"refused_{code}", lang, **filled) for lang in ("zh", "en")}
        super().__init__(code, self.said["en"])


def say(key: str, lang: str, **filled: object) -> str:
    """The words for a key of this package's `words.yaml` (取用语).

    >>> say("stopped", "en", name="worker")
    'worker has stopped.'
    """
    return words.say(key, lang, "jiadi.server.commands", **filled)


@contextmanager
def guarded(lang: str) -> Iterator[None]:
    """Turn a refusal, or a library that is not installed, into words and an exit status (出错时的话)."""
    try:
        with _guarded(lang):
            yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in UNINSTALLED:
            raise
        _fail(say("not_installed", lang, name=missing.name), lang, 2)
    except Exception as why:
        # Of psycopg or of Django, neither of which is loaded here; any other error of a database is a bug of ours, and shows as one.
        if not any(kind.__name__ == "OperationalError" for kind in type(why).__mro__):
            raise
        _fail(say("refused_unreachable", lang, why=(str(why).strip().splitlines() or [type(why).__name__])[0]), lang, 2)
