"""What the orders service does by itself, when rows are due."""

from threading import Event

from sqlalchemy.orm import Session

from services.orders import imports, rescreenings, views, webhooks
from services.orders.handlers import deciding, forgetting, importing, releasing, rescreening
from services.orders.webhooks import keeping
from shared.clock import business_today
from shared.database import Database
from shared.messaging.jobs import Job
from shared.settings import Settings
from shared.web import purging

AT_A_TIME = 100


def has_lapsed_clearance(session: Session) -> bool:
    return bool(views.with_lapsed_clearance(session, business_today(session), limit=1))


def renew_lapsed_clearances(database: Database, settings: Settings, stop: Event) -> None:
    """Ask again for each clearance that ran out; each order in a transaction of its own."""
    with database.transaction() as session:
        lapsed = views.with_lapsed_clearance(session, business_today(session), limit=AT_A_TIME)
    for order_id in lapsed:
        if stop.is_set():
            return
        with database.transaction() as session:
            releasing.renew_lapsed(session, order_id=order_id)


def has_release_to_look_at(session: Session) -> bool:
    return bool(views.with_release_to_look_at(session, business_today(session), limit=1))


def end_run_out(database: Database, settings: Settings, stop: Event) -> None:
    """Each day, end the releases over what ran out; each order in a transaction of its own."""
    with database.transaction() as session:
        due = views.with_release_to_look_at(session, business_today(session), limit=AT_A_TIME)
    for order_id in due:
        if stop.is_set():
            return
        with database.transaction() as session:
            releasing.end_run_out(session, order_id=order_id)


def has_due_decision(session: Session) -> bool:
    return bool(deciding.due_decisions(session, limit=1))


def let_decisions_pass(database: Database, settings: Settings, stop: Event) -> None:
    """Take the default where nobody answered in time; each decision in a transaction of its own."""
    with database.transaction() as session:
        due = deciding.due_decisions(session, limit=AT_A_TIME)
    for order_id, decision_id in due:
        if stop.is_set():
            return
        with database.transaction() as session:
            deciding.let_decision_pass(session, order_id=order_id, decision_id=decision_id)


def work_off_imports(database: Database, settings: Settings, stop: Event) -> None:
    """Place the orders of imports, some in each transaction."""
    more = True
    while more and not stop.is_set():
        with database.transaction() as session:
            more = importing.work_off_some(session)


def has_due_rescreening(session: Session) -> bool:
    return rescreenings.is_due(session, business_today(session))


def screen_again(database: Database, settings: Settings, stop: Event) -> None:
    """Screen open lines by rules that changed, some orders in each transaction."""
    more = True
    while more and not stop.is_set():
        with database.transaction() as session:
            more = rescreening.rescreen_some(session)


def forget_old(database: Database, settings: Settings, stop: Event) -> None:
    """Delete quotes and previews that led to no order, some in each transaction."""
    more = True
    while more and not stop.is_set():
        with database.transaction() as session:
            more = forgetting.forget_some(session)


JOBS = (
    Job("imports", imports.is_due, work_off_imports),
    Job("forgetting", forgetting.is_due, forget_old, every_seconds=60),
    Job("webhooks", webhooks.is_due, webhooks.deliver_due),
    Job("rescreening", has_due_rescreening, screen_again),
    Job("clearances", has_lapsed_clearance, renew_lapsed_clearances, every_seconds=5),
    Job("run_out", has_release_to_look_at, end_run_out, every_seconds=5),
    Job("decisions", has_due_decision, let_decisions_pass, every_seconds=5),
    keeping.JOB,
    purging.JOB,
)
