"""Answering quotes: what a plan of today would promise, without making one."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.production import skills
from services.production.capacities import able_to_make
from services.production.domain.quote import Wanted, promises
from services.production.domain.terms import ANYTHING
from services.production.storage import item
from services.production.terms import terms_of
from shared.clock import business_today
from shared.events.orders import QuoteRequested
from shared.events.production import QuoteAnswered
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, NotYet


def on_quote_requested(session: Session, event: QuoteRequested, heard: Heard) -> None:
    """Share the lines out on paper, from the capacity that is free at this moment."""
    skus = {line.sku for line in event.lines}
    items = {row.sku: row for row in session.execute(select(item).where(item.c.sku.in_(skus)))}
    for sku in sorted(skus - items.keys()):
        raise NotYet("orders", f"item/{sku}")
    today = business_today(session)
    families = {items[line.sku].family for line in event.lines}
    able = {family: able_to_make(session, family) for family in families}
    needs = skills.needed(session, skus)
    wanted = [
        Wanted(
            number=line.number,
            quantity=line.quantity,
            family=items[line.sku].family,
            labour_minutes=items[line.sku].labour_minutes,
            latest=line.requested_date,
            terms=terms_of(
                session, line.sku, partner=event.buyer, able=able[items[line.sku].family], today=today
            ),
            needs=replace(needs.get(line.sku, ANYTHING), lane=line.lane),
        )
        for line in event.lines
    ]
    promised = promises(wanted, able=able, today=today)
    record(session, QuoteAnswered(quote_id=event.quote_id, lines=tuple(promised)))
