"""A hold, and the two people in different roles who release it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from shared.events.orders import Lane, Purpose
from shared.refusal import Refused
from shared.text import has_identity_number, is_plain

SIGNERS = {"compliance_officer": "compliance officer", "kanwil": "regional office"}
"""Who may sign a release, one of each: the exporter's compliance officer and the regional office, in words."""
RELEASE_ROLES = tuple(SIGNERS)
SHORTEST_REASON, LONGEST_REASON = 40, 2000
LONGEST_RELEASE = timedelta(days=90)
USUAL_RELEASE = timedelta(days=60)
"""Until when a release counts if the signer names no day."""


@dataclass(frozen=True)
class Signer:
    """A named person who signs a release, in the role that gives the right to."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a person says by signing: why, until when, and what they saw (``digest`` of the facts).

    ``dossiers`` are the versions that they saw, and ``open_needs`` what the rules ask for and was not met.
    """

    reason: str
    digest: str
    expires_on: date | None = None
    dossiers: Sequence[Mapping[str, Any]] = ()
    open_needs: Sequence[str] = ()


@dataclass(eq=False, kw_only=True)
class Signature:
    """One of the two signatures under a release."""

    signer_id: str
    signer_name: str
    role: str
    reason: str
    signed_on: date
    expires_on: date | None = None
    digest: str | None = None
    dossiers: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def last_day(self) -> date:
        """Until when it counts; one from before the day was kept counts as long as any may."""
        return self.expires_on or self.signed_on + LONGEST_RELEASE


@dataclass(eq=False, kw_only=True)
class Hold:
    """A line waits for a decision: to produce it, or to export it.

    What is decided is frozen when it opens: the quantity, the lane, the countries of the route and the
    policies; and to export, the finished lots. ``facilities`` are those that the officers were told of.
    ``ended_on`` is when a release that was given counted no more, and ``looked_on`` when it was last seen that
    all it rests on still holds.
    """

    purpose: Purpose
    quantity: int
    opened_on: date
    lane: Lane = "custodial"
    transit: list[str] | None = None
    policies: list[str] = field(default_factory=list)
    lots: list[dict[str, Any]] | None = None
    facilities: list[str] = field(default_factory=list)
    released_on: date | None = None
    withdrawn_on: date | None = None
    ended_on: date | None = None
    looked_on: date | None = None
    signatures: list[Signature] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether it was neither released nor withdrawn, because the line changed."""
        return self.released_on is None and self.withdrawn_on is None

    @property
    def expires_on(self) -> date:
        """The last day of the release: the earlier one of the two that were signed for."""
        return min(signature.last_day for signature in self.signatures)

    @property
    def stands(self) -> bool:
        """Whether it was released, and still is."""
        return self.released_on is not None and self.ended_on is None

    def names(self, lot: str) -> bool:
        """Whether it is about this lot; one that names none is about all."""
        return self.lots is None or any(each["lot"] == lot for each in self.lots)

    def choose(self, lots: Sequence[str]) -> None:
        """Be about some of the finished lots alone, before anybody signs; the others are asked about after these."""
        waiting = [each["lot"] for each in self.lots or ()]
        if not lots or not set(lots) <= set(waiting):
            raise Refused(
                "Give finished lots that wait for this release: {lots}.",
                field="lots",
                lots=", ".join(waiting) or "–",
            )
        if set(lots) == set(waiting):
            return
        if self.signatures:
            raise Refused(
                "The first signature is for {lots}: sign for the same.", field="lots", lots=", ".join(waiting)
            )
        self.lots = [each for each in self.lots or () if each["lot"] in lots]
        self.quantity = min(self.quantity, sum(each["quantity"] for each in self.lots))

    def sign(self, by: Signer, said: Statement, on: date) -> None:
        """Add a signature; refused for a role without the right, twice the same person or the same role.

        To export it is refused while a need is open; to produce, needs are told and stop nobody. The last
        signature releases the hold.
        """
        if by.role not in RELEASE_ROLES:
            raise Refused(
                "A release is signed by the compliance officer and the regional office, not by {role}.",
                role=by.role,
            )
        if self.purpose == "export" and said.open_needs:
            raise Refused(
                "No role releases it to export while this is open: {needs}.", needs=", ".join(said.open_needs)
            )
        reason = plain_reason(said.reason)
        if self.is_stale(on):
            raise Refused("The first signature has run out; both are asked for anew.")
        if any(by.id == earlier.signer_id or by.role == earlier.role for earlier in self.signatures):
            raise Refused(
                "The release already has the signature of the {role}; the other role signs next.",
                role=SIGNERS[by.role],
            )
        self.signatures.append(
            Signature(
                signer_id=by.id,
                signer_name=by.name,
                role=by.role,
                reason=reason,
                signed_on=on,
                expires_on=_last_day(said.expires_on, on),
                digest=said.digest,
                dossiers=list(said.dossiers),
            )
        )
        if {signature.role for signature in self.signatures} == set(RELEASE_ROLES):
            self.released_on = on

    def is_stale(self, on: date) -> bool:
        """Whether a signature ran out while the other one was waited for: then both are asked for anew."""
        return self.open and any(signature.last_day < on for signature in self.signatures)


def _last_day(wanted: date | None, on: date) -> date:
    if wanted is None:
        return on + USUAL_RELEASE
    if not on <= wanted <= on + LONGEST_RELEASE:
        raise Refused(
            "Give a last day from {today} to {latest}: a release counts for 90 days or less.",
            field="expires_on",
            today=on,
            latest=on + LONGEST_RELEASE,
        )
    return wanted


def plain_reason(text: str) -> str:
    """Why somebody decides so, long enough to say something."""
    reason = text.replace("\r\n", "\n").strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused("Give the reason in {least} characters or more.", field="reason", least=SHORTEST_REASON)
    if len(reason) > LONGEST_REASON or not is_plain(reason, lines=True):
        raise Refused(
            "Give the reason in plain text of up to {most} characters.", field="reason", most=LONGEST_REASON
        )
    if has_identity_number(reason):
        raise Refused("Give it without anybody's identity number.", field="reason")
    return reason
