"""Which papers a shipment needs, who owes them, and what can't happen without them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from services.logistics.domain.milestones import STUFFED_SEALED, Graph
from services.logistics.domain.modes import MODES, Mode
from shared.refusal import Refused, Sentence, one_after_another

CLEARANCE: Final = "DEST-POLICY"
"""Not a paper, but the clearance under which the goods leave; it stands on the list to be seen."""

EXPORT_DECLARATION: Final = "PEB"
EXPORT_NOTE: Final = "NPE"
"""What customs answers to the declaration; it falls with it."""
BY_CUSTOMS: Final = (EXPORT_DECLARATION, EXPORT_NOTE)

AIR_WAYBILL: Final = "AWB"
DELIVERY_NOTE: Final = "SJ"
TRANSPORT_DOCUMENTS: Final = frozenset({"BL", AIR_WAYBILL, DELIVERY_NOTE})
"""Whoever has them gets the goods, so they may wait for the payment."""

BEFORE_SHIPMENTS: Final = frozenset({"CARTON_PACKED", "LEFT_FACILITY", "ARRIVED_HUB", "CONSOLIDATED"})
"""Ours too, but passed when a shipment is planned: what they ask for must be there before the goods leave."""


Treatment = Literal["gas", "heat"]
TREATMENTS: tuple[Treatment, ...] = ("gas", "heat")
"""How goods are rid of what lives in them; countries take a certificate of the one longer than of the other."""


@dataclass(frozen=True, kw_only=True)
class Cargo:
    """What decides which papers are needed; the tariff's headings are written as ``5609.00``."""

    destination: str
    materials: frozenset[str]
    hs6: frozenset[str]
    lanes: frozenset[str]
    incoterm: str
    mode: str = "sea_fcl"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One document and when it is needed; ``None`` in a condition means that it holds for all.

    What is needed only ``on_request`` (the buyer or the destination asks, or the packing is wooden)
    is listed but holds nothing up. ``valid_days`` are by country and treatment.
    """

    code: str
    name_en: str
    name_id: str
    owed_by: str
    blocks: tuple[str, ...]
    countries: tuple[str, ...] | None = None
    materials: tuple[str, ...] | None = None
    hs: tuple[str, ...] | None = None
    lanes: tuple[str, ...] | None = None
    incoterms: tuple[str, ...] | None = None
    modes: tuple[str, ...] | None = None
    on_request: bool = False
    made_by_system: bool = False
    verified: bool = True
    needed_by: str | None = None
    valid_days: Mapping[str, dict[str, int]] = field(default_factory=dict)
    serves_many: bool = False
    names_consignee: bool = False

    def covers(self, cargo: Cargo) -> bool:
        return (
            (self.countries is None or cargo.destination in self.countries)
            and (self.materials is None or not cargo.materials.isdisjoint(self.materials))
            and (self.hs is None or any(_under(hs6, self.hs) for hs6 in cargo.hs6))
            and (self.lanes is None or not cargo.lanes.isdisjoint(self.lanes))
            and (self.incoterms is None or cargo.incoterm in self.incoterms)
            and (self.modes is None or cargo.mode in self.modes)
        )


@dataclass(eq=False, kw_only=True)
class Document:
    """One entry of a shipment's checklist. It is there when it has a number.

    The words are a copy of the rule's as it stood when the checklist was made; ``blocks`` are the
    milestones that can't be without it. ``verified`` is false where nobody has read the present rule.
    ``needed_by`` counts its last day from the booking's days; of one that ``serves_many`` the same paper may
    be kept with other shipments. One that ``names_consignee`` holds for that consignee only. ``valid_days`` are those of the destination by ``treatment``, from the day on the
    paper to the stuffing; while nobody told which it was, the shortest count. ``outdated`` is what was there, made out
    to a consignee whom the goods do not go to any more, and has not come anew.
    """

    code: str
    name_en: str
    name_id: str
    owed_by: str
    blocks: list[str]
    needed: bool
    made_by_system: bool
    verified: bool
    needed_by: str | None = None
    serves_many: bool = False
    names_consignee: bool = False
    outdated: bool = False
    number: str | None = None
    issued_on: date | None = None
    valid_days: dict[str, int] = field(default_factory=dict)
    treatment: Treatment | None = None

    @property
    def present(self) -> bool:
        return self.number is not None

    @property
    def missing(self) -> bool:
        return self.needed and not self.present

    def record(self, number: str, issued_on: date, *, today: date) -> None:
        """Note the paper's number and date; a second time corrects them."""
        if not number.strip():
            raise Refused("Give the number that stands on the document.", field="number")
        if issued_on > today:
            raise Refused(
                "{day} is in the future; give the date on the document.", field="issued_on", day=issued_on
            )
        self.number, self.issued_on, self.outdated = number.strip(), issued_on, False

    def withdraw(self) -> None:
        """It is there no longer: whoever issued it took it back."""
        self.number = self.issued_on = self.treatment = None
        self.outdated = False

    def outdate(self) -> None:
        """It was made out to a consignee whom the goods do not go to: it is asked for again, whoever asked before."""
        if self.names_consignee and self.present:
            self.withdraw()
            self.outdated = self.needed = True

    def treated_by(self, treatment: Treatment | None) -> None:
        """Note what it certifies, where its days hang on that."""
        if treatment and not self.valid_days:
            raise Refused(
                "For {code} it makes no difference how the goods were treated: leave it out.",
                field="treatment",
                code=self.code,
            )
        self.treatment = treatment

    @property
    def valid_until(self) -> date | None:
        """The last day on which the goods may be stuffed under it; none where nobody counts."""
        if self.issued_on is None or not self.valid_days:
            return None
        return self.issued_on + timedelta(days=self._lasts)

    @property
    def _lasts(self) -> int:
        return self.valid_days.get(self.treatment or "", min(self.valid_days.values()))

    def reason_too_old(self, on: date) -> Sentence | None:
        """Why nothing may be stuffed under it on this day; nothing if it may."""
        if self.valid_until is None or on <= self.valid_until:
            return None
        return Sentence(
            "{code} of {day} is good for {days} days, until {last}: have the goods treated again.",
            code=self.code,
            day=self.issued_on,
            days=self._lasts,
            last=self.valid_until,
        )

    def restate(self, rule: "Document") -> None:
        """Ask for it as the rule stands now; what was noted of it stays."""
        for name in RESTATED:
            setattr(self, name, getattr(rule, name))
        self.needed = self.needed or self.outdated


