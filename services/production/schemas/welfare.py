"""Figures of how people fare at work, as the API gives them: null where it would be about fewer than five."""

from marshmallow import Schema, fields, validate

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])\Z"


class WelfareQuery(Schema):
    month = fields.String(
        load_default=None,
        validate=validate.Regexp(MONTH, error="Give a month as YYYY-MM."),
        metadata={"description": "a month whose end lies a week back or more; without one the newest"},
    )


def _count(description: str) -> fields.Integer:
    return _told(f"{description}, rounded down to a step of five")


def _told(description: str) -> fields.Integer:
    return fields.Integer(
        allow_none=True, metadata={"description": f"{description}; null of fewer than five"}
    )


class FacilityWelfareSchema(Schema):
    facility = fields.String()
    name = fields.String()
    eligible = _count("workers who may work, at the end of the month")
    consenting = _count("those of them who consented to work")
    workers = _count("who worked for partners in the month and consented to the use of data")
    minutes = _told("minutes that these worked")
    premi_idr = _told(
        "whole rupiah that these earned with lots of the month; null also if others who earned are"
    )
    hourly_idr = _told("rupiah for an hour of their work")
    minimum_hourly_idr = fields.Integer(
        allow_none=True, metadata={"description": "the local minimum wage of a month, divided by 173"}
    )
    minimum_source = fields.String(allow_none=True)
    refusals = _count("how many said no to work")
    open_grievances = _count("grievances that nobody had answered")
    visits = fields.Integer(metadata={"description": "independent visits in the year before"})


class WelfareSchema(Schema):
    """A closed month: a row for each facility, and sums over the rows in which all their figures are told."""

    month = fields.Date()
    facilities = fields.List(fields.Nested(FacilityWelfareSchema))
    participation = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)
    work = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)
    refusals = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)
