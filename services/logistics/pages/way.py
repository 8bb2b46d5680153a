"""The forms by which a report is corrected, and another departure or arrival is expected."""

import re
from typing import Any
from uuid import UUID

from flask import Blueprint
from marshmallow import EXCLUDE, pre_load

from services.logistics.handlers import milestones, schedules
from services.logistics.pages.shipment import change
from services.logistics.schemas.milestones import NAMES, MilestoneRequest
from services.logistics.schemas.schedules import ScheduleRequest
from shared.web import pages
from shared.web.access import LOGISTICS

desk = Blueprint("way", __name__, url_prefix="/logistics", template_folder="../templates")

DIGITS = re.compile("[0-9]{1,18}")


class CorrectionForm(MilestoneRequest):
    """A form sends the number of a report as text."""

    @pre_load
    def count(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        number = data.get("corrects", "")
        return {**data, "corrects": int(number)} if DIGITS.fullmatch(number) else data


CORRECTION = CorrectionForm(exclude=NAMES, unknown=EXCLUDE)
SCHEDULE = ScheduleRequest(unknown=EXCLUDE)


@desk.post("/shipment/<uuid:shipment_id>/corrections")
@pages.desk(LOGISTICS)
def correct(shipment_id: UUID) -> Any:
    return change(
        shipment_id,
        CORRECTION,
        lambda session, body: milestones.correct_milestone(session, shipment_id=shipment_id, **body),
    )


@desk.post("/shipment/<uuid:shipment_id>/schedule")
@pages.desk(LOGISTICS)
def reschedule(shipment_id: UUID) -> Any:
    return change(
        shipment_id,
        SCHEDULE,
        lambda session, body: schedules.reschedule_shipment(session, shipment_id=shipment_id, **body),
    )
