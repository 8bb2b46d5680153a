"""Dossiers as the API gives them."""

from marshmallow import Schema, fields, validate

from services.orders.domain.dossier import ITEMS, NOTICE, STATES


class DossierQuery(Schema):
    version = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 1_000_000, error="Give the number of a version, from 1."),
        metadata={"description": "an earlier version; the newest if none is named"},
    )


class DossierEvidenceSchema(Schema):
    id = fields.String()
    facility = fields.String()
    about = fields.String()
    state = fields.String(metadata={"description": f"one of {', '.join(STATES)}"})
    source = fields.String(
        metadata={
            "description": "who issued it, by role; own_counts of traceability, which this system counts itself"
        }
    )
    document = fields.String()
    issued_on = fields.String()
    valid_until = fields.String(
        allow_none=True,
        metadata={"description": "null of what does not run out: own counts, and what contradicts an item"},
    )
    sha256 = fields.String(
        allow_none=True,
        metadata={"description": "of the document's file; of own counts, over the reports and lots counted"},
    )
    recorded_at = fields.String()


class DossierCountSchema(Schema):
    """What a facility's own books tell of a month in which pieces were made; it completes no item."""

    facility = fields.String()
    month = fields.String(metadata={"description": "as YYYY-MM"})
    figures = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(allow_none=True),
        metadata={"description": "null where it would be about fewer than five people"},
    )


class DossierItemSchema(Schema):
    item = fields.String(metadata={"description": f"one of {', '.join(ITEMS)}"})
    state = fields.String(metadata={"description": f"one of {', '.join(STATES)}"})
    evidence = fields.List(fields.Nested(DossierEvidenceSchema))
    counted = fields.List(fields.Nested(DossierCountSchema))


class DossierLotSchema(Schema):
    lot = fields.String()
    facility = fields.String()
    work_order_id = fields.String()
    sku = fields.String()
    quantity = fields.Integer()
    lane = fields.String()


class DossierSchema(Schema):
    """What is known and what is open. Its hash is the SHA-256 of all its other fields as JSON with sorted names
    and no spaces; ``previous_hash`` is that of the version before."""

    kind = fields.String(metadata={"description": "lot or shipment"})
    id = fields.String()
    version = fields.Integer()
    versions = fields.Integer(
        metadata={"description": "how many there are now; not part of it, nor of its hash"}
    )
    as_of = fields.String(metadata={"description": "when the last fact of this version became known"})
    lots = fields.List(fields.Nested(DossierLotSchema))
    complete = fields.Integer()
    of = fields.Integer()
    completeness = fields.String(metadata={"description": "such as 9 of 11, open: pay, skills (expired)"})
    items = fields.List(fields.Nested(DossierItemSchema))
    notice = fields.String(metadata={"description": NOTICE})
    previous_hash = fields.String(allow_none=True)
    hash = fields.String()
