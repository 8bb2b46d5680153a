"""Evidence as the API takes and gives it."""

from marshmallow import Schema, fields, validate

from services.production.domain.evidence import FINDINGS, ISSUERS, KINDS, SUPPORTS
from shared.web.schemas import day, long_text, short_text


def _one_of(names: tuple[str, ...], *, required: bool = True, **options: object) -> fields.String:
    among = validate.OneOf(names, error=f"Give one of {', '.join(names)}.")
    return fields.String(required=required, validate=among, **options)  # type: ignore[arg-type]  # as marshmallow takes them


class EvidenceRequest(Schema):
    """A document; the file itself stays where it is, since it may name people, and only its hash is kept."""

    item = _one_of(tuple(KINDS))
    finding = _one_of(FINDINGS, required=False, load_default=SUPPORTS)
    document = short_text(80, least=3)
    issuer = _one_of(ISSUERS)
    issued_on = day()
    valid_until = day(required=False, load_default=None, allow_none=True)
    sha256 = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(
            r"^[0-9a-f]{64}\Z", error="Give the SHA-256 of the file in 64 small hex digits."
        ),
    )
    agreement_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "of not_at_private_disposal: the agreement that it stands in, and ends with"
        },
    )


class EvidenceWithdrawal(Schema):
    reason = long_text(400, least=3)


class EvidenceSchema(Schema):
    id = fields.UUID()
    facility = fields.String()
    item = fields.String()
    finding = fields.String()
    document = fields.String(metadata={"description": "its number or title, naming nobody"})
    issuer = fields.String(metadata={"description": "by role"})
    issued_on = fields.Date()
    valid_until = fields.Date(allow_none=True, metadata={"description": "null: until it is withdrawn"})
    sha256 = fields.String(allow_none=True, metadata={"description": "of the file, if one was there"})
    agreement_id = fields.UUID(allow_none=True, metadata={"description": "in which it stands"})
    recorded_on = fields.Date()
    recorded_by = fields.String(metadata={"description": "by role"})
    withdrawn_on = fields.Date(allow_none=True)
    withdrawn_reason = fields.String(allow_none=True)
