"""The ports that a booking names: known ones, and what was probably meant by another."""

from collections.abc import Sequence
from difflib import get_close_matches

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics.storage import port
from shared.refusal import Refused, Sentence

HOME = "ID"


def need_route(session: Session, loading: str, via: Sequence[str], discharge: str) -> None:
    """Refuse a route with a port that we don't know, that begins abroad, ends at home, or comes by a port twice."""
    if need_port(session, loading, "port_of_loading") != HOME:
        at_home_only = "Goods are loaded in Indonesia; {code} is in {country}."
        raise Refused(at_home_only, field="port_of_loading", code=loading, country=loading[:2])
    for code in via:
        need_port(session, code, "via")
    if need_port(session, discharge, "port_of_discharge") == HOME:
        abroad_only = "Goods are discharged abroad; {code} is in {country}."
        raise Refused(abroad_only, field="port_of_discharge", code=discharge, country=discharge[:2])
    route = [loading, *via, discharge]
    twice = next((code for place, code in enumerate(route) if code in route[:place]), None)
    if twice:
        raise Refused("The route comes by {code} twice; name each port once.", field="via", code=twice)


def need_port(session: Session, code: str, field: str) -> str:
    """The country of a port; an unknown one is refused with those that are written much like it."""
    known = session.execute(select(port.c.code, port.c.name, port.c.country).order_by(port.c.code)).all()
    for row in known:
        if row.code == code:
            return str(row.country)
    unknown = Sentence("{code} is no port we know; give a UN/LOCODE such as IDSRG.", code=code)
    near = get_close_matches(code, [row.code for row in known], n=3, cutoff=0.6)
    if not near:
        raise Refused(unknown, field=field)
    names = {row.code: row.name for row in known}
    meant = ", ".join(f"{each} ({names[each]})" for each in near)
    raise Refused(
        "{code} is no port we know. Did you mean one of these: {meant}?", field=field, code=code, meant=meant
    )
