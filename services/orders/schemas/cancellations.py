"""Cancellations as the API takes and gives them."""

from marshmallow import Schema, fields, validate

from services.orders.domain.cancellation import LONGEST_REASON
from shared.web.schemas import Remark, Whole, pieces


def _line() -> Whole:
    return Whole(required=True, validate=validate.Range(1, 200, error="Give the number of a line, from 1."))


class CancelledLineRequest(Schema):
    line = _line()
    quantity = pieces()


class CancelRequest(Schema):
    """Without ``lines`` all that is left of the order."""

    lines = fields.List(
        fields.Nested(CancelledLineRequest),
        validate=validate.Length(1, 200, error="Give 1 to 200 lines, or leave them out for the whole order."),
    )
    reason = Remark(LONGEST_REASON, least=3, required=True)
    unpack = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "your consent, as the exporter, to open cartons that are packed already"},
    )


class CancelQuery(Schema):
    dry_run = fields.Boolean(
        load_default=False,
        truthy={"true"},
        falsy={"false"},
        error_messages={"invalid": "Give true or false."},
        metadata={"description": "do nothing, and estimate what could be stopped"},
    )


class GoingOnSchema(Schema):
    """A work order that was not stopped: work that has begun stays counted and paid."""

    work_order_id = fields.UUID()
    facility = fields.String()
    quantity = Whole()
    reason = fields.String(metadata={"description": "under_way or finished"})


class KeptSchema(Schema):
    """Finished goods that were not withheld."""

    quantity = Whole()
    reason = fields.String(metadata={"description": "packed, in_shipment or not_finished"})


class CancelledLineSchema(Schema):
    line = Whole()
    state = fields.String(metadata={"description": "asked, or answered by all who had to"})
    asked = Whole()
    cancelled = Whole(metadata={"description": "stopped and withheld, as far as it is answered"})
    stopped = Whole(allow_none=True, metadata={"description": "by production; null until it answered"})
    withheld = Whole(metadata={"description": "finished goods taken to stock by logistics"})
    going_on = fields.List(fields.Nested(GoingOnSchema))
    kept = fields.List(fields.Nested(KeptSchema))


class CancellationSchema(Schema):
    id = fields.UUID()
    state = fields.String()
    reason = fields.String()
    unpack = fields.Boolean()
    asked_on = fields.Date()
    lines = fields.List(fields.Nested(CancelledLineSchema))


class EstimatedPartSchema(Schema):
    stage = fields.String(
        metadata={"description": "unassigned, not_started, in_work, finished, packed or in_shipment"}
    )
    quantity = Whole(metadata={"description": "of the pieces asked about"})
    stoppable = fields.Boolean()
    why = fields.String()


class EstimatedLineSchema(Schema):
    line = Whole()
    asked = Whole()
    probably = Whole(metadata={"description": "pieces that can probably still be stopped"})
    parts = fields.List(fields.Nested(EstimatedPartSchema))


class EstimateSchema(Schema):
    """What orders knows now; work may begin meanwhile, so only the answers to a request count."""

    as_of = fields.AwareDateTime()
    lines = fields.List(fields.Nested(EstimatedLineSchema))
