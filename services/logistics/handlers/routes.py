"""The ports that a booking names: known ones, and what was probably meant by another."""

from difflib import get_close_matches
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics.domain.modes import MODES
from services.logistics.domain.order import HOME
from services.logistics.domain.shipment import Booking
from services.logistics.storage import port
from shared.refusal import Refused, Sentence

SUCH_AS: Final = {None: "IDSRG", "sea": "IDSRG", "air": "IDCGK"}
"""A place of each kind."""


def need_route(session: Session, booking: Booking) -> None:
    """Refuse a route with a port that we don't know or that serves another mode of transport, that begins abroad, ends
    at home, or comes by a port twice; by road there is none."""
    places = MODES[booking.mode].places
    if places is None:
        return _need_no_ports(booking)
    loading, discharge = booking.port_of_loading or "", booking.port_of_discharge or ""
    if need_port(session, loading, "port_of_loading", places) != HOME:
        at_home_only = "Goods are loaded in Indonesia; {code} is in {country}."
        raise Refused(at_home_only, field="port_of_loading", code=loading, country=loading[:2])
    for code in booking.via:
        need_port(session, code, "via", places)
    if need_port(session, discharge, "port_of_discharge", places) == HOME:
        abroad_only = "Goods are discharged abroad; {code} is in {country}."
        raise Refused(abroad_only, field="port_of_discharge", code=discharge, country=discharge[:2])
    route = [loading, *booking.via, discharge]
    twice = next((code for place, code in enumerate(route) if code in route[:place]), None)
    if twice:
        raise Refused("The route comes by {code} twice; name each port once.", field="via", code=twice)
    return None


def _need_no_ports(booking: Booking) -> None:
    for field in ("port_of_loading", "via", "port_of_discharge"):
        if getattr(booking, field):
            raise Refused("By road goods go from the hub to the consignee: name no ports.", field=field)


def need_port(session: Session, code: str, field: str, places: str | None = None) -> str:
    """The country of a port that serves the mode of transport; another one is refused with those that are written much
    like it."""
    query = select(port.c.code, port.c.name, port.c.country).order_by(port.c.code)
    known = session.execute(query.where(port.c.modes.contains([places])) if places else query).all()
    for row in known:
        if row.code == code:
            return str(row.country)
    unknown = _unknown(code, places)
    near = get_close_matches(code, [row.code for row in known], n=3, cutoff=0.6)
    if not near:
        raise Refused(
            "{unknown}; give a UN/LOCODE such as {such_as}.",
            field=field,
            unknown=unknown,
            such_as=SUCH_AS[places],
        )
    names = {row.code: row.name for row in known}
    meant = ", ".join(f"{each} ({names[each]})" for each in near)
    raise Refused(
        "{unknown}. Did you mean one of these: {meant}?",
        field=field,
        unknown=unknown,
        meant=meant,
    )


def _unknown(code: str, places: str | None) -> Sentence:
    if places == "sea":
        return Sentence("{code} is no seaport we know", code=code)
    if places == "air":
        return Sentence("{code} is no airport we know", code=code)
    return Sentence("{code} is no port we know", code=code)
