"""A hold, and the two people in different roles who release it."""

from dataclasses import dataclass, field
from datetime import date

from shared.events.orders import Purpose
from shared.refusal import Refused
from shared.text import has_identity_number, is_plain

SIGNERS = {"compliance_officer": "compliance officer", "kanwil": "regional office"}
"""Who may sign a release, one of each: the exporter's compliance officer and the regional office, in words."""
RELEASE_ROLES = tuple(SIGNERS)
SHORTEST_REASON, LONGEST_REASON = 40, 2000


@dataclass(frozen=True)
class Signer:
    """A named person who signs a release, in the role that gives the right to."""

    id: str
    name: str
    role: str


@dataclass(eq=False, kw_only=True)
class Signature:
    """One of the two signatures under a release."""

    signer_id: str
    signer_name: str
    role: str
    reason: str
    signed_on: date


@dataclass(eq=False, kw_only=True)
class Hold:
    """A line waits for a decision: to produce it, or to export it."""

    purpose: Purpose
    quantity: int
    released_on: date | None = None
    withdrawn_on: date | None = None
    signatures: list[Signature] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether it was neither released nor withdrawn, because the line changed."""
        return self.released_on is None and self.withdrawn_on is None

    def sign(self, by: Signer, reason: str, on: date) -> None:
        """Add a signature; refused for a role without the right, twice the same person or the same role.

        The last of them releases the hold.
        """
        if by.role not in RELEASE_ROLES:
            raise Refused(
                "A release is signed by the compliance officer and the regional office, not by {role}.",
                role=by.role,
            )
        reason = _plain(reason)
        if any(by.id == earlier.signer_id or by.role == earlier.role for earlier in self.signatures):
            raise Refused(
                "The release already has the signature of the {role}; the other role signs next.",
                role=SIGNERS[by.role],
            )
        self.signatures.append(
            Signature(signer_id=by.id, signer_name=by.name, role=by.role, reason=reason, signed_on=on)
        )
        if {signature.role for signature in self.signatures} == set(RELEASE_ROLES):
            self.released_on = on


def _plain(text: str) -> str:
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
