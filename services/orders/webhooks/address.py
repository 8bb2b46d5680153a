"""Which addresses a webhook may go to: https on the public internet."""

import ipaddress
import socket
from concurrent.futures import Future
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from shared.refusal import Refused

THIS_MACHINE = ("127.0.0.1", "localhost")
"""Where a demonstration may deliver too."""
SECONDS_FOR_A_NAME = 5
"""For looking a name up while somebody waits for the page; a delivery has less if less of its time is left."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
"""Each carries an IPv4 address in its last 32 bits."""
HOSTS_OF_IPV6 = ipaddress.IPv6Network("2000::/3")
"""Where all of the internet is; what lies outside leads into somebody's own network, or back into IPv4."""
NO_HOSTS = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20"))
)
"""Kept for protocols, relays and examples, and a cloud's own server: global by the register that Python has."""


def check_address(url: str, *, demo: bool) -> None:
    """Refuse an address that is not https on the public internet; a demonstration may use this machine.

    What its name leads to may change at any time, so each connection checks it again.
    """
    host = check_form(url, demo=demo)
    hosts_of(host, 443, demo=demo)


def check_form(url: str, *, demo: bool) -> str:
    """Refuse what can be told from the address alone; returns the name of its host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("Give an address whose host and port can be.", field="url") from None
    if demo and host in THIS_MACHINE:
        return host
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, 443):
        raise Refused("Give an https address on port 443, without a user name in it.", field="url")
    return host


def hosts_of(name: str, port: int, *, demo: bool, seconds: float = SECONDS_FOR_A_NAME) -> list[str]:
    """The IP addresses behind a name; refused as a whole if one of them is not on the public internet."""
    try:
        found = _looked_up(name, port).result(timeout=seconds)
    except TimeoutError:
        raise Refused("The host of this address was not found in time.", field="url") from None
    except (OSError, UnicodeError):  # the latter for a name that no host can have
        raise Refused("The host of this address is not known.", field="url") from None
    addresses = [str(address[4][0]) for address in found]
    if not (demo and name in THIS_MACHINE) and not all(map(_is_public, addresses)):
        raise Refused("The address leads into a private network.", field="url")
    return addresses


def _looked_up(name: str, port: int) -> Future[list[Any]]:
    """Looked up in a thread of its own, which nobody waits for: the system's resolver takes no deadline."""
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(name or None, port, type=socket.SOCK_STREAM))
        except Exception as failure:
            found.set_exception(failure)

    Thread(target=look_up, daemon=True).start()
    return found


def _is_public(address: str) -> bool:
    """Whether it is one host on the internet; one that carries an IPv4 address is judged by that."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64 or ip in IPV4_COMPATIBLE:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        else:
            ip = ip.ipv4_mapped or ip.sixtofour or ip
    if isinstance(ip, ipaddress.IPv6Address) and ip not in HOSTS_OF_IPV6:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NO_HOSTS)
