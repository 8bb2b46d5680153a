"""What a facility is able to make."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.production.handlers.facilities import set_places
from services.production.handlers.waiting import offering_new_hours
from services.production.storage import capability, facility
from shared.refusal import Refused


def set_capacity(session: Session, *, code: str, open_minutes: int, workers: dict[str, int]) -> None:
    """What a facility is open and how many places for consenting workers it has for each family; more is offered what waits."""
    families = set(
        session.execute(select(capability.c.family).where(capability.c.facility == code)).scalars()
    )
    for family in sorted(set(workers) - families):
        able = ", ".join(sorted(families)) or "nothing yet"
        raise Refused("This facility makes {families}.", field=f"workers.{family}", families=able)
    with offering_new_hours(session, code):
        session.execute(
            update(facility).where(facility.c.code == code).values(open_minutes=open_minutes, week=None)
        )
        for family, count in workers.items():
            set_places(session, code=code, family=family, workers=count)
