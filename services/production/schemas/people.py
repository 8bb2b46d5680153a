"""What the forms about workers take; whatever else is sent is refused by its name."""

from marshmallow import Schema, fields, validate

from services.production.domain.consent import LANGUAGES, PURPOSES, WITNESSES
from services.production.schemas.facilities import OfConvictedAdults
from shared.database import LARGEST_ID
from shared.refusal import Sentence
from shared.web.schemas import Between, day

GRIEVANCES = ("pay", "hours", "safety", "treatment", "consent", "other")
OUTCOMES = ("upheld", "partly_upheld", "not_upheld", "taken_back")
VISITORS = ("supervising_judge", "ombudsman", "komnas_ham", "labour_inspector", "auditor")
FINDINGS = ("no_findings", "findings", "findings_mended")
MOST_CODES, MOST_REFUSALS = 50, 5_000


def _one_of(words: tuple[str, ...]) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(words, error="Choose one of the list."))


def _from_1(most: int) -> Sentence:
    return Sentence("Give a number from 1 to {most}.", least=1, most=most)


def _count(most: int) -> fields.Integer:
    wanted = _from_1(most)
    return fields.Integer(
        required=True, validate=Between(wanted), error_messages={"invalid": wanted, "required": wanted}
    )


def _purposes() -> fields.List[str]:
    return fields.List(
        _one_of(PURPOSES), required=True, validate=validate.Length(1, error="Choose what is consented to.")
    )


class OfWorkers(Schema):
    """About workers that were chosen from the list."""

    workers = fields.List(
        fields.UUID(),
        required=True,
        validate=validate.Length(1, error="Choose workers of this facility, one or more."),
    )


class RegisterForm(OfConvictedAdults):
    count = _count(MOST_CODES)
    eligible = fields.Boolean(
        required=True, error_messages={"required": "Choose yes or no.", "invalid": "Choose yes or no."}
    )


class ConsentForm(OfWorkers):
    agreement_id = fields.UUID(required=True)
    purposes = _purposes()
    language = _one_of(LANGUAGES)
    read_aloud = fields.Boolean(load_default=False)
    witness_role = _one_of(WITNESSES)
    given_on = day()


class WithdrawForm(OfWorkers):
    agreement_id = fields.UUID(required=True)
    purposes = _purposes()


class RefusalsForm(Schema):
    agreement_id = fields.UUID(required=True)
    day = day()
    people = _count(MOST_REFUSALS)


class GrievanceForm(Schema):
    received_on = day()
    kind = _one_of(GRIEVANCES)


class CloseForm(Schema):
    grievance_id = fields.Integer(required=True, validate=Between(_from_1(LARGEST_ID)))
    outcome = _one_of(OUTCOMES)


class VisitForm(Schema):
    visited_on = day()
    kind = _one_of(VISITORS)
    outcome = _one_of(FINDINGS)
