"""Evidence of how people work in a facility: documents that show or contradict one thing, and nobody's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services.production.domain.agreement import Agreement
from services.production.domain.remarks import nobody_named, said
from shared.refusal import Refused

HEAD, OFFICE = RECORDERS = ("facility_head", "kanwil")
SUPPORTS, CONTRADICTS = FINDINGS = ("supports", "contradicts")

ISSUERS: Final = (
    *RECORDERS,
    "health_office",
    "insurer",
    "auditor",
    "labour_inspector",
    "supervising_judge",
    "ombudsman",
    "human_rights_commission",
)
OUTSIDE: Final = ("auditor", "labour_inspector", "supervising_judge", "ombudsman", "human_rights_commission")
"""Who is in no line of command with the facility."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Whose document may show an item, and for how many days it does at most."""

    issuers: Sequence[str]
    longest_days: int


COUNTED: Final = Kind(issuers=(OFFICE, *OUTSIDE), longest_days=365)
"""What the facility keeps the records of is shown by who counted them over, not by the facility."""
YEARLY: Final = Kind(issuers=RECORDERS, longest_days=365)

KINDS: Final = {
    "consent": COUNTED,
    "refusal_is_free": YEARLY,
    "not_at_private_disposal": Kind(issuers=RECORDERS, longest_days=730),
    "pay": COUNTED,
    "hours": COUNTED,
    "safety": Kind(issuers=(OFFICE, "health_office", "insurer", *OUTSIDE), longest_days=365),
    "no_deductions": COUNTED,
    "grievance_channel": YEARLY,
    "independent_visit": Kind(issuers=OUTSIDE, longest_days=365),
    "nobody_excluded_works": YEARLY,
    "skills": YEARLY,
}
"""The tests of the ILO's indicators, as far as documents of a facility can meet them."""
OF_AN_AGREEMENT: Final = "not_at_private_disposal"
"""What shows this is a clause of an agreement with a partner, and ends with it."""


@dataclass(eq=False, kw_only=True)
class Evidence:
    """One document. It is never changed: who erred withdraws it with a reason and records another."""

    id: UUID
    facility: str
    item: str
    finding: str
    document: str
    issuer: str
    issued_on: date
    valid_until: date | None
    sha256: str | None
    recorded_on: date
    recorded_by: str
    agreement_id: UUID | None = None
    withdrawn_on: date | None = None
    withdrawn_reason: str | None = None

    def withdraw(self, *, reason: str, on: date, by: str) -> str:
        """Take it back, with a reason that names nobody; what speaks against a facility only its office takes back."""
        if self.withdrawn_on is not None:
            raise Refused("This evidence is withdrawn already.")
        if self.finding == CONTRADICTS and by != OFFICE:
            raise Refused("What contradicts an item is withdrawn by the regional office.")
        self.withdrawn_reason = said(reason)
        self.withdrawn_on = on
        return self.withdrawn_reason


def record(
    *,
    id: UUID,
    facility: str,
    item: str,
    finding: str,
    document: str,
    issuer: str,
    issued_on: date,
    valid_until: date | None,
    sha256: str | None,
    agreement: Agreement | None,
    today: date,
    by: str,
) -> Evidence:
    """A document as evidence of an item: by who may issue it, for as long as it may last."""
    if by not in RECORDERS:
        raise Refused("Evidence is recorded by the head of the facility or the regional office.")
    if issued_on > today:
        raise Refused("Give a day up to today.", field="issued_on")
    _must_stand_in(agreement, valid_until, of_one=(item, finding) == (OF_AN_AGREEMENT, SUPPORTS))
    if finding == SUPPORTS:
        _must_hold(KINDS[item], issuer, issued_on, valid_until)
    elif valid_until is not None:
        raise Refused(
            "What contradicts an item has no last day: it stands until it is withdrawn.", field="valid_until"
        )
    return Evidence(
        id=id,
        facility=facility,
        item=item,
        finding=finding,
        document=nobody_named(document, field="document"),
        issuer=issuer,
        issued_on=issued_on,
        valid_until=valid_until,
        sha256=sha256,
        recorded_on=today,
        recorded_by=by,
        agreement_id=agreement.id if agreement else None,
    )


def _must_stand_in(agreement: Agreement | None, valid_until: date | None, *, of_one: bool) -> None:
    if of_one and agreement is None:
        raise Refused("Say in which agreement (PKS) of this facility it stands.", field="agreement_id")
    if not of_one and agreement is not None:
        raise Refused(
            "Only what shows that nobody is at private disposal stands in an agreement (PKS).",
            field="agreement_id",
        )
    if agreement is not None and valid_until is not None and valid_until > agreement.last_day:
        raise Refused(
            "The agreement (PKS) ends on {last}: give a day up to then.",
            field="valid_until",
            last=agreement.last_day,
        )


def _must_hold(kind: Kind, issuer: str, issued_on: date, valid_until: date | None) -> None:
    if issuer not in kind.issuers:
        raise Refused(
            "Of this item only these issue evidence: {issuers}.",
            field="issuer",
            issuers=", ".join(kind.issuers),
        )
    last = issued_on + timedelta(days=kind.longest_days)
    if valid_until is None or not issued_on <= valid_until <= last:
        raise Refused(
            "Give a last day from {first} to {last}.", field="valid_until", first=issued_on, last=last
        )
