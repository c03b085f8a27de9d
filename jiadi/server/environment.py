"""What the environment says (环境设置): every `JIADI_*`, read once, checked, and documented in docs/guide/settings.md."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiadi.errors import Refusal

TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def _truth(text: str) -> bool:
    return TRUTHS[text.lower()]


def _language(text: str) -> str:
    if text not in ("zh", "en"):
        raise ValueError(text)
    return text


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(word) for word in _words(text)]


def _several(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting (设置项).

    Args:
        name: of the variable; `name_FILE` names a file that holds the value instead.
        read: from the text to the value; raises ValueError or KeyError where it cannot be.
        default: where neither is set.
        wants: what it takes, in words for whoever set it wrongly.
        secret: never shown, by no command and in no message.
    """

    name: str
    read: Callable[[str], Any]
    default: Any
    wants: str
    secret: bool = False


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("JIADI_DATABASE_URL", str, "", "postgresql://user:password@host:port/name of the role that owns nothing", secret=True),
        Setting("JIADI_OWNER_DATABASE_URL", str, "", "the same database as the role that owns its tables, for migrations", secret=True),
        Setting("JIADI_BACKUP_DATABASE_URL", str, "", "the same database as a role that reads every row, for backups", secret=True),
        Setting("JIADI_SECRET_KEY", str, "", "50 random characters or more", secret=True),
        Setting("JIADI_DATA_KEYS", str, "", "the keys of persons' data, see docs/guide/keys.md", secret=True),
        Setting("JIADI_KEY_PROVIDER", str, "", "module:function that gives the keys of persons' data, see docs/guide/keys.md"),
        Setting("JIADI_VAR", Path, Path("var"), "the folder of media, results and the private database"),
        Setting("JIADI_HOSTS", _words, ["127.0.0.1", "localhost"], "names under which the server is reached, joined by commas"),
        Setting("JIADI_HTTPS", _truth, True, "true where pages travel by HTTPS, false on this machine alone"),
        Setting("JIADI_DEMO", _truth, False, "true or false"),
        Setting("JIADI_DEBUG", _truth, False, "true or false"),
        Setting("JIADI_LANG", _language, "zh", "zh or en"),
        Setting("JIADI_CONNECTIONS", _several, 8, "connections to the database that one process keeps, 1 or more"),
        Setting("JIADI_IDLE_MINUTES", _several, 30, "minutes without a page after which a sign-in ends, 1 or more"),
        Setting("JIADI_SESSION_HOURS", _several, 8, "hours after which every sign-in ends, 1 or more"),
        Setting("JIADI_PROXIES", int, 0, "proxies in front of the server that add the caller's address to X-Forwarded-For"),
        Setting("JIADI_TOKEN_RATE", _several, 600, "requests that a program may send in a minute under one token, 1 or more"),
        Setting("JIADI_ACCOUNT_RATE", _several, 1200, "requests to the interface in a minute by one account in all, 1 or more"),
        Setting("JIADI_HOOK_NETWORKS", _networks, [], "private networks in which hooks may be told, as 10.1.0.0/16, joined by commas"),
        Setting("JIADI_ANSWER_DAYS", _several, 7, "days for which the answer to a write is kept for its idempotency key, 1 or more"),
        Setting("JIADI_TOKEN_DAYS", _several, 366, "days for which a token of a program may be made at most, 1 or more"),
        Setting("JIADI_UPLOAD_MB", _several, 2048, "size of the largest file that is taken, in MB"),
        Setting("JIADI_EXPORT_DAYS", _several, 7, "days for which an exported file can be fetched, 1 or more"),
    )
}
"""Every setting, by its name."""


class BadSetting(Refusal):
    """A setting that cannot be used: nothing starts (设置有误)."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__("bad_setting", f"{name} {why}.", f"It takes {SETTINGS[name].wants}.")


def value(name: str, environ: Mapping[str, str] = os.environ) -> Any:
    """What one setting says (取设置).

    Args:
        name: of SETTINGS.
        environ: where to look.

    Returns:
        The value; the default where it is not set or empty.

    Raises:
        BadSetting: the value cannot be used, its file cannot be read, or both forms are set. The value is not in the words.

    >>> value("JIADI_HTTPS", {"JIADI_HTTPS": "no"})
    False
    >>> value("JIADI_LANG", {"JIADI_LANG": "fr"})
    Traceback (most recent call last):
    jiadi.server.environment.BadSetting: JIADI_LANG has an odd value. It takes zh or en.
    """
    setting = SETTINGS[name]
    text, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if text and file:
        raise BadSetting(name, f"and {name}_FILE are both set")
    if file:
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise BadSetting(name, "names a file that cannot be read") from None
    if not text:
        return setting.default
    try:
        return setting.read(text)
    except (ValueError, KeyError):
        raise BadSetting(name, "has an odd value") from None
