"""Facilities as the API takes and gives them."""

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate

from services.production.domain.agreement import LANES
from services.production.domain.calendar import LONGEST_DAY, REASONS
from services.production.domain.clearance import LANE
from services.production.domain.facility import (
    CLASSES,
    FIRST_LEVEL,
    HIGHEST_LEVEL,
    KINDS,
    PRISONS,
    ZONES,
    Particulars,
)
from services.production.domain.pool import Headcount
from shared.clock import TIME_ZONES
from shared.refusal import Sentence
from shared.web.schemas import Between, Whole, day, short_text

FACILITY_CODE = r"^[A-Z]{3,4}-[A-Z]{3}\Z"


class FacilitySchema(Schema):
    code = fields.String()
    name = fields.String()
    place = fields.String()
    kind = fields.String()
    lane = fields.String()
    hub = fields.Boolean()
    producing = fields.Boolean()
    verified = fields.Boolean()


class ByFamily(fields.Dict):
    """Numbers by family of goods; what is wrong is told under the family's name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # as it is there
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            raise ValidationError(
                {str(key): _flat(wrong) for key, wrong in error.messages.items()}
            ) from error


def _flat(wrong: Any) -> Any:
    """The messages about an entry, whether its key or its value is wrong."""
    return [message for messages in wrong.values() for message in messages]


REMAND_OR_MINOR = re.compile(r"remand|tahanan|minor|child|juvenile|anak|under_?age", re.IGNORECASE)
ADULTS_ONLY = "Only convicted adults work: people on remand and children are not counted here."


class OfConvictedAdults(Schema):
    """Refuses, by its name, whatever would count people on remand or children as able to work."""

    @pre_load
    def no_remand_and_no_minors(self, data: Any, **_: Any) -> Any:
        if wrong := _about_others(data):
            raise ValidationError(wrong)
        return data


def _about_others(data: Any) -> dict[str, Any]:
    """The fields, inner ones too, that tell of people who may not work."""
    if not isinstance(data, dict):
        return {}
    wrong = {
        name: [ADULTS_ONLY] if REMAND_OR_MINOR.search(str(name)) else _about_others(value)
        for name, value in data.items()
    }
    return {name: told for name, told in wrong.items() if told}


def _count(most: int, least: int = 0, **options: Any) -> Whole:
    between = Between(Sentence("Give a whole number from {least} to {most}.", least=least, most=most))
    return Whole(validate=between, **options)


def _day_minutes() -> Whole:
    between = Between(Sentence("Give minutes a day from {least} to {most}.", least=0, most=LONGEST_DAY))
    return Whole(required=True, validate=between)


class CapacityRequest(OfConvictedAdults):
    open_minutes = _day_minutes()
    workers = ByFamily(
        keys=fields.String(),
        values=Whole(validate=validate.Range(0, 2000, error="Give a number of places from 0 to 2000.")),
        required=True,
        metadata={
            "description": "places for consenting workers by family of goods; of people only weeks tell"
        },
    )


class CapacitySchema(CapacityRequest):
    facility = fields.String()


def _one_of(choices: Iterable[str], **options: Any) -> fields.String:
    known = tuple(choices)
    return fields.String(validate=validate.OneOf(known, error=f"Give one of {', '.join(known)}."), **options)


class ParticularsRequest(OfConvictedAdults):
    name = short_text(80)
    kind = _one_of(KINDS, required=True)
    lane = _one_of(
        LANES,
        load_default=None,
        metadata={"description": "whose work its lots are; may be left out of a Lapas, Rutan or LPKA alone"},
    )
    kelas = _one_of(CLASSES, load_default=None, allow_none=True, data_key="class")
    place = short_text(80)
    cluster = fields.String(
        required=True, validate=validate.Regexp(r"^[A-Z]{3}\Z", error="Give three capitals, such as SKA.")
    )
    time_zone = _one_of(TIME_ZONES, load_default="Asia/Jakarta", metadata={"description": "WIB, WITA or WIT"})
    address = fields.List(
        short_text(120), required=True, validate=validate.Length(1, 5, error="Give one to five lines.")
    )
    gln = fields.String(required=True, metadata={"description": "13 digits"})
    hub = fields.Boolean(load_default=False)
    verified = fields.Boolean(load_default=False, metadata={"description": "the regional office confirms it"})
    producing = fields.Boolean(load_default=False, metadata={"description": "it may be asked for work"})

    @post_load
    def particulars(self, data: dict[str, Any], **_: Any) -> Particulars:
        if data["lane"] is None:
            if data["kind"] not in PRISONS:
                raise ValidationError("Say whose work its lots are.", "lane")
            data["lane"] = LANE
        return Particulars(**{**data, "address": tuple(data["address"])})


class CapabilityRequest(OfConvictedAdults):
    workers = _count(2000, required=True, metadata={"description": "places for consenting workers"})
    efficiency_pct = _count(100, 1, load_default=75)
    yield_pct = _count(
        100, 1, load_default=95, metadata={"description": "how many of a hundred turn out good"}
    )
    skill_level = _count(HIGHEST_LEVEL, FIRST_LEVEL, load_default=FIRST_LEVEL)
    zone = _one_of(
        ZONES,
        load_default="workshop",
        metadata={"description": "where it is made; in a block nothing is asked for that is cut or sawn"},
    )
    valid_from = day(required=False, load_default=None, allow_none=True)
    valid_to = day(required=False, load_default=None, allow_none=True)


class CapabilityAmendment(OfConvictedAdults):
    """Only what is to change."""

    workers = _count(2000)
    efficiency_pct, yield_pct = _count(100, 1), _count(100, 1)
    skill_level = _count(HIGHEST_LEVEL, FIRST_LEVEL)
    zone = _one_of(ZONES)
    valid_from = day(required=False, allow_none=True)
    valid_to = day(required=False, allow_none=True)


class CapabilitySchema(CapabilityRequest):
    family = fields.String()


class CapabilityChangeSchema(CapabilityRequest):
    changed_on = fields.Date(
        allow_none=True, metadata={"description": "none: it was so before the first change"}
    )


class CapabilityInFullSchema(CapabilitySchema):
    """What a facility makes of a family now, and what it was said to make before, the newest entry first."""

    facility = fields.String()
    history = fields.List(fields.Nested(CapabilityChangeSchema))


class WeekRequest(OfConvictedAdults):
    monday, tuesday, wednesday = _day_minutes(), _day_minutes(), _day_minutes()
    thursday, friday, saturday, sunday = _day_minutes(), _day_minutes(), _day_minutes(), _day_minutes()


class FacilityInFullSchema(FacilitySchema):
    kelas = fields.String(data_key="class", allow_none=True)
    cluster = fields.String()
    time_zone = fields.String()
    address = fields.List(fields.String())
    gln = fields.String()
    week = fields.Nested(WeekRequest)
    capabilities = fields.List(fields.Nested(CapabilitySchema))
    missing = fields.List(
        fields.String(), metadata={"description": "what keeps it from being asked for work"}
    )


class CalendarQuery(Schema):
    first = day(required=False, load_default=None, data_key="from")
    last = day(required=False, load_default=None, data_key="until")


class DayRequest(OfConvictedAdults):
    until = day(
        required=False,
        load_default=None,
        metadata={"description": "the last of several days; those that are shut anyway stay so"},
    )
    open_minutes = _day_minutes()
    reason = _one_of(REASONS, required=True)


class DaySchema(Schema):
    day = fields.Date()
    open_minutes = fields.Integer()
    reason = fields.String(allow_none=True, metadata={"description": "why it differs from the ordinary week"})
    holiday = fields.String(allow_none=True, metadata={"description": "a public holiday's name"})


class CalendarSchema(Schema):
    facility = fields.String()
    time_zone = fields.String()
    week = fields.Nested(WeekRequest)
    days = fields.List(fields.Nested(DaySchema))


class HeadcountRequest(OfConvictedAdults):
    """Counts of convicted adults; never names."""

    week = day(metadata={"description": "the Monday from which this holds, until another week is told"})
    eligible = _count(20_000, required=True)
    consenting = _count(20_000, required=True)
    expected_releases = _count(20_000, load_default=0)
    expected_transfers = _count(20_000, load_default=0)
    trainees = _count(
        20_000, load_default=0, metadata={"description": "of the consenting, who begin to learn"}
    )

    @post_load
    def headcount(self, data: dict[str, Any], **_: Any) -> Headcount:
        return Headcount(**data)


class HeadcountSchema(Schema):
    """As a facility told it; to others in steps of five, rounded down, and null of fewer."""

    week = fields.Date()
    eligible = fields.Integer(allow_none=True)
    consenting = fields.Integer(allow_none=True)
    expected_releases = fields.Integer(allow_none=True)
    expected_transfers = fields.Integer(allow_none=True)
    trainees = fields.Integer(allow_none=True)


class PoolSchema(Schema):
    facility = fields.String()
    weeks = fields.List(fields.Nested(HeadcountSchema))
