"""Webhooks and the feed as the API takes and gives them."""

from datetime import timedelta
from typing import Any

from marshmallow import Schema, fields, validate

from services.orders.domain.webhook import LONGEST_OVERLAP, OVERLAP
from services.orders.webhooks.event_types import EVENT_TYPES
from services.orders.webhooks.views import STATES
from shared.web.pagination import PageSchema
from shared.web.schemas import Remark, Whole, moment

HOUR = timedelta(hours=1)
KNOWN = validate.OneOf(
    EVENT_TYPES, error="Give a type that the timeline has, such as kendi.orders.order_placed.v1."
)


def _url(**options: Any) -> fields.Url:
    length = validate.Length(max=2000, error="Give an address of at most 2000 characters.")
    said = "Give an address such as https://example.com/kendi."
    return fields.Url(
        schemes={"http", "https"},
        require_tld=False,
        validate=length,
        error_messages={"invalid": said},
        **options,
    )


def _description(**options: Any) -> Remark:
    return Remark(200, least=0, metadata={"description": "for people: which system this is"}, **options)


def _event_types(**options: Any) -> fields.List[str]:
    told = {"description": "the types that it is told; an empty list means all, also those to come"}
    return fields.List(
        fields.String(validate=KNOWN),
        validate=validate.Length(max=len(EVENT_TYPES), error="Give each type once."),
        metadata=told,
        **options,
    )


class WebhookRequest(Schema):
    url = _url(required=True)
    description = _description(load_default="")
    event_types = _event_types(load_default=list)


class WebhookChanges(Schema):
    """What is to change; what is not named stays."""

    url = _url()
    description = _description()
    event_types = _event_types()
    active = fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "false switches it off, true on again"}
    )


class WebhookListedSchema(Schema):
    id = fields.UUID()
    url = fields.String()
    description = fields.String()
    event_types = fields.List(fields.String())
    state = fields.String(
        metadata={
            "enum": ["on", "failing", "off"],
            "description": "failing: it failed many times, and one probe is sent in each pause until it answers",
        }
    )
    since = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when it began to fail or was switched off"}
    )
    off_because = fields.String(
        allow_none=True,
        metadata={
            "enum": ["asked", "gone", "silent", None],
            "description": "gone: it answered 410; silent: it failed for fourteen days",
        },
    )
    failures = fields.Integer(metadata={"description": "one after the other, until now"})
    probe_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when a failing endpoint is tried next"}
    )
    previous_secret_until = fields.AwareDateTime(
        allow_none=True, metadata={"description": "until when the secret before this one signs too"}
    )
    created_at = fields.AwareDateTime()


class WebhookSchema(WebhookListedSchema):
    secret = fields.String(
        allow_none=True,
        metadata={"description": "shown once, when it is made; null when the request is repeated"},
    )


class RotationRequest(Schema):
    overlap_hours = Whole(
        load_default=OVERLAP // HOUR,
        validate=validate.Range(
            0, LONGEST_OVERLAP // HOUR, error=f"Give a number of hours from 0 to {LONGEST_OVERLAP // HOUR}."
        ),
        metadata={"description": "how long the secret before this one signs too"},
    )


class AttemptSchema(Schema):
    """One attempt, and what the endpoint answered."""

    started_at = fields.AwareDateTime()
    milliseconds = fields.Integer()
    status = fields.Integer(allow_none=True, metadata={"description": "none if there was no answer"})
    response = fields.String(
        metadata={"description": "the beginning of the answer's body, without what looks like a secret"}
    )
    error = fields.String(
        allow_none=True, metadata={"description": "why it does not count as told; none if it does"}
    )


class OutcomeSchema(AttemptSchema):
    accepted = fields.Boolean()


class LoggedAttemptSchema(AttemptSchema):
    replay = fields.Boolean()


class DeliveryQuery(PageSchema):
    state = fields.String(
        load_default=None,
        validate=validate.OneOf(STATES, error=f"Give one of {', '.join(STATES)}."),
    )
    order_id = fields.UUID(load_default=None, error_messages={"invalid_uuid": "Give the id of an order."})


class DeliverySchema(Schema):
    id = fields.Integer()
    order_id = fields.UUID()
    sequence = fields.Integer(metadata={"description": "the step's number in its order, as in the message"})
    type = fields.String()
    state = fields.String(metadata={"enum": list(STATES)})
    attempts = fields.Integer()
    replays = fields.Integer(metadata={"description": "how often it was asked to be told again"})
    next_at = fields.AwareDateTime(metadata={"description": "while it waits: not tried before this"})
    delivered_at = fields.AwareDateTime(allow_none=True)
    given_up_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when trying ended; later steps of the order went on"}
    )
    response_status = fields.Integer(allow_none=True)
    last_error = fields.String(allow_none=True)


class MessageSchema(Schema):
    """One step of an order, as it is told; docs/webhooks.md describes it."""

    type = fields.String()
    timestamp = fields.String(metadata={"format": "date-time", "description": "business time, UTC"})
    order_id = fields.UUID()
    sequence = fields.Integer(metadata={"description": "the step's number in its order, without gaps"})
    data = fields.Dict()


class DeliveryInFullSchema(DeliverySchema):
    webhook_id = fields.String()
    message = fields.Nested(MessageSchema)
    log = fields.List(
        fields.Nested(LoggedAttemptSchema), metadata={"description": "every attempt, the first one first"}
    )


class ReplayRequest(Schema):
    since = moment(data_key="from", metadata={"description": "steps recorded at this time or later"})
    until = moment(data_key="to", metadata={"description": "and before this time"})
    undelivered_only = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "only what was given up, or never told because the endpoint was off"},
    )


class ReplayedSchema(Schema):
    replayed = fields.Integer(metadata={"description": "steps that are told again"})


class FeedQuery(PageSchema):
    after = fields.String(
        load_default=None, metadata={"description": "next of the answer before; none begins with the first"}
    )


class FedSchema(Schema):
    webhook_id = fields.String(metadata={"description": "as in the header of a webhook"})
    message = fields.Nested(MessageSchema)


class FeedSchema(Schema):
    events = fields.List(fields.Nested(FedSchema))
    next = fields.String(metadata={"description": "the cursor to ask with next, also when nothing came"})
    more = fields.Boolean(metadata={"description": "whether there is more at once"})
