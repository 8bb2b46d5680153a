"""Imports of orders: what a row must be, and what the API tells of it."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.orders.domain import routing
from services.orders.rows import LONGEST_PO_NUMBER
from services.orders.schemas.orders import INCOTERMS, country, currency, payment_terms, route
from shared.web.pagination import PageSchema
from shared.web.problems import field_errors
from shared.web.schemas import Money, Text, day, short_text

OUTCOMES = ("accepted", "refused", "repeated")


class _Count(fields.Integer):
    """A whole number of pieces, as JSON has it or in digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        digits = str(value)
        if isinstance(value, bool) or not (digits.isascii() and digits.isdigit() and len(digits) < 10):
            raise ValidationError("Give a number of pieces in digits alone, for example 12000.")
        return int(digits)


class _Address(fields.Field[list[str]]):
    """One to six lines, in a list, or in one text between ``|`` or line ends."""

    line = Text(200)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        lines = value.replace("\n", "|").split("|") if isinstance(value, str) else value
        if not isinstance(lines, list) or not 1 <= len(lines) <= 6:
            raise ValidationError("Give 1 to 6 lines of address, with | between them.")
        return [str(self.line.deserialize(each)) for each in lines]


class _Route(fields.Field[list[str] | None]):
    """Countries in a list, or in one text between ``|``, commas or spaces; a dash alone is a direct route."""

    countries = route()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        codes = routing.typed(value) if isinstance(value, str) else value
        try:
            return self.countries.deserialize(codes)
        except ValidationError as error:
            raise ValidationError([next(field_errors(error.messages))["message"]]) from None


class ImportRowSchema(Schema):
    """One row: a line of an order. Rows with the same PO number make one order."""

    po_number = short_text(LONGEST_PO_NUMBER)
    currency = currency()
    incoterm = fields.String(
        required=True,
        validate=validate.OneOf(INCOTERMS, error=f"Give an Incoterm 2020: {', '.join(INCOTERMS)}."),
    )
    named_place = short_text(100)
    sku = short_text(40)
    quantity = _Count(
        required=True,
        validate=validate.Range(1, 10_000_000, error="Give a number of pieces from 1 to 10,000,000."),
    )
    requested_date = day()
    unit_price = Money()
    consignee_name = short_text(200)
    consignee_address = _Address(required=True)
    consignee_country = fields.String(required=True, validate=country)
    payment_terms = payment_terms()
    transit = _Route(allow_none=True)


class ImportSchema(Schema):
    """How far an import is. Each row is accepted, refused, repeated (its order stood before) or waits."""

    id = fields.UUID()
    state = fields.String(metadata={"description": "preview, working or ended"})
    made_at = fields.AwareDateTime()
    rows = fields.Integer()
    waiting = fields.Integer()
    accepted = fields.Integer()
    refused = fields.Integer()
    repeated = fields.Integer()


class ImportRowsQuery(PageSchema):
    outcome = fields.String(
        load_default=None, validate=validate.OneOf(OUTCOMES, error=f"Give one of {', '.join(OUTCOMES)}.")
    )


class ImportedRowSchema(Schema):
    number = fields.Integer(metadata={"description": "the line of the file where the row begins"})
    po_number = fields.String()
    outcome = fields.String(allow_none=True, metadata={"description": "null while it waits"})
    order_id = fields.UUID(allow_none=True)
    field = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
