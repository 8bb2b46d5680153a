"""The simple queries of EPCIS 2.0, by the names that the standard gives their parameters."""

from typing import Final

from marshmallow import Schema, ValidationError, fields, validate

from shared.web.pagination import MOST
from shared.web.schemas import moment


class Listed(fields.String):
    """Values between commas."""

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> list[str]:  # type: ignore[override]  # one text is read as several
        text = str(super()._deserialize(value, attr, data, **kwargs))
        return [each.strip() for each in text.split(",") if each.strip()]


STEPS: Final = (
    "accepting", "arriving", "assembling", "collecting", "commissioning", "consigning",
    "creating_class_instance", "cycle_counting", "decommissioning", "departing", "destroying",
    "disassembling", "dispensing", "encoding", "entering_exiting", "holding", "inspecting", "installing",
    "killing", "loading", "other", "packing", "picking", "receiving", "removing", "repackaging",
    "repairing", "replacing", "reserving", "retail_selling", "sampling", "sensor_reporting", "shipping",
    "staging_outbound", "stock_taking", "stocking", "storing", "transporting", "unloading", "unpacking",
    "void_shipping",
)  # fmt: skip
"""The business steps of the Core Business Vocabulary 2.0."""


def need_steps(steps: list[str]) -> None:
    unknown = [step for step in steps if step not in STEPS]
    if unknown:
        raise ValidationError(f"There is no step {', '.join(unknown)}. Give some of {', '.join(STEPS)}.")


class EventsQuery(Schema):
    steps = Listed(
        data_key="EQ_bizStep",
        load_default=list,
        validate=need_steps,
        metadata={"description": "steps of the Core Business Vocabulary, such as shipping,receiving"},
    )
    since = moment(required=False, data_key="GE_eventTime", load_default=None)
    before = moment(required=False, data_key="LT_eventTime", load_default=None)
    epcs = Listed(
        data_key="MATCH_epc",
        load_default=list,
        metadata={
            "description": "EPCs of cartons or containers, as the events' epcList or childEPCs name them"
        },
    )
    any_epcs = Listed(
        data_key="MATCH_anyEPC",
        load_default=list,
        metadata={"description": "EPCs in epcList, childEPCs or parentID: of pallets, too"},
    )
    limit = fields.Integer(
        data_key="perPage",
        load_default=30,
        validate=validate.Range(1, MOST, error=f"Give a number of events from 1 to {MOST}."),
    )
    after = fields.String(
        data_key="nextPageToken",
        load_default=None,
        metadata={"description": "from the Link header of the page before"},
    )
