"""Notes of counsel as the API takes and gives them."""

from marshmallow import Schema, ValidationError, fields, validate

from services.orders.domain.counsel_note import (
    LONGEST_REASON,
    LONGEST_SUMMARY,
    SHORTEST_REASON,
    SHORTEST_SUMMARY,
    UNION,
)
from services.orders.schemas.orders import country
from shared.web.pagination import PageSchema
from shared.web.schemas import Remark, day, long_text, short_text


def country_or_union(code: str) -> None:
    if code == UNION:
        return
    try:
        country(code)
    except ValidationError:
        raise ValidationError(
            "Give a country as two capital letters of ISO 3166-1, for example GB, or EU for the European Union."
        ) from None


class CounselNoteRequest(Schema):
    """What a note says in short. The file stays with you; by its SHA-256 it is known again."""

    country = fields.String(required=True, validate=country_or_union)
    adviser = Remark(120, required=True, metadata={"description": "a firm or an office, no private person"})
    given_on = day()
    valid_until = day(metadata={"description": "twelve months later at most"})
    policies = fields.List(
        short_text(60),
        required=True,
        validate=validate.Length(0, 20, error="Give up to 20 policies."),
        metadata={"description": "that it covers, by version, such as DP-GB-1.v1; none where no rule exists"},
    )
    sha256 = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[0-9a-f]{64}\Z", error="Give the SHA-256 of the file in 64 small hex digits."
        ),
    )
    summary = long_text(LONGEST_SUMMARY, least=SHORTEST_SUMMARY)


class CounselNoteWithdrawal(Schema):
    reason = long_text(LONGEST_REASON, least=SHORTEST_REASON)


class CounselNotesQuery(PageSchema):
    pass


class CounselNoteSchema(Schema):
    id = fields.UUID()
    country = fields.String(metadata={"description": "ISO 3166-1 alpha-2, or EU"})
    adviser = fields.String()
    given_on = fields.Date()
    valid_until = fields.Date()
    policies = fields.List(fields.String())
    sha256 = fields.String()
    summary = fields.String()
    recorded_by = fields.String(attribute="recorded_by_name")
    recorded_at = fields.AwareDateTime(metadata={"description": "business time, UTC"})
    withdrawn_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "business time, UTC; null while it stands"}
    )
    withdrawn_by = fields.String(attribute="withdrawn_by_name", allow_none=True)
    withdrawn_reason = fields.String(allow_none=True)
