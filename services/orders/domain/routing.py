"""The countries that goods pass on their way, as the ports of their bookings tell."""

from collections.abc import Iterable
from typing import Final

HOME: Final = "ID"


def passed(ports: Iterable[str], *, destination: str) -> list[str]:
    """The countries of the ports, which are UN/LOCODE, but for the one that goods leave and the one they go to."""
    countries = dict.fromkeys(port[:2] for port in ports)
    return [country for country in countries if country not in (HOME, destination)]
