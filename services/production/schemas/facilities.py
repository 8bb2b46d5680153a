"""Facilities as the API takes and gives them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared.web.schemas import Whole

FACILITY_CODE = r"^[A-Z]{3,4}-[A-Z]{3}\Z"
LONGEST_DAY = 420
"""Minutes: nobody works more than seven hours a day."""


class FacilitySchema(Schema):
    code = fields.String()
    name = fields.String()
    place = fields.String()
    kind = fields.String()
    hub = fields.Boolean()
    producing = fields.Boolean()
    verified = fields.Boolean()


class ByFamily(fields.Dict):
    """Numbers by family of goods; what is wrong is told under the family's name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # as it is there
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            raise ValidationError(
                {str(key): _flat(wrong) for key, wrong in error.messages.items()}
            ) from error


def _flat(wrong: Any) -> Any:
    """The messages about an entry, whether its key or its value is wrong."""
    return [message for messages in wrong.values() for message in messages]


class CapacityRequest(Schema):
    open_minutes = Whole(
        required=True,
        validate=validate.Range(0, LONGEST_DAY, error=f"Give minutes a day from 0 to {LONGEST_DAY}."),
    )
    workers = ByFamily(
        keys=fields.String(),
        values=Whole(
            validate=validate.Range(0, 2000, error="Give a number of consenting workers from 0 to 2000.")
        ),
        required=True,
        metadata={"description": "consenting workers by family of goods"},
    )


class CapacitySchema(CapacityRequest):
    facility = fields.String()
