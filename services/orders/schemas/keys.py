"""API keys as the API takes and gives them."""

from datetime import timedelta

from marshmallow import Schema, fields, validate

from shared.web.access import SCOPES
from shared.web.keys import LONGEST_OVERLAP, OVERLAP, STATES
from shared.web.schemas import Whole, moment, short_text

HOUR = timedelta(hours=1)


class KeyRequest(Schema):
    name = short_text(200)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES, error="Give read, write or both.")),
        required=True,
        validate=validate.Length(1, len(SCOPES), error="Give read, write or both."),
        metadata={"description": "what it may do: read for every GET, write for anything else"},
    )
    expires_at = moment(
        required=False,
        load_default=None,
        allow_none=True,
        metadata={"description": "from when it opens nothing; none means never"},
    )


class KeyRotationRequest(Schema):
    overlap_hours = Whole(
        load_default=OVERLAP // HOUR,
        validate=validate.Range(
            0, LONGEST_OVERLAP // HOUR, error=f"Give a number of hours from 0 to {LONGEST_OVERLAP // HOUR}."
        ),
        metadata={"description": "how long the key that is replaced still opens"},
    )


class KeyListedSchema(Schema):
    id = fields.String()
    prefix = fields.String(metadata={"description": "what the key begins with, to know it by"})
    name = fields.String()
    scopes = fields.List(fields.String(metadata={"enum": list(SCOPES)}))
    state = fields.String(metadata={"enum": list(STATES)})
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime(allow_none=True)
    last_used_at = fields.AwareDateTime(allow_none=True, metadata={"description": "to the minute"})
    revoked_at = fields.AwareDateTime(allow_none=True)


class KeySchema(KeyListedSchema):
    key = fields.String(
        allow_none=True,
        metadata={"description": "shown once, when it is made; null when the request is repeated"},
    )
