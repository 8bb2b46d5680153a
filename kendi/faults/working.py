"""Those who work in the facilities during the campaign: their hours are entered, lots shared out, premi paid."""

import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from random import Random

from kendi.faults.client import Client
from kendi.faults.ground import Ground
from shared.clock import WIB, real_now
from shared.database import Database
from shared.sight import SERVICE

WORKERS = 40
"""In each facility: with a quarter of an hour for each work order a day has room for hundreds of these."""
MINUTES = 15
CSRF_TOKEN = re.compile(r'name="csrf_token" value="([^".]+)')
LOT = r"<strong>([^<]+)</strong> {number},"
OWED = re.compile(r'name="worker" value="([^"]+)"')


class Workplaces:
    """What their officers keep on the pages, one work order at a time, after its pieces were inspected."""

    def __init__(self, officers: Mapping[str, Client], workers: Mapping[str, Sequence[str]]) -> None:
        self._officers = officers
        self._workers = workers
        self._inspected: defaultdict[str, deque[tuple[str, str]]] = defaultdict(deque)
        for officer in officers.values():
            officer.take_token("/production/hours", CSRF_TOKEN)

    def inspected(self, facility: str, work_order: str, number: str) -> None:
        self._inspected[facility].append((work_order, number))

    def work(self, chance: Random) -> None:
        facility = chance.choice(sorted(self._officers))
        officer = self._officers[facility]
        if self._inspected[facility]:
            work_order, number = self._inspected[facility].popleft()
            self._enter_hours(officer, work_order, chance.sample(self._workers[facility], 2))
            self._share_and_pay(officer, number, chance)
        officer.wait(0.2)

    def _enter_hours(self, officer: Client, work_order: str, workers: Sequence[str]) -> None:
        day = real_now().astimezone(WIB).date().isoformat()
        rows = {f"hours.{worker}": str(MINUTES / 60) for worker in workers}
        form = {"day": day, "work_order_id": work_order, **rows}
        entered = officer.submit("/production/hours", form, what="hours")
        for worker in workers:
            officer.note("hours", f"{work_order} {worker}", entered.outcome, MINUTES)

    def _share_and_pay(self, officer: Client, number: str, chance: Random) -> None:
        """Share out what that work order's lots are worth, and pay somebody a little."""
        page = officer.page("/production/premi") or ""
        for lot in re.findall(LOT.format(number=re.escape(number)), page):
            shared = officer.submit("/production/premi/share", {"lot": lot}, what="share")
            officer.note("share", lot, shared.outcome)
        owed = OWED.findall(page)
        if owed:
            worker, idr = chance.choice(owed), chance.randint(1, 5000)
            paid = officer.submit("/production/premi/pay", {"worker": worker, "idr": str(idr)}, what="pay")
            officer.note("pay", worker, paid.outcome, idr)


def some_workers(ground: Ground, facilities: Sequence[str]) -> dict[str, list[str]]:
    """New workers in each facility who consented to work for the partner: their ids."""
    from sqlalchemy import select

    from services.production.handlers import people
    from services.production.local_time import today_at
    from services.production.storage import agreement, worker

    found = {}
    database = Database(ground.addresses.app_urls["production"], sees=SERVICE, pool_size=1)
    for facility in facilities:
        with database.transaction() as session:
            codes = people.register(session, facility=facility, count=WORKERS, eligible=True)
            ids = session.execute(select(worker.c.id).where(worker.c.code.in_(codes))).scalars().all()
            under = select(agreement.c.id).where(agreement.c.facility == facility)
            people.give_consent(
                session,
                facility=facility,
                workers=ids,
                agreement_id=session.execute(under).scalars().first(),  # type: ignore[arg-type]  # each has one
                purposes=("work", "data"),
                language="jv",
                read_aloud=True,
                witness_role="religious_counsellor",
                given_on=today_at(session, facility),
            )
            found[facility] = [str(id) for id in ids]
    database.close()
    return found
