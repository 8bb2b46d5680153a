"""A shipment: cartons for one consignee that leave a hub together. Its state is derived, never stored."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.logistics.domain.carton import Carton, reasons_to_stay
from services.logistics.domain.certificate import is_false
from services.logistics.domain.deadlines import Days
from services.logistics.domain.declaration import Declaration, need_window
from services.logistics.domain.documents import (
    AIR_WAYBILL,
    BY_CUSTOMS,
    CLEARANCE,
    EXPORT_DECLARATION,
    Document,
    find,
    kept_back,
    missing,
    need_fresh,
    reason_to_wait,
    reconsidered,
)
from services.logistics.domain.milestones import (
    ENDS,
    GATE_IN,
    LOADED,
    LOADED_OR_GONE,
    PEB_SUBMITTED,
    STUFFED_SEALED,
    VESSEL_DEPARTED,
    WIB,
    Graph,
    Milestone,
    Reached,
    need_possible,
    time_of,
    troubles,
    up_to,
)
from services.logistics.domain.modes import ABROAD, MODES, WHOLE, Mode, unit_number
from services.logistics.domain.order import (
    EXPORT,
    HOME,
    NotCleared,
    Standing,
    need_cleared,
    reason_to_stay,
    strictest,
)
from services.logistics.domain.schedule import ROLLED, Estimate, Reason
from services.logistics.domain.sscc import check_container, looks_like_container
from services.logistics.domain.waybill import check_waybill, waybill
from shared.events.logistics import (
    DocumentsCompleted,
    ShipmentBooked,
    ShipmentDispatched,
    ShipmentLine,
    ShipmentPlanned,
    ShipmentRescheduled,
)
from shared.refusal import Refused, Sentence, one_after_another

FARTHEST_BOOKING = timedelta(days=365)
"""Carriers publish their sailings for months; a day beyond a year is a mistyped one."""

GATES = (PEB_SUBMITTED, GATE_IN, LOADED, VESSEL_DEPARTED)
"""On its way none of these is passed by what is not cleared; what was loaded before it departs did so already."""
BEHIND_CUSTOMS = (GATE_IN, LOADED, VESSEL_DEPARTED)
"""None of these is without a declaration in force, and the note on it."""


@dataclass(frozen=True, kw_only=True)
class Booking:
    """Room with a carrier. Ports are UN/LOCODE, ``via`` those of transhipment; the dates are the carrier's estimates.

    What its mode of transport does not ask for may be none.
    """

    carrier: str
    vessel: str | None = None
    voyage: str | None = None
    port_of_loading: str | None = None
    port_of_discharge: str | None = None
    etd: date
    eta: date
    equipment: str | None = None
    mode: str = WHOLE.code
    via: list[str] = field(default_factory=list)

    def need_whole(self) -> None:
        """Refuse a booking that leaves out what its mode of transport asks for."""
        for name in MODES[self.mode].asks:
            if not (getattr(self, name) or "").strip():
                raise Refused("Missing data for required field.", field=name)

    def need_possible(self, today: date) -> None:
        """Refuse a booking that no carrier takes."""
        _need_departure(self.etd, today)
        _need_arrival(self.eta, self.etd, MODES[self.mode])

    def told(self) -> dict[str, Any]:
        """As the event has it, which says what there is none of by nothing."""
        said = {name: getattr(self, name) or "" for name in ABROAD}
        return {
            **said,
            "etd": self.etd,
            "eta": self.eta,
            "equipment": self.equipment,
            "via": tuple(self.via),
        }


@dataclass(eq=False, kw_only=True)
class Shipment:
    id: UUID
    number: str
    hub: str
    destination: str
    planned_on: date
    tracking_token: str | None
    cartons: list[Carton]
    documents: list[Document]
    reports: list[Reached] = field(default_factory=list)
    carrier: str | None = None
    vessel: str | None = None
    voyage: str | None = None
    port_of_loading: str | None = None
    port_of_discharge: str | None = None
    etd: date | None = None
    eta: date | None = None
    container: str | None = None
    seal: str | None = None
    equipment: str | None = None
    mode: str = WHOLE.code
    via: list[str] = field(default_factory=list)
    cancelled_at: datetime | None = None
    cancelled_because: str | None = None
    declarations: list[Declaration] = field(default_factory=list)
    estimates: list[Estimate] = field(default_factory=list)
    tracking_renewed_at: datetime | None = None

    @property
    def reached(self) -> list[Reached]:
        """What was reported and holds."""
        return [each for each in self.reports if each.correction is None]

    @property
    def codes(self) -> set[str]:
        """The milestones that it has reached."""
        return {each.code for each in self.reached}

    def troubles(self, graph: Graph) -> list[Milestone]:
        """What went wrong and has not ended, each as the way of its mode of transport has it."""
        return troubles(self.reached, self.by.way(graph))

    @property
    def lines(self) -> tuple[ShipmentLine, ...]:
        """The pieces of each lot of each order line, counted over the cartons."""
        return lines_of(self.cartons)

    @property
    def lane(self) -> str | None:
        """The most restricted lane of its goods; none once it was cancelled."""
        return strictest(carton.lot.lane for carton in self.cartons) if self.cartons else None

    @property
    def cancelled(self) -> bool:
        return self.cancelled_at is not None

    def need_live(self) -> None:
        if self.cancelled:
            raise Refused("{number} was cancelled; nothing more happens to it.", number=self.number)

    @property
    def booked(self) -> bool:
        return self.etd is not None

    @property
    def dispatched(self) -> bool:
        return self.container is not None

    @property
    def by(self) -> Mode:
        """The mode of transport, with what its rules need to know of it."""
        return MODES[self.mode]

    @property
    def closes_on(self) -> date | None:
        """The last day on which the carrier takes it."""
        return self.by.closes_on(self.etd) if self.etd else None

    @property
    def route(self) -> tuple[str, ...]:
        """The countries that its booking has it enter, none until it is booked."""
        return countries_of(*self.via, self.port_of_discharge) if self.port_of_discharge else ()

    @property
    def days(self) -> Days:
        """From which the last days of its papers are counted; once it has left, from the day on which it did."""
        return Days(etd=self.departed_on or self.etd, closing=self.closes_on, eta=self.eta)

    @property
    def departed_on(self) -> date | None:
        left = self.departed_at
        return left.astimezone(WIB).date() if left else None

    @property
    def departed_at(self) -> datetime | None:
        left = [each.occurred_at for each in self.reached if each.code == VESSEL_DEPARTED]
        return min(left, default=None)

    @property
    def waits_to_leave(self) -> bool:
        return self.departed_on is None and not self.cancelled

    def tracked_until(self, days: int) -> datetime | None:
        """When its tracking address runs out: so many days after the end of the way, or after it was renewed since."""
        ended = [each.occurred_at for each in self.reached if each.code in ENDS]
        ended += filter(None, [self.cancelled_at])
        if not ended:
            return None
        return max([*ended, *filter(None, [self.tracking_renewed_at])]) + timedelta(days=days)

    def missing_before_departure(self, graph: Graph) -> list[Document]:
        return [each for each in self._before_departure(graph) if each.missing]

    def _before_departure(self, graph: Graph) -> list[Document]:
        """The papers without which it can't depart; whatever the rules say, its PEB and the NPE are among them."""
        before = up_to(VESSEL_DEPARTED, graph)
        return [
            each for each in self.documents if each.code in BY_CUSTOMS or not before.isdisjoint(each.blocks)
        ]

    def plan(self, goods: Sequence[Standing], *, graph: Graph) -> list[object]:
        """What happened when the cleared cartons were put together. No rules, no checklist, no shipment."""
        need_cleared(goods, self.planned_on)
        if not self.cartons:
            raise Refused("There is no carton for this shipment.")
        for carton in self.cartons:
            if carton.hub != self.hub or not carton.can_be_unpacked or carton.reason_to_stay:
                raise Refused("Carton {sscc} does not stand free at {hub}.", sscc=carton.sscc, hub=self.hub)
        _need_rules(self.documents)
        up_to(VESSEL_DEPARTED, graph)
        self._note_clearance(goods)
        for carton in self.cartons:
            carton.shipment_id = self.id
        return [
            ShipmentPlanned(
                shipment_id=self.id,
                number=self.number,
                hub=self.hub,
                destination=self.destination,
                cartons=len(self.cartons),
                lines=self.lines,
            )
        ]

    def _note_clearance(self, goods: Iterable[Standing]) -> None:
        """The decisions under which the goods leave stand on the checklist like a paper."""
        granted = [clearance for each in goods if (clearance := each.line.clearance(EXPORT))]
        policies = dict.fromkeys(policy for clearance in granted for policy in clearance.policies)
        for document in self.documents:
            if document.code == CLEARANCE and granted:
                document.number = ", ".join(policies) or "allowed"
                document.issued_on = max(clearance.granted_on for clearance in granted)

    def book(
        self, booking: Booking, *, goods: Sequence[Standing] = (), today: date, graph: Graph
    ) -> list[object]:
        """Take room with a carrier, or with another one after a departure was missed; our own papers are then made."""
        if all(getattr(self, name) == value for name, value in vars(booking).items()):
            return []
        if self.loaded_or_gone:
            raise Refused(
                "{number} is loaded on {vessel}; it can't be booked anew.",
                number=self.number,
                vessel=self.carried_by,
            )
        self.need_bound_for(booking)
        booking.need_possible(today)
        self._need_as_sealed(booking)
        self._need_declared(booking.vessel or "", booking.voyage or "")
        need_cleared(goods, today, countries_of(*booking.via, booking.port_of_discharge or self.destination))
        lacked = bool(self.missing_before_departure(graph))
        for name, value in vars(booking).items():
            setattr(self, name, value)
        for document in self.documents:
            if document.made_by_system and not document.present:
                document.record(f"{document.code}-{self.number}", today, today=today)
        booked = ShipmentBooked(shipment_id=self.id, **booking.told(), lines=self.lines)
        return [booked, *self.completed(lacked, graph)]

    def need_bound_for(self, booking: Booking) -> None:
        """Refuse to send goods abroad by what stays at home, goods for home as if they were exported, and what is half told."""
        by = MODES[booking.mode]
        if by.home and self.destination != HOME:
            raise Refused("By road goods go to places in Indonesia only.", field="equipment")
        if not by.home and self.destination == HOME:
            raise Refused("Goods for Indonesia are no export: book a truck for them.", field="equipment")
        booking.need_whole()

    @property
    def loaded_or_gone(self) -> bool:
        """Whether nobody can hold it back any more."""
        return not self.codes.isdisjoint(LOADED_OR_GONE)

    @property
    def carried_by(self) -> str | None:
        """What carries it: its vessel, or its carrier where none was named."""
        return self.vessel or self.carrier

    def _need_as_sealed(self, booking: Booking) -> None:
        """Refuse to book what stands sealed in its container as if it went otherwise, or from elsewhere."""
        for name in ("equipment", "port_of_loading"):
            if self.dispatched and getattr(booking, name) != getattr(self, name):
                raise Refused(
                    "{number} is closed: it left in {container} for {port}, booked as {equipment}. Book another vessel"
                    " for it as it is.",
                    field=name,
                    number=self.number,
                    container=self.container,
                    port=self.port_of_loading or self.destination,
                    equipment=self.equipment,
                )

    def reschedule(
        self, etd: date, eta: date, *, vessel: str, voyage: str, reason: Reason, today: date
    ) -> list[object]:
        """The carrier expects another departure or arrival; goods that were rolled go with another vessel."""
        if (etd, eta, vessel, voyage) == (self.etd, self.eta, self.vessel or "", self.voyage or ""):
            return []
        if not self.booked:
            raise Refused("{number} has no booking yet: book it first.", number=self.number)
        if not self.codes.isdisjoint(ENDS):
            raise Refused("{number} is expected no more: its way is over.", number=self.number)
        booked = (self.vessel or "", self.voyage or "")
        if self.departed_on and (etd, vessel, voyage) != (self.etd, *booked):
            raise Refused(
                "{number} left with {vessel} {voyage}: give the arrival only.",
                field="etd",
                number=self.number,
                vessel=self.carried_by,
                voyage=self.voyage or "",
            )
        if self.loaded_or_gone and (reason == ROLLED or (vessel, voyage) != booked):
            raise Refused(
                "{number} is loaded on {vessel} {voyage}: it goes with no other.",
                field="reason" if reason == ROLLED else "vessel",
                number=self.number,
                vessel=self.carried_by,
                voyage=self.voyage or "",
            )
        if reason == ROLLED and not etd > (self.etd or etd):
            raise Refused("Goods that are rolled leave later than on {etd}.", field="etd", etd=self.etd)
        if not self.departed_on:
            _need_departure(etd, today)
        _need_arrival(eta, etd, self.by)
        self._need_declared(vessel, voyage)
        self.etd, self.eta, self.vessel, self.voyage = etd, eta, vessel or None, voyage or None
        return [
            ShipmentRescheduled(
                shipment_id=self.id,
                vessel=vessel,
                voyage=voyage,
                etd=etd,
                eta=eta,
                reason=reason,
                lines=self.lines,
            )
        ]

    def reconsider(
        self, wanted: Sequence[Document], *, goods: Sequence[Standing] = (), moved: bool = False, graph: Graph
    ) -> list[object]:
        """Take the checklist that the goods need now; what was present stays, but for what names a former consignee.

        They have another one since they were ``moved``.
        """
        _need_rules(wanted)
        lacked = bool(self.missing_before_departure(graph))
        self.void_what_is_false()
        self.documents = reconsidered(self.documents, wanted)
        if moved:
            for document in self.documents:
                document.outdate()
        self._note_clearance(goods)
        return self.completed(lacked, graph)

    def void_what_is_false(self) -> None:
        """A certificate that the goods contradict, since a lane was corrected or others joined them, is there no longer."""
        lanes = {carton.lot.lane for carton in self.cartons}
        for document in self.documents:
            if is_false(document.code, lanes):
                document.withdraw()

    def record_document(
        self,
        code: str,
        *,
        number: str,
        issued_on: date,
        today: date,
        graph: Graph,
        unpaid: Sequence[str] = (),
        goods: Sequence[Standing] = (),
    ) -> list[object]:
        """Note a paper that arrived; the last one that blocks the departure completes them, once."""
        document = find(self.documents, code)
        if document.made_by_system:
            raise Refused(
                "{code} is made by this system when the shipment is booked.", field="code", code=code
            )
        if code == EXPORT_DECLARATION and self.declarations and number.strip() != document.number:
            raise Refused(
                "{code} is kept with its declaration: correct it there, or cancel it and file anew.",
                field="code",
                code=code,
            )
        if code == CLEARANCE:
            raise Refused(
                "{code} is decided in the orders service, not recorded here.", field="code", code=code
            )
        if code == EXPORT_DECLARATION:
            self.need_free(goods, today)
        waits = reason_to_wait(code, unpaid)
        if waits:
            raise Refused(waits, field="code")
        lacked = bool(self.missing_before_departure(graph))
        if code == AIR_WAYBILL:
            number = self._waybill(number)
        document.record(number, issued_on, today=today)
        return self.completed(lacked, graph)

    @property
    def declaration(self) -> Declaration | None:
        """The export declaration in force; those before it were cancelled."""
        return next((each for each in self.declarations if each.in_force), None)

    @property
    def declared(self) -> bool:
        """Whether customs has a declaration of its goods, also one that is told by its milestone alone."""
        return self.declaration is not None or (not self.declarations and PEB_SUBMITTED in self.codes)

    def _need_declared(self, vessel: str, voyage: str) -> None:
        """Refuse another vessel than the PEB in force declares: it is corrected there first, which customs allows."""
        filed, changed = self.declaration, (vessel, voyage) != (self.vessel, self.voyage)
        if filed and changed and (vessel, voyage) != (filed.vessel, filed.voyage):
            raise Refused(
                "PEB {number} declares {vessel} {voyage}: correct vessel and voyage there first.",
                field="vessel",
                number=filed.number,
                vessel=filed.vessel,
                voyage=filed.voyage,
            )

    def completed(self, lacked: bool, graph: Graph) -> list[object]:
        """That the papers for the departure are there, if some of them lacked before."""
        if not lacked or self.missing_before_departure(graph):
            return []
        there = [each.code for each in self._before_departure(graph) if each.present]
        return [DocumentsCompleted(shipment_id=self.id, documents=tuple(there), lines=self.lines)]

    def dispatch(
        self,
        container: str,
        seal: str | None,
        *,
        goods: Sequence[Standing],
        sealed_at: datetime,
        now: datetime,
        today: date,
        graph: Graph,
        unpaid: Sequence[str] = (),
    ) -> list[object]:
        """Close the container and let it leave the hub, if the goods are still cleared and the papers are there."""
        container, seal = self._unit(container), (seal or "").strip().upper() or None
        if (container, seal) == (self.container, self.seal):
            return []
        if self.dispatched:
            raise Refused(
                "{number} left in {container} under seal {seal}.",
                field="container",
                number=self.number,
                container=self.container,
                seal=self.seal or "–",
            )
        if self.by.sealed and not seal:
            raise Refused("Give the number of the seal.", field="seal")
        self.need_free(goods, today)
        self.need_ready_for(STUFFED_SEALED, graph)
        if waits := kept_back(self.documents, unpaid):
            raise Refused(one_after_another(waits))
        way = self.by.way(graph)
        need_possible(STUFFED_SEALED, occurred_at=sealed_at, now=now, reached=self.reached, graph=way)
        self.need_day(STUFFED_SEALED, sealed_at, goods, field="sealed_at")
        self._need_one_waybill(container)
        self.container, self.seal = container, seal
        self.reach(STUFFED_SEALED, self.hub, sealed_at, now)
        told = ShipmentDispatched(shipment_id=self.id, container=container, seal=seal or "", lines=self.lines)
        return [told]

    def _need_one_waybill(self, number: str) -> None:
        """Refuse to let it leave under another air waybill than the one that is kept with it."""
        noted = next((each.number for each in self.documents if each.code == AIR_WAYBILL), None)
        kept = waybill(noted or "")
        if self.by.unit == "waybill" and kept not in (None, number):
            raise Refused(
                "{number} has air waybill {kept}: give its number.",
                field="container",
                number=self.number,
                kept=kept,
            )

    def _waybill(self, number: str) -> str:
        """The number of its air waybill; that under which it left, once it has."""
        number = check_waybill(number, field="number")
        if self.by.unit == "waybill" and waybill(self.container or "") not in (None, number):
            raise Refused(
                "{shipment} left under air waybill {number}: record that one.",
                field="number",
                shipment=self.number,
                number=self.container,
            )
        return number

    def reseal(self, seal: str, ssccs: Collection[str]) -> str:
        """Put another seal on what was opened on its way, once the cartons were read again; the broken seal."""
        if self.seal is None and self.dispatched:
            raise Refused("{number} left without a seal of ours.", field="seal", number=self.number)
        if self.seal is None:
            raise Refused("{number} is not sealed yet: dispatch it.", field="seal", number=self.number)
        if not self.codes.isdisjoint(ENDS):
            raise Refused("The way of {number} is over: its seal stays as it is.", number=self.number)
        self.cartons_named(ssccs)
        former, new = self.seal, seal.strip().upper()
        if new in ("", former):
            raise Refused("Give the number of the new seal, not {seal}.", field="seal", seal=former)
        self.seal = new
        return former

    def _need_gathered(self, sealed_at: datetime, field: str) -> None:
        """Refuse to have it sealed before the last of its cartons was there."""
        last = max((each.gathered_at for each in self.cartons if each.gathered_at), default=sealed_at)
        if sealed_at < last:
            raise Refused(
                "The last carton of {number} arrived at {hub} at {at}; it was sealed after that.",
                field=field,
                number=self.number,
                hub=self.hub,
                at=time_of(last),
            )

    def _unit(self, number: str) -> str:
        """By what it leaves the hub: our container, its air waybill, or what brings it on, in which a share may be known."""
        if self.by.unit == "waybill":
            return check_waybill(number)
        if self.by.unit == "truck" and not looks_like_container(number):
            return unit_number(number)
        return check_container(number)

    def need_without(self, ssccs: Collection[str]) -> None:
        """Refuse to take cartons out once it has left, or all of them."""
        if self.dispatched:
            raise Refused(
                "Shipment {number} has left with the carton: what happened to it then is a matter of a claim.",
                field="ssccs",
                number=self.number,
            )
        if all(carton.sscc in ssccs for carton in self.cartons):
            raise Refused(
                "Shipment {number} would be empty without the carton: cancel the shipment first.",
                field="ssccs",
                number=self.number,
            )

    def need_free(self, goods: Sequence[Standing], on: date) -> None:
        held = self.held(goods, on)
        if held:
            raise NotCleared(one_after_another(held))
        unfit = reasons_to_stay(self.cartons)
        if unfit:
            raise Refused(one_after_another(unfit))

    def held(self, goods: Sequence[Standing], on: date) -> list[Sentence]:
        """Why what it carries is not cleared to leave: a clearance was lost, or a line goes elsewhere since it was planned."""
        lost = [reason for each in goods if (reason := reason_to_stay(each, on, self.route))]
        return lost + [
            each.line.sentence(
                "{line} goes to {consignee} in {destination} now, so it may not leave in {number}.",
                consignee=each.line.consignee_name,
                destination=each.line.destination,
                number=self.number,
            )
            for each in goods
            if each.line.destination != self.destination or each.line.terms != goods[0].line.terms
        ]

    def need_day(
        self, code: str, occurred_at: datetime, goods: Sequence[Standing], *, field: str = "occurred_at"
    ) -> None:
        """Refuse it at a time when it could not be, whenever that is told: first, or as a correction."""
        on = occurred_at.astimezone(WIB).date()
        if code == STUFFED_SEALED:
            need_fresh(self.documents, on, field=field)
            self._need_gathered(occurred_at, field)
        if code == PEB_SUBMITTED:
            told = [each.etd for each in self.estimates] + ([self.etd] if self.etd else [])
            need_window(min(told), on, field=field)
        if code in GATES and not (code == VESSEL_DEPARTED and LOADED in self.codes):
            self.need_free(goods, on)

    def need_place(self, code: str, place: str) -> None:
        """Refuse to have it sealed elsewhere than where it stood."""
        if code == STUFFED_SEALED and place != self.hub:
            raise Refused(
                "{number} was sealed at {hub}, where its cartons stood.",
                field="place",
                number=self.number,
                hub=self.hub,
            )

    def cartons_named(self, ssccs: Collection[str]) -> list[Carton]:
        """These of its cartons; refused where one is not among them."""
        named = [carton for carton in self.cartons if carton.sscc in set(ssccs)]
        need_inside(ssccs, {carton.sscc for carton in named}, number=self.number)
        return named

    def reach(
        self, code: str, place: str, occurred_at: datetime, now: datetime, ssccs: Sequence[str] = ()
    ) -> Reached:
        report = Reached(code=code, place=place, occurred_at=occurred_at, recorded_at=now, ssccs=list(ssccs))
        self.reports.append(report)
        return report

    def missing_for(self, code: str, graph: Graph) -> list[Document]:
        """The papers without which this can't be; the goods leave on none that names a former consignee."""
        asked = [each for each in self.documents if each.missing]
        blocking = missing(asked, {code})
        if code in (STUFFED_SEALED, *BEHIND_CUSTOMS):
            blocking += [each for each in self.missing_before_departure(graph) if each.outdated]
        if code in BEHIND_CUSTOMS:
            blocking += [each for each in asked if each.code in BY_CUSTOMS]
        return [each for each in asked if each in blocking]

    def need_ready_for(self, code: str, graph: Graph) -> None:
        """Refuse what needs a booking or a paper that is not there."""
        if not self.booked:
            raise Refused(
                "{number} has no booking yet: book it before {code}.", number=self.number, code=code
            )
        lacking = self.missing_for(code, graph)
        if lacking:
            named = [Sentence("{code} (owed by {who})", code=d.code, who=d.owed_by) for d in lacking]
            raise Refused(
                "{code} can't be without {papers}. Record them first.",
                code=code,
                papers=one_after_another(named, "; "),
            )


