"""What a release needs, as the API gives it."""

from marshmallow import Schema, fields


class NeedSchema(Schema):
    """What a rule asks for, and whether facts meet it; to export, two people can't sign while one is open."""

    need = fields.String()
    met = fields.Boolean()
    said = fields.String(metadata={"description": "by what it is met, or what is open, in your language"})
    since = fields.Date(allow_none=True)
