"""What is wrong with a form that was sent, for its page to say beside what was typed."""

from collections.abc import Collection

from marshmallow import ValidationError

from shared.refusal import Refused
from shared.web import pages
from shared.web.problems import field_errors

Wrong = dict[str, str]
"""What is wrong, by the form's field; under the empty name what is wrong with all of it."""


def wrong_with(error: ValidationError | Refused, fields: Collection[str]) -> Wrong:
    """What the error says about these fields of a form: ``quantity`` for ``lines[0].quantity``."""
    if isinstance(error, Refused):
        return {_field(error.field, fields): pages.said(error)}
    told = field_errors(error.messages)
    return {_field(each["field"], fields): pages.said(each["message"]) for each in told}


def _field(named: str | None, fields: Collection[str]) -> str:
    last = (named or "").rsplit(".", 1)[-1].partition("[")[0]
    return last if last in fields else ""
