"""A connection from its address (数据库地址)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def connection(url: str, kept: int) -> dict[str, Any]:
    """What Django wants to know of a database (连接参数).

    Args:
        url: postgresql://user:password@host:port/name?option=value; a socket's folder is given as `?host=/path`. "" for none.
        kept: connections that one process keeps open; 0 opens one each time.

    Returns:
        An entry of DATABASES. Without an address it connects nowhere.

    >>> connection("postgresql://app:s%40@127.0.0.1:5433/jiadi", 0)["PASSWORD"]
    's@'
    >>> connection("postgresql://app@/jiadi?host=/run/pg", 0)["HOST"]
    '/run/pg'
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    pool = {"pool": {"min_size": 1, "max_size": kept, "timeout": 20}} if kept and url else {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "jiadi", **options, **pool},
    }