RESTATED: Final = (
    "name_en",
    "name_id",
    "owed_by",
    "blocks",
    "needed",
    "made_by_system",
    "verified",
    "needed_by",
    "valid_days",
    "serves_many",
    "names_consignee",
)


def checklist(rules: Iterable[Rule], cargo: Cargo, graph: Graph) -> list[Document]:
    """The papers of this cargo that block one of its milestones, or should have been there before.

    What a paper blocks elsewhere, on a way without that milestone the next one waits for.
    """
    by = MODES[cargo.mode]
    return [
        _by_rule(
            rule,
            blocks,
            needed=not rule.on_request,
            made_by_system=rule.made_by_system,
            needed_by=rule.needed_by,
            valid_days=rule.valid_days.get(cargo.destination, {}),
        )
        for rule in rules
        if rule.covers(cargo) and (blocks := _blocks(rule, graph, by))
    ]


def to_hand_in(rules: Iterable[Rule], graph: Graph, by: Mode, *, but: Collection[str]) -> list[Document]:
    """Papers that nobody asks for of these goods, though somebody may hand them in: nothing waits for them.

    Those of another way of transport can't be theirs.
    """
    return [
        _by_rule(rule, blocks, needed=False, made_by_system=False)
        for rule in rules
        if rule.code not in (CLEARANCE, *but)
        and (rule.modes is None or by.code in rule.modes)
        and (blocks := _blocks(rule, graph, by))
    ]


