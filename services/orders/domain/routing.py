"""The countries that goods pass on their way, as the ports of their bookings tell, and those where they were unloaded."""

from collections.abc import Iterable
from typing import Final

HOME: Final = "ID"
UNLOADING: Final = ("TRANSSHIPPED", "DISCHARGED")
"""With these milestones goods are in the country of a port, wherever they were booked to."""
DIRECT: Final = "-"
"""How a route through no other country is typed."""


def passed(ports: Iterable[str], *, destination: str) -> list[str]:
    """The countries of the ports, which are UN/LOCODE, but for the one that goods leave and the one they go to."""
    countries = dict.fromkeys(port[:2] for port in ports)
    return [country for country in countries if country not in (HOME, destination)]


def typed(text: str) -> list[str] | None:
    """The countries that somebody typed; nothing at all stands for a route that is not known."""
    codes = text.upper().replace(",", " ").replace("|", " ").split()
    return [code for code in codes if code != DIRECT] if codes else None


def as_typed(route: list[str] | None) -> str:
    """The route as it would be typed."""
    return "" if route is None else ", ".join(route) or DIRECT