def need_inside(ssccs: Iterable[str], inside: Collection[str], *, number: str) -> None:
    """Each of these cartons must be one of those that are inside the shipment of this number."""
    for sscc in ssccs:
        if sscc not in inside:
            raise Refused(
                "Carton {sscc} is not in shipment {number}.", field="ssccs", sscc=sscc, number=number
            )


def _need_departure(etd: date, today: date) -> None:
    if not today <= etd <= today + FARTHEST_BOOKING:
        raise Refused(
            "Give a departure from {first} to {last}, not {etd}.",
            field="etd",
            first=today,
            last=today + FARTHEST_BOOKING,
            etd=etd,
        )


def _need_arrival(eta: date, etd: date, by: Mode) -> None:
    first = etd if by.same_day else etd + timedelta(days=1)
    if not first <= eta <= etd + FARTHEST_BOOKING:
        raise Refused(
            "Give an arrival from {first} on, and within a year of the departure on {etd}.",
            field="eta",
            first=first,
            etd=etd,
        )


def countries_of(*ports: str) -> tuple[str, ...]:
    """A UN/LOCODE begins with its country."""
    return tuple(port[:2] for port in ports)


def lines_of(cartons: Iterable[Carton]) -> tuple[ShipmentLine, ...]:
    pieces: Counter[tuple[UUID, int, str]] = Counter()
    for carton in cartons:
        pieces[carton.lot.order_id, carton.lot.line, carton.lot.code] += carton.pieces
    return tuple(
        ShipmentLine(order_id=order_id, line=line, lot=lot, quantity=quantity)
        for (order_id, line, lot), quantity in sorted(pieces.items())
    )


def _need_rules(documents: Sequence[Document]) -> None:
    if not documents:
        raise Refused("The document rules are not loaded, so nothing may leave: run kendi load first.")