def _by_rule(
    rule: Rule,
    blocks: list[str],
    *,
    needed: bool,
    made_by_system: bool,
    needed_by: str | None = None,
    valid_days: dict[str, int] | None = None,
) -> Document:
    return Document(
        code=rule.code,
        name_en=rule.name_en,
        name_id=rule.name_id,
        owed_by=rule.owed_by,
        blocks=blocks,
        verified=rule.verified,
        serves_many=rule.serves_many,
        names_consignee=rule.names_consignee,
        needed=needed,
        made_by_system=made_by_system,
        needed_by=needed_by,
        valid_days=valid_days or {},
    )


def _blocks(rule: Rule, graph: Graph, by: Mode) -> list[str]:
    late = [STUFFED_SEALED] if not BEFORE_SHIPMENTS.isdisjoint(rule.blocks) else []
    ahead = tuple(code for code in rule.blocks if code in graph)
    return list(dict.fromkeys([*late, *by.instead(ahead, graph)]))


def reconsidered(kept: Sequence[Document], wanted: Iterable[Document]) -> list[Document]:
    """The checklist once other papers are wanted: those that were there stay, though nobody waits for them any more."""
    known = {document.code: document for document in kept}
    now = []
    for asked in wanted:
        if asked.code in known:
            known[asked.code].restate(asked)
        now.append(known.pop(asked.code, asked))
    were_there = [document for document in known.values() if document.present or document.outdated]
    for document in were_there:
        document.needed = False
    return now + were_there


def missing(documents: Iterable[Document], milestones: Collection[str]) -> list[Document]:
    """What is not there yet of the papers that block these milestones."""
    return [
        document
        for document in documents
        if document.missing and not set(milestones).isdisjoint(document.blocks)
    ]


def came(documents: Iterable[Document]) -> bool:
    """Whether any paper is there of those that somebody has to send."""
    return any(
        document.present and not document.made_by_system and document.code != CLEARANCE
        for document in documents
    )


def too_old(documents: Iterable[Document], on: date) -> list[Sentence]:
    """Why goods may not be stuffed on this day under papers that were good for some days only."""
    return [reason for document in documents if (reason := document.reason_too_old(on))]


def need_fresh(documents: Iterable[Document], on: date, *, field: str = "sealed_at") -> None:
    reasons = too_old(documents, on)
    if reasons:
        raise Refused(one_after_another(reasons), field=field)


def find(documents: Sequence[Document], code: str) -> Document:
    """The entry of the checklist with this code; refused by naming those there are."""
    for document in documents:
        if document.code == code:
            return document
    codes = ", ".join(document.code for document in documents)
    raise Refused(
        "This shipment needs no document {code}; its checklist has {codes}.",
        field="code",
        code=code,
        codes=codes,
    )


def kept_back(documents: Iterable[Document], unpaid: Sequence[str]) -> list[Sentence]:
    """Why goods may not be sealed yet that leave with their transport document, as they do by road."""
    leaving = (document.code for document in documents if STUFFED_SEALED in document.blocks)
    return [reason for code in leaving if (reason := reason_to_wait(code, unpaid))]


def _under(hs6: str, patterns: Iterable[str]) -> bool:
    """Whether a tariff heading lies under one of these beginnings, such as ``5705*``."""
    return any(hs6.replace(".", "").startswith(pattern.rstrip("*")) for pattern in patterns)


def reason_to_wait(code: str, unpaid: Sequence[str]) -> Sentence | None:
    """Why a paper may not be released yet: some orders of the shipment are paid before documents, and are not paid."""
    if code not in TRANSPORT_DOCUMENTS or not unpaid:
        return None
    return Sentence(
        "{code} waits for the payment of {orders}, which is owed before documents.",
        code=code,
        orders=", ".join(unpaid),
    )
