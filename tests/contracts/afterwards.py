"""What happens beside and after a smooth order: the events that a story of one delivery has no place for."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from kendi.accounts import sign_in_as
from kendi.demo.clock import BusinessClock
from kendi.demo.people import Client, DemoFailed
from kendi.system import System
from services.orders.domain.publication import Version
from services.orders.handlers.publishing import known_versions, publish_policies
from services.production.warnings import CHECKED_EVERY
from shared.database import Database
from shared.events import contract_of
from shared.events.logistics import WithholdingAnswered
from shared.events.orders import CancellationAnswered, DecisionRequested, LineRescreened
from shared.events.production import LatenessCleared, LatenessWarned, MonthClosed
from shared.messaging.tables import outbox_event
from shared.sight import SERVICE
from shared.web.access import BUYER, COMPLIANCE, FACILITY, HEAD, KANWIL, LOGISTICS, create_key

SRAGEN, FAMILY, SKU = "LPS-SRG", "coco_rope", "CR-BALL-07"
HOME = {"name": "Consignee Indonesia (demonstration)", "address": ["Jalan Pelabuhan 1"], "country": "ID"}
BELGIUM = {"name": "Consignee Belgium (demonstration)", "address": ["Havenstraat 1"], "country": "BE"}
REASON = {"reason": "The evidence of the facilities was found complete by who signs."}
SAID = {"language": "en", "knows_who_made_it": True, "answers_for_import": True}


class Caller(Client):
    """A system that also changes what is there, at the version that it has read."""

    def sign_in(self, token: str) -> None:
        """Be somebody besides, where no key may decide."""
        self._http.cookies.set("kendi-orders", token)

    def change(self, method: str, path: str, body: dict[str, Any]) -> Any:
        seen = self._http.get(path).headers.get("ETag", "") if method == "PATCH" else ""
        headers = {"If-Match": seen} if seen else {}
        answer = self._http.request(method, path, json=body, headers=headers)
        if answer.is_error:
            raise DemoFailed(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()


class Afterwards:
    """Everybody of the three services once more, by their APIs."""

    def __init__(self, system: System) -> None:
        self.clock = BusinessClock(system.addresses.app_urls)
        self.databases = {
            service: Database(url, sees=SERVICE, pool_size=1)
            for service, url in system.addresses.app_urls.items()
        }

        self._callers: list[Caller] = []

        def caller(service: str, role: str, account: str | None = None) -> Caller:
            with self.databases[service].transaction() as session:
                key = create_key(session, name="record", role=role, account=account)
            self._callers.append(Caller(system.urls[service], key))
            return self._callers[-1]

        def signer(role: str) -> Caller:
            with self.databases["orders"].transaction() as session:
                token = sign_in_as(session, email=f"{role}@record.example", name="record", role=role)
            signing = caller("orders", role)
            signing.sign_in(token)
            return signing

        self.buyer = caller("orders", BUYER, "CHEWY-LOUIS")
        self.officer, self.office = signer(COMPLIANCE), signer(KANWIL)
        self.sragen, self.head = caller("production", FACILITY, SRAGEN), caller("production", HEAD, SRAGEN)
        self.kanwil = caller("production", KANWIL)
        self.hub = caller("logistics", LOGISTICS)

    def close(self) -> None:
        self.clock.close()
        for caller in self._callers:
            caller.close()
        for database in self.databases.values():
            database.close()

    def reschedule(self) -> None:
        """The only shipment is expected later than its booking said."""
        later = {"eta": self.clock.today_plus(60).isoformat(), "reason": "weather"}
        self.hub.post(f"{self._way()}/schedule", later | {"because": "A storm in the strait."})

    def correct_a_milestone(self) -> None:
        """A milestone of the only shipment is taken back and reported again."""
        milestones = f"{self._way()}/milestones"
        newest = self.hub.get(self._way())["milestones"][-1]
        wrong = {
            "corrects": newest["id"],
            "reason": "did_not_occur",
            "because": "Customs know no such number.",
        }
        self.hub.post(milestones, wrong)
        again = {"milestone": newest["milestone"], "place": newest["place"]}
        self.hub.post(milestones, again | {"occurred_at": self.clock.now().isoformat()})

    def _way(self) -> str:
        (shipment,) = self.hub.get("/logistics/v1/shipments")
        return f"/logistics/v1/shipments/{shipment['id']}"

    def tell(self, delivered: str) -> None:
        """All of it, after an order that was delivered."""
        self.after_the_sale(delivered)
        self.a_sample()
        self.a_buyer_who_changes_their_mind()
        self.a_line_for_free_workers()
        self.late_orders()
        self.work_that_goes_wrong()
        self.goods_that_are_packed()
        self.an_agreement_that_ends_sooner()
        self.a_new_law()
        self.until_told(MonthClosed, seconds=120)

    def an_agreement_that_ends_sooner(self) -> None:
        """A clause of it is shown by a document; then its partner and the facility agree on an earlier day."""
        (agreement,) = self.kanwil.get("/production/v1/agreements", facility=SRAGEN)
        clause = {
            "item": "not_at_private_disposal",
            "document": "W13-2/2026",
            "issuer": "kanwil",
            "issued_on": self.clock.today_plus(0).isoformat(),
            "valid_until": self.clock.today_plus(300).isoformat(),
            "agreement_id": agreement["id"],
        }
        self.kanwil.post(f"/production/v1/facilities/{SRAGEN}/evidence", clause)
        sooner = {"valid_to": self.clock.today_plus(200).isoformat()}
        self.kanwil.change("PATCH", f"/production/v1/agreements/{agreement['id']}", sooner)

    def after_the_sale(self, order: str) -> None:
        payment = {"amount": "25.00", "currency": "USD", "reference": "BANK-1"}
        paid_on = self.clock.today_plus(0).isoformat()
        payments = f"/orders/v1/orders/{order}/payments"
        (told,) = self.buyer.post(payments, payment | {"paid_on": paid_on})["payments"]
        self.buyer.post(f"{payments}/{told['id']}/take-back", {"reason": "It was paid for another order."})
        sscc = next(
            each["sscc"]
            for each in self.hub.get("/logistics/v1/cartons", limit=200)
            if each["order_id"] == order
        )
        claim = self.buyer.post("/orders/v1/claims", {"sscc": sscc, "quantity": 20, **REASON})["id"]
        self.office.post(f"/orders/v1/claims/{claim}/decide", {"accepted": 15, **REASON})
        self.office.post(f"/orders/v1/claims/{claim}/settle", {"settlement": "credit", "credit": "8.25"})

    def a_sample(self) -> None:
        """A buyer refuses the piece that an article is made after, and approves it in the end."""
        self.office.change("PATCH", "/orders/v1/catalogue/CR-RING-15", {"golden_sample": "GS-CR-RING-15/1"})
        self.place("PO-SAMPLE", sku="CR-RING-15", quantity=20)
        one, sample = "/orders/v1/samples/CR-RING-15", {"sample": "GS-CR-RING-15/1"}
        self.buyer.post(f"{one}/refuse", sample | {"reason": "The knots come loose."})
        self.buyer.post(f"{one}/approve", sample)

    def a_buyer_who_changes_their_mind(self) -> None:
        """Another consignee ends what was acknowledged and released."""
        order = self.place("PO-AMENDED", to=BELGIUM)
        self.acknowledge(order)
        self.release(order, "produce")
        other = BELGIUM | {"name": "Other consignee Belgium (demonstration)"}
        self.buyer.change("PATCH", f"/orders/v1/orders/{order}", {"lines": [{"line": 1, "consignee": other}]})

    def acknowledge(self, order: str) -> None:
        """The buyer says that they know who makes the goods."""
        here = f"/orders/v1/orders/{order}/lines/1/acknowledgement"
        self.buyer.post(here, SAID | {"text_version": self.buyer.get(here)["text_version"]})

    def release(self, order: str, purpose: str) -> None:
        """Both who must sign do, once the line waits for it."""
        one = f"/orders/v1/orders/{order}"

        def held() -> bool:
            hold = self.buyer.get(one)["lines"][0]["hold"]
            return bool(hold) and hold["purpose"] == purpose

        self.until(held, f"the line waits for its release to {purpose}")
        for officer in (self.officer, self.office):
            officer.post(f"{one}/lines/1/release", REASON)

    def a_line_for_free_workers(self) -> None:
        """The law of the destination bars prisoners' work: the buyer asks for free workers, who are declined, then chosen."""
        america = {"name": "Consignee America (demonstration)", "address": ["Pier 1"], "country": "US"}
        line = f"/orders/v1/orders/{self.place('PO-FREE', to=america)}/lines/1"
        self.buyer.post(f"{line}/free-lane/request", {})
        self.officer.post(f"{line}/free-lane/decline", REASON)
        self.officer.post(f"{line}/free-lane", REASON)

    def late_orders(self) -> None:
        """Two orders that are wanted too soon: of one the day is accepted, the other is taken back."""
        accepted, taken_back = (self.place(f"PO-LATE-{n}", quantity=3_000, wanted_in=1) for n in (1, 2))
        self.until_told(DecisionRequested, 2)
        for each in self.buyer.get("/orders/v1/decisions"):
            if each["order_id"] == accepted:
                self.buyer.post(f"/orders/v1/decisions/{each['id']}", {"answer": "accept_date"})
        self.buyer.post(f"/orders/v1/orders/{taken_back}/cancel", REASON)
        part = {"lines": [{"line": 1, "quantity": 1_000}]}
        self.buyer.post(f"/orders/v1/orders/{accepted}/cancel", REASON | part)
        self.until_told(CancellationAnswered, 2)

    def work_that_goes_wrong(self) -> None:
        """Tools are missed, pieces were counted wrongly, few can work, and a job ends short."""
        at = f"/production/v1/facilities/{SRAGEN}"
        saw = {"code": "saw", "name": "Hand saw", "class": "A", "quantity": 10}
        self.sragen.change("PUT", f"{at}/tools", {"tools": [saw]})
        self.sragen.post(f"{at}/shifts", {"out": {"saw": 4}})
        self.sragen.post(f"{at}/shifts/close", {"returned": {"saw": 3}, "used": {}})
        self.head.post(f"{at}/unlock", {"reason": "It lay under a bench."})
        job = f"/production/v1/work-orders/{self.begin(self.place('PO-SHORT', quantity=1_000))}"
        capacity = self.sragen.get(f"{at}/capacity")
        usual = {name: capacity[name] for name in ("open_minutes", "workers")}
        few = {"open_minutes": 60, "workers": {FAMILY: 1}}
        for can_work, event in ((few, LatenessWarned), (usual, LatenessCleared)):
            before = self.told(event)
            self.sragen.change("PUT", f"{at}/capacity", can_work)
            self.clock.advance(CHECKED_EVERY)
            self.until_told(event, before + 1)
        today = self.clock.today_plus(0).isoformat()
        self.sragen.post(f"{job}/report", {"pieces": 40, "worked_on": today})
        (report,) = self.sragen.get(f"{job}/reports")
        correct = {"pieces": 50, "reason": "A sack was forgotten."}
        self.sragen.post(f"{job}/reports/{report['id']}/correct", correct)
        self.sragen.post(f"{job}/inspect", {"passed": 50, "rework": 0, "scrap": 0})
        self.head.post(f"{job}/short-close", {"reason": "No coir until next month."})

    def goods_that_are_packed(self) -> None:
        """Cartons are moved, stopped, damaged, lost and found, shipped and not, and some pieces are taken back."""
        order = self.place("PO-PACKED", quantity=200)
        lot = self.make(self.begin(order))
        some = {"lot": lot, "quantity": 50}
        packed = [self.hub.post("/logistics/v1/cartons", some) for _ in range(3)]
        first, second, third = [each["sscc"] for cartons in packed for each in cartons]

        def report(what: str, *ssccs: str, **more: str) -> None:
            body = {"what": what, "ssccs": ssccs, **more}
            self.hub.post("/logistics/v1/cartons/reports", body)

        report("moved", first, hub=SRAGEN)
        self.hub.post("/logistics/v1/cartons/gather", {"hub": SRAGEN, "lot": lot})
        for what in ("quarantined", "quarantine_lifted", "lost", "found"):
            report(what, third, **REASON)
        self.regroup(first, second)
        report("damaged", third, **REASON)
        report("unpacked", second, **REASON)
        taken_back = {"lines": [{"line": 1, "quantity": 100}], "unpack": True}
        self.buyer.post(f"/orders/v1/orders/{order}/cancel", REASON | taken_back)
        self.until_told(WithholdingAnswered)

    def regroup(self, *ssccs: str) -> None:
        """A shipment is divided and joined again, and given up in the end."""
        at = "/logistics/v1/shipments"
        one = self.hub.post(at, {"hub": SRAGEN, "destination": "ID", "ssccs": ssccs})["id"]
        other = self.hub.post(f"{at}/{one}/split", {"ssccs": ssccs[1:]})["id"]
        self.hub.post(f"{at}/{one}/merge", {"other": other})
        self.hub.post(f"{at}/{one}/take-out", {"ssccs": ssccs[1:]})
        self.hub.post(f"{at}/{one}/cancel", {"reason": "The carton waits for the next vessel."})

    def a_new_law(self) -> None:
        """From today goods for home are held, too."""
        with self.databases["orders"].transaction() as session:
            standing = [each for each in known_versions(session) if not each.withdrawn]
            row = next(each.row for each in standing if each.row["action"] == "hold")
            stricter = Version(id="DP-RECORD-1", version=1, row={**row, "countries": ["ID"]})
            publish_policies(session, offered=[*standing, stricter], by="record")
        self.until_told(LineRescreened)

    def make(self, job: str) -> str:
        """All pieces of a job are made and pass; their lot, once logistics has heard of it."""
        at = f"/production/v1/work-orders/{job}"
        pieces, today = self.sragen.get(at)["remaining"], self.clock.today_plus(0).isoformat()
        self.sragen.post(f"{at}/report", {"pieces": pieces, "worked_on": today})
        self.sragen.post(f"{at}/inspect", {"passed": pieces, "rework": 0, "scrap": 0})
        order = self.sragen.get(at)["order_id"]
        lots: list[str] = []

        def heard() -> bool:
            found = self.hub.get("/logistics/v1/lots", limit=200)
            lots[:] = [each["lot"] for each in found if each["order_id"] == order]
            return bool(lots)

        self.until(heard, "logistics has heard of the lot")
        return lots[0]

    def begin(self, order: str) -> str:
        """A job of Sragen for an order is begun; its id."""
        jobs: list[str] = []

        def offered() -> bool:
            found = self.sragen.get("/production/v1/work-orders", state="offered")
            jobs[:] = [each["id"] for each in found if each["order_id"] == order]
            return bool(jobs)

        self.until(offered, "work is offered")
        job = jobs[0]
        for action in ("accept", "start"):
            self.sragen.post(f"/production/v1/work-orders/{job}/{action}", {})
        return job

    def until_told(self, event: type[Any], times: int = 1, seconds: float = 60) -> None:
        """Wait until a service has told an event so many times."""
        self.until(lambda: self.told(event) >= times, f"{contract_of(event).type} is told", seconds)

    def told(self, event: type[Any]) -> int:
        """How often its service has told an event."""
        type = contract_of(event).type
        query = select(func.count()).where(outbox_event.c.type == type)
        with self.databases[type.split(".")[1]].transaction() as session:
            return int(session.execute(query).scalar_one())

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise DemoFailed(f"waited {seconds:.0f} s in vain until {what}")
            time.sleep(0.1)

    def place(
        self,
        po_number: str,
        *,
        to: dict[str, Any] = HOME,
        sku: str = SKU,
        quantity: int = 400,
        wanted_in: int = 120,
        payment_terms: str = "open_account",
    ) -> str:
        wanted = self.clock.today_plus(wanted_in).isoformat()
        line = {"sku": sku, "quantity": quantity, "requested_date": wanted, "consignee": to}
        terms = {
            "currency": "USD",
            "incoterm": "FCA",
            "named_place": "Semarang",
            "payment_terms": payment_terms,
        }
        order: str = self.buyer.post("/orders/v1/orders", {"po_number": po_number, **terms, "lines": [line]})[
            "id"
        ]
        return order
