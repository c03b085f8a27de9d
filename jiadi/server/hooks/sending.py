"""Sending to an address that a user wrote down (对外发送): never into our own network, whatever the address says and whatever it becomes.

The name is looked up once, each of its addresses is looked at, and the connection goes to one that was looked at: a name that means
another machine a moment later leads nowhere. No redirect is followed, no proxy is asked, and nothing of the answer is kept but its status.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from jiadi.server.environment import value

TIMEOUT_S: Final = 10
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it (发送结果).

    Args:
        status: of the answer, None where there was none.
        fault: "" where it was taken; else `barred`, `unknown_host`, `timeout`, `tls`, `unreachable` or `status`.
        took_ms: until then.
    """

    status: int | None
    fault: str
    took_ms: int


class Pinned(http.client.HTTPSConnection):
    """A connection to an address that was looked at, which shows the certificate of the name (定址连接)."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S, context=context)
        self.address, self.trusting = address, context

    def connect(self) -> None:
        """To the address; no name is looked up again."""
        plain = socket.create_connection((self.address, self.port), self.timeout)
        self.sock = self.trusting.wrap_socket(plain, server_hostname=self.host)


def may_reach(text: str) -> bool:
    """Whether an address of the network lies outside, or in a network that the operator has opened (可否外联).

    This machine, its link and groups are never reached.

    >>> [may_reach(one) for one in ("8.8.8.8", "10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1")]
    [True, False, False, False, False, False, False]
    """
    address = _inner(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    opened = any(address in network for network in value("JIADI_HOOK_NETWORKS") if network.version == address.version)
    return opened or (address.is_global and not address.is_reserved)


def _inner(address: Address) -> Address:
    """The address that is wrapped in one of IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def addresses(host: str, port: int) -> list[str]:
    """The addresses of a name (解析)."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def trusted() -> ssl.SSLContext:
    """Certificates that the machine trusts (信任的证书)."""
    return ssl.create_default_context()


def signature(secret: str, moment: int, body: bytes) -> str:
    """By what the receiver knows that it was us, and when (签名): HMAC-SHA-256 over moment, point and body.

    >>> signature("s", 1, b"{}")[:12]
    't=1,v1=b2536'
    """
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={made}"


def post(address: str, body: bytes, headers: dict[str, str]) -> Sent:
    """Send, and say what came of it; it raises nothing for what the other side does (发送)."""
    began = time.perf_counter()

    def told(fault: str, status: int | None = None) -> Sent:
        return Sent(status, fault, round((time.perf_counter() - began) * 1000))

    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 443
    try:
        found = addresses(host, port)
    except (OSError, UnicodeError):
        return told("unknown_host")
    # One address within is enough: whoever runs that name must not choose among ours.
    if parts.scheme != "https" or not found or not all(map(may_reach, found)):
        return told("barred")
    try:
        status = _ask(Pinned(host, port, found[0], trusted()), parts, body, headers)
    except TimeoutError:
        return told("timeout")
    except ssl.SSLError:
        return told("tls")
    except (OSError, http.client.HTTPException):
        return told("unreachable")
    return told("" if 200 <= status < 300 else "status", status)


def _ask(connection: http.client.HTTPSConnection, parts: Any, body: bytes, headers: dict[str, str]) -> int:
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "Jiadi", **headers})
        return connection.getresponse().status
    finally:
        connection.close()
