"""The simple queries of EPCIS 2.0, by the names that the standard gives their parameters."""

from marshmallow import Schema, fields, validate

from shared.web.pagination import MOST
from shared.web.schemas import moment


class Listed(fields.String):
    """Values between commas."""

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> list[str]:  # type: ignore[override]  # one text is read as several
        text = str(super()._deserialize(value, attr, data, **kwargs))
        return [each.strip() for each in text.split(",") if each.strip()]


class EventsQuery(Schema):
    steps = Listed(
        data_key="EQ_bizStep",
        load_default=list,
        metadata={"description": "steps of the Core Business Vocabulary, such as shipping,receiving"},
    )
    since = moment(required=False, data_key="GE_eventTime", load_default=None)
    before = moment(required=False, data_key="LT_eventTime", load_default=None)
    epcs = Listed(
        data_key="MATCH_epc",
        load_default=list,
        metadata={"description": "EPCs of cartons or containers, as the events name them"},
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
