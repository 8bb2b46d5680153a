"""Welfare over random months: from all that is told of them nothing is derived about fewer than five."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.production import welfare
from services.production.domain.anonymity import LEAST
from services.production.handlers import closing
from services.production.storage import (
    consent,
    hours_entry,
    premi_entry,
    premi_line,
    premi_lot,
    work_order,
    worker,
)
from shared.clock import WIB
from tests.clock import today
from tests.production.conftest import KLATEN, SRAGEN, Production
from tests.production.workforce import SKU, agreement_of

Person = dict[str, Any]
COUNTS = ("eligible", "consenting", "workers", "refusals", "open_grievances")
FIRST, SECOND = 0, 1
A_MONTH = st.sampled_from((FIRST, SECOND))
PERSON: st.SearchStrategy[Person] = st.fixed_dictionaries(
    {
        "came": A_MONTH,
        "consents": st.sets(st.sampled_from(("work", "data"))),
        "worked": st.sets(A_MONTH),
        "shared": st.sets(A_MONTH),
    }
)
"""When somebody came, to what they consented, in which months they worked, and had a share."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_that_is_told_of_two_months_is_about_fewer_than_five(
    shared_out: Production, data: st.DataObject
) -> None:
    people = {
        code: data.draw(st.lists(PERSON, min_size=3, max_size=14), label=code) for code in (SRAGEN, KLATEN)
    }
    with shared_out.database.transaction() as session:
        example = session.begin_nested()
        months = two_closed_months()
        for code, everybody in people.items():
            lived(session, code, everybody, months)
            for month in months:
                closing.tell(session, month, code)
        for number, month in enumerate(months):
            found = welfare.figures(session, month)
            for row in found["facilities"]:
                tells_of_no_few(
                    row, [one for one in people[row["facility"]] if one["came"] <= number], number
                )
            sums = [found[name] or {} for name in ("participation", "work", "refusals")]
            assert all(one[name] % LEAST == 0 for one in sums for name in COUNTS if name in one)
        example.rollback()


def tells_of_no_few(row: dict[str, Any], there: list[Person], number: int) -> None:
    """Counts are multiples of five, and so are all their sums and differences; other figures leave out nobody or five."""
    assert all(row[name] is None or row[name] % LEAST == 0 < row[name] for name in COUNTS)
    assert row["eligible"] == (len(there) // LEAST * LEAST or None)
    at_work = [one for one in there if number in one["worked"] and "data" in one["consents"]]
    earned = [one for one in there if number in one["shared"]]
    theirs = [one for one in earned if one in at_work]
    if row["minutes"] is not None:
        assert row["minutes"] == 60 * len(at_work)
        assert len(at_work) >= LEAST
    if row["premi_idr"] is not None:
        assert row["premi_idr"] == 1_000 * len(theirs)
        assert len(theirs) >= LEAST or (not theirs and len(at_work) >= LEAST)
        assert len(earned) - len(theirs) == 0 or len(earned) - len(theirs) >= LEAST
    assert (row["hourly_idr"] is None) == (row["premi_idr"] is None or row["minutes"] is None)


def two_closed_months() -> list[welfare.Month]:
    """The two before the last, which are closed whatever day it is."""
    months, first = [], today().replace(day=1)
    for _ in range(3):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(welfare.Month(first))
    return [months[2], months[1]]


def lived(session: Session, code: str, everybody: list[Person], months: list[welfare.Month]) -> None:
    """What is kept of these people, as if recorded when it happened."""
    ids = [uuid7s.uuid7() for _ in everybody]
    rows = [
        {
            "id": id,
            "code": f"{code[-3:]}-{n:04}",
            "facility": code,
            "eligible": True,
            "registered_on": months[one["came"]].first,
        }
        for n, (id, one) in enumerate(zip(ids, everybody, strict=True))
    ]
    session.execute(insert(worker), rows)
    under = agreement_of(session, code)
    for id, one in zip(ids, everybody, strict=True):
        for purpose in one["consents"]:
            consents(session, id, under, purpose, months[one["came"]])
    work = session.execute(select(work_order.c.id).where(work_order.c.facility == code)).scalars().first()
    for number, month in enumerate(months):
        here = [(id, one) for id, one in zip(ids, everybody, strict=True) if one["came"] <= number]
        at = {"facility": code, "recorded_at": noon(month)}
        for id in (id for id, one in here if number in one["worked"]):
            hours = {"worker_id": id, "work_order_id": work, "worked_on": month.first, "minutes": 60}
            session.execute(insert(hours_entry).values(**at, **hours))
        lot = {"lot": f"{code}-{number}", "work_order_id": work, "accepted_on": month.first}
        lot["agreement_id"] = under
        session.execute(insert(premi_lot).values(facility=code, sku=SKU, pieces=1, **lot))
        shared = {"kind": "shared", "booked_on": month.first, "lot": lot["lot"]}
        entry = session.execute(
            insert(premi_entry).values(**at, **shared).returning(premi_entry.c.id)
        ).scalar_one()
        shares = [id for id, one in here if number in one["shared"]]
        for line, id in enumerate(shares, 1):
            values = {"entry_id": entry, "number": line, "account": "worker", "worker_id": id, "idr": -1_000}
            session.execute(insert(premi_line).values(**values))


def consents(session: Session, id: UUID, under: UUID, purpose: str, month: welfare.Month) -> None:
    about = {"worker_id": id, "agreement_id": under, "purpose": purpose, "text_version": 1}
    how = {"language": "id", "read_aloud": True, "witness_role": "visitor"}
    when = {"given_on": month.first, "recorded_at": noon(month)}
    session.execute(insert(consent).values(**about, **how, **when))


def noon(month: welfare.Month) -> datetime:
    return datetime.combine(month.first, time(12), WIB)
