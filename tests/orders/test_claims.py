"""Claims over delivered cartons: made with photos, decided once, settled once; what was made stays made."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import insert, select, text
from werkzeug.test import TestResponse

from services.logistics.domain.sscc import sscc
from services.orders.domain.claiming import shared_out
from services.orders.storage import carton, item_price
from shared.events.logistics import (
    ArrivedCarton,
    CartonsPacked,
    CartonsUnpacked,
    MilestoneCorrected,
    MilestoneRecorded,
    ShipmentDelivered,
    ShortCarton,
)
from shared.photos import MOST_BYTES
from shared.web.access import BUYER, KANWIL
from tests.clock import in_days
from tests.orders.conftest import Caller, Orders
from tests.orders.test_handlers import LOT, ORDERS, SHIPMENT, SRAGEN, WHEN, Followed, follow
from tests.orders.test_pages import Visitor
from tests.pictures import a_photo
from tests.statements import asked_by

CLAIMS = "/orders/v1/claims"
SSCCS = tuple(sscc(serial) for serial in (1, *range(101, 110)))
SSCC = SSCCS[0]
WHY: dict[str, Any] = {"reason": "The fibres were wet when the carton was opened."}


@pytest.fixture
def order(orders: Orders) -> Followed:
    return delivered(orders)


def delivered(orders: Orders, *, po_number: str = "PO-1", **changes: Any) -> Followed:
    """1,000 pieces at 0.55 USD, delivered; a carton holds 200 of them."""
    order = follow(orders, po_number=po_number, **changes)
    order.hears(order.plan(), order.work(), order.lot(), packed(order), order.departure(), arrival(order))
    return order


def packed(order: Followed, *pieces: int, first: int = 0) -> CartonsPacked:
    """Cartons with so many pieces each; five of 200 unless told otherwise."""
    held = pieces or (200,) * 5
    return CartonsPacked(
        lot=LOT,
        **order.about(1),
        sku="CR-BALL-07",
        facility=SRAGEN,
        quantity=sum(held),
        ssccs=SSCCS[first : first + len(held)],
        pieces=held,
    )


def arrival(order: Followed, *ssccs: str, quantity: int = 1_000) -> ShipmentDelivered:
    arrived = tuple(ArrivedCarton(order_id=order.id, sscc=sscc) for sscc in ssccs or SSCCS[:5])
    return replace(order.arrival(order.part(quantity=quantity)), arrived=arrived)


def claim(order: Followed, quantity: int = 20, *, status: int = 201, **changes: Any) -> Any:
    body = {"sscc": SSCC, "quantity": quantity, **WHY, **changes}
    answer = order.orders.buyer.post(CLAIMS, body)
    assert answer.status_code == status, answer.text
    return answer.json


def act(order: Followed, made: dict[str, Any], action: str, *, status: int = 200, **body: Any) -> Any:
    answer = order.orders.office.post(f"{CLAIMS}/{made['id']}/{action}", body)
    assert answer.status_code == status, answer.text
    return answer.json


def decided(order: Followed, accepted: int = 20) -> dict[str, Any]:
    found: dict[str, Any] = act(order, claim(order), "decide", accepted=accepted, **WHY)
    return found


def line_of(order: Followed) -> tuple[int, str]:
    line = order.read()["lines"][0]
    return line["claimed"], line["credited"]


def send_photo(
    caller: Caller, made: dict[str, Any], content: bytes, kind: str = "image/jpeg"
) -> TestResponse:
    caller.calls += 1
    headers = {
        "Authorization": f"Bearer {caller.key}",
        "Idempotency-Key": f"photo-{caller.calls}",
        "Content-Type": kind,
    }
    return caller.client.post(f"{CLAIMS}/{made['id']}/photos", data=content, headers=headers)


@pytest.mark.parametrize(("accepted", "said"), [(20, "accepted"), (15, "part"), (0, "refused")])
def test_a_claim_is_decided_once_with_its_reason(order: Followed, accepted: int, said: str) -> None:
    found = decided(order, accepted)
    assert (found["decision"], found["accepted"], found["decision_reason"]) == (said, accepted, WHY["reason"])
    assert line_of(order) == (accepted, "0.00")
    assert order.told()[-2:] == ["claim_made", "claim_decided"]
    act(order, found, "decide", accepted=1, status=422, **WHY)


def test_a_credit_stands_beside_the_quantities_and_is_not_owed(order: Followed) -> None:
    settled = act(order, decided(order, 15), "settle", settlement="credit", credit="8.25")
    assert (settled["state"], settled["credit"]) == ("settled", "8.25")
    assert line_of(order) == (15, "8.25")
    payment = order.read()["payment"]
    assert (payment["due"], payment["credited"]) == ("541.75", "8.25")
    assert order.quantities()["good"] == order.quantities()["delivered"] == 1_000
    act(order, settled, "settle", settlement="return", status=422)


@pytest.mark.parametrize("credit", ["8.26", "0.001", None])
def test_a_credit_is_no_more_than_the_accepted_pieces_cost(order: Followed, credit: str | None) -> None:
    body = {"credit": credit} if credit else {}
    refused = act(order, decided(order, 15), "settle", settlement="credit", status=422, **body)
    assert refused["errors"][0]["field"] == "credit"


def test_a_replacement_is_a_new_order_that_costs_nothing(order: Followed) -> None:
    wanted = (in_days(200) + timedelta(days=0)).isoformat()
    found = decided(order)
    act(order, found, "settle", settlement="replacement", status=422)
    settled = act(order, found, "settle", settlement="replacement", requested_date=wanted)
    replaced = order.orders.buyer.get(f"{ORDERS}/{settled['replacement_order_id']}").json
    assert (replaced["lines"][0]["ordered"], replaced["payment"]["due"]) == (20, "0.00")
    assert order.told()[-1] == "claim_settled"


def test_a_replacements_longer_number_is_found(orders: Orders) -> None:
    order = delivered(orders, po_number="P" * 60)
    wanted = in_days(200).isoformat()
    settled = act(order, decided(order), "settle", settlement="replacement", requested_date=wanted)
    number = orders.buyer.get(f"{ORDERS}/{settled['replacement_order_id']}").json["po_number"]
    for sought in ("po_number", "po_prefix"):
        (found,) = orders.buyer.get(f"{ORDERS}?{sought}={number}").json
        assert found["id"] == settled["replacement_order_id"]


@pytest.mark.parametrize(("currency", "price", "credit"), [("KWD", "0.005", "0.095"), ("JPY", "83", "83")])
def test_a_credit_is_told_in_units_of_its_currency(
    orders: Orders, currency: str, price: str, credit: str
) -> None:
    with orders.database.transaction() as session:
        particulars = {"sku": "CR-BALL-07", "currency": currency, "valid_from": date(2000, 1, 1)}
        session.execute(insert(item_price).values(unit_price=price, **particulars))
    order = delivered(orders, currency=currency)
    settled = act(order, decided(order), "settle", settlement="credit", credit=credit)
    assert settled["credit"] == credit
    assert order.orders.buyer.get(f"{CLAIMS}/{settled['id']}").json["credit"] == credit
    assert line_of(order) == (20, credit)


def test_a_refused_claim_settles_nothing_and_its_pieces_can_be_claimed_again(order: Followed) -> None:
    act(order, decided(order, 0), "settle", settlement="return", status=422)
    claim(order, 200)


def test_no_piece_is_claimed_twice_and_no_carton_for_more_than_it_holds(order: Followed) -> None:
    assert claim(order, 201, status=422)["errors"][0]["field"] == "quantity"
    claim(order, 150)
    assert "50 pieces" in claim(order, 51, status=422)["errors"][0]["message"]


def test_what_is_not_delivered_cannot_be_claimed(orders: Orders) -> None:
    order = follow(orders)
    order.hears(order.plan(), order.lot(), packed(order))
    assert claim(order, 1, status=422)["errors"][0]["field"] == "sscc"


def test_a_part_carton_is_claimed_for_what_it_holds_whatever_the_catalogue_says_now(orders: Orders) -> None:
    order = follow(orders)
    ships = order.part(quantity=900)
    order.hears(order.plan(), order.work(), order.lot(), packed(order, 200, 200, 200, 200, 100))
    order.hears(order.departure(ships), arrival(order, quantity=900))
    with orders.database.transaction() as session:
        session.execute(text("UPDATE item SET published = published || '{\"pieces_per_carton\": 300}'"))
    assert "100 pieces" in claim(order, 101, sscc=SSCCS[4], status=422)["errors"][0]["message"]
    claim(order, 100, sscc=SSCCS[4])
    claim(order, 201, status=422)
    claim(order, 200)


def test_cartons_that_stay_behind_or_were_opened_are_not_claimed(orders: Orders) -> None:
    order = follow(orders)
    opened = CartonsUnpacked(lot=LOT, **order.about(1), quantity=200, ssccs=SSCCS[4:5])
    order.hears(order.plan(), order.work(), order.lot(), packed(order), opened)
    order.hears(packed(order, 150, 50, first=5))
    gone = (*SSCCS[:2], SSCCS[5])
    ships = order.part(quantity=550)
    order.hears(order.departure(ships), arrival(order, *gone, quantity=550))
    for each in SSCCS[2:5]:
        assert "is not delivered" in claim(order, 1, sscc=each, status=422)["errors"][0]["message"]
    form = Visitor(orders, BUYER, account="CHEWY-LOUIS").open(f"/orders/order/{order.id}/lines/1/claim")
    assert [each for each in SSCCS if f'value="{each}"' in form] == sorted(gone)
    claim(order, 150, sscc=SSCCS[5])
    claim(order, 200, sscc=SSCCS[1])


def test_a_carton_that_was_short_landed_is_claimed_until_it_turns_up(orders: Orders) -> None:
    order = follow(orders)
    order.hears(order.plan(), order.work(), order.lot(), packed(order), order.departure())
    told: dict[str, Any] = {"shipment_id": SHIPMENT, "place": "BEANR", "lines": (order.part(),)}
    short = (ShortCarton(order_id=order.id, sscc=SSCC),)
    order.hears(MilestoneRecorded(milestone="SHORT_LANDED", occurred_at=WHEN, short=short, **told))
    claim(order, 150)
    claim(order, 1, sscc=SSCCS[1], status=422)
    later = WHEN + timedelta(hours=1)
    order.hears(MilestoneRecorded(milestone="LANDED_IN_FULL", occurred_at=later, **told))
    claim(order, 50, status=422)
    order.hears(arrival(order))
    claim(order, 50)


def test_a_carton_that_was_short_is_claimed_as_missing_and_once_it_arrived_after_the_others_as_delivered(
    orders: Orders,
) -> None:
    order = follow(orders)
    order.hears(order.plan(), order.work(), order.lot(), packed(order), order.departure())
    hours = [WHEN + timedelta(hours=hour) for hour in range(-1, 2)]
    order.hears(short_landed(order, hours[0]), arrival(order, *SSCCS[1:5]))
    assert which_arrived(order) == [*SSCCS[1:5]]
    claim(order, 50)
    claim(order, 50, sscc=SSCCS[1])
    there = replace(short_landed(order, hours[2]), milestone="LANDED_IN_FULL", short=())
    order.hears(there)
    assert which_arrived(order) == [*SSCCS[:5]]
    claim(order, 50)
    never: dict[str, Any] = {"reason": "did_not_occur", "right_place": None, "right_at": None}
    about = {"shipment_id": SHIPMENT, "place": "BEANR", "lines": there.lines, **never}
    order.hears(MilestoneCorrected(milestone="LANDED_IN_FULL", occurred_at=hours[2], **about))
    assert which_arrived(order) == [*SSCCS[1:5]]
    order.hears(MilestoneCorrected(milestone="SHORT_LANDED", occurred_at=hours[0], **about))
    assert which_arrived(order) == [*SSCCS[:5]]


def test_a_delivery_that_names_no_carton_is_one_without_those_that_are_missing(orders: Orders) -> None:
    order = follow(orders)
    order.hears(order.plan(), order.work(), order.lot(), packed(order), order.departure())
    order.hears(short_landed(order, WHEN), order.arrival())
    assert which_arrived(order) == [*SSCCS[1:5]]
    claim(order, 50)


def which_arrived(order: Followed) -> list[str]:
    with order.orders.database.transaction() as session:
        query = select(carton.c.sscc).where(carton.c.order_id == order.id, carton.c.delivered)
        return [*session.execute(query.order_by(carton.c.sscc)).scalars()]


def test_a_delivery_waits_for_the_cartons_that_it_names(orders: Orders) -> None:
    order = follow(orders)
    order.hears(order.plan(), order.work(), order.lot(), order.cartons(quantity=600))
    order.hears(order.departure(order.part(quantity=400)), arrival(order, *SSCCS[:2], quantity=400))
    assert "delivered" not in order.quantities()
    order.hears(packed(order, 200, 200))
    assert order.quantities()["delivered"] == 400
    claim(order, 200)


def test_events_of_before_cartons_were_told_one_by_one_are_counted_as_well_as_they_tell(
    orders: Orders,
) -> None:
    order = follow(orders)
    first = replace(packed(order, 200, 200, 200, 200, 100), pieces=())
    ships = order.part(quantity=900)
    order.hears(order.plan(), order.work(), order.lot(), first, order.departure(ships), order.arrival(ships))
    claim(order, 101, sscc=SSCCS[4], status=422)
    claim(order, 200)


@pytest.mark.parametrize(
    ("quantity", "cartons", "holds"),
    [(1_000, 5, [200] * 5), (900, 5, [200] * 4 + [100]), (1, 1, [1]), (700, 2, [350] * 2), (7, 3, [3] * 3)],
)
def test_what_cartons_hold_where_nobody_told(quantity: int, cartons: int, holds: list[int]) -> None:
    assert shared_out(quantity, cartons, full=200) == holds


def test_a_carton_that_is_not_the_buyers_is_none(order: Followed) -> None:
    made, body = claim(order), {"sscc": SSCC, "quantity": 1, **WHY}
    assert order.orders.rival.post(CLAIMS, body).status_code == 404
    assert order.orders.rival.get(f"{CLAIMS}/{made['id']}").status_code == 404
    assert order.orders.rival.get(f"{ORDERS}/{order.id}/claims").status_code == 404
    assert send_photo(order.orders.rival, made, a_photo()).status_code == 404
    claim(order, sscc="095299000000000028", status=404)


def test_a_photo_is_kept_without_what_it_tells_beside_and_comes_as_a_download(order: Followed) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A maker that must not be kept"
    made = claim(order)
    sent = send_photo(order.orders.buyer, made, a_photo(exif=exif), "text/html")
    assert (sent.status_code, len(sent.json["photos"])) == (201, 1)
    photo = order.orders.buyer.get(sent.json["photos"][0])
    assert (photo.mimetype, b"must not be kept" in photo.data) == ("image/jpeg", False)
    assert dict(Image.open(BytesIO(photo.data)).getexif()) == {}
    assert photo.headers["X-Content-Type-Options"] == "nosniff"
    assert photo.headers["Content-Disposition"].startswith("attachment")
    assert order.orders.rival.get(sent.json["photos"][0]).status_code == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 422),
        (a_photo("GIF"), 422),
        (a_photo()[:200], 422),
        (b"", 422),
        (b"\0" * (MOST_BYTES + 1), 413),
    ],
    ids=["svg", "gif", "cut", "empty", "large"],
)
def test_what_is_no_photo_is_refused_whatever_it_is_called(
    order: Followed, content: bytes, status: int
) -> None:
    made = claim(order)
    assert send_photo(order.orders.buyer, made, content).status_code == status
    assert order.orders.buyer.get(f"{CLAIMS}/{made['id']}").json["photos"] == []


def test_a_claim_tells_of_a_carton_that_was_short_landed_until_it_is_found(order: Followed) -> None:
    """Whoever decides sees that the goods never came, and that they came later."""
    made = claim(order)
    assert made["short_landed"] is None
    told: dict[str, Any] = {"shipment_id": SHIPMENT, "place": "BEANR", "lines": (order.part(),)}
    short = (ShortCarton(order_id=order.id, sscc=SSCC),)
    hours = [WHEN + timedelta(hours=hour) for hour in range(3)]
    other = (ShortCarton(order_id=order.id, sscc="095299000000000028"),)
    order.hears(MilestoneRecorded(milestone="SHORT_LANDED", occurred_at=hours[0], short=other, **told))
    assert read(order, made)["short_landed"] is None
    order.hears(MilestoneRecorded(milestone="SHORT_LANDED", occurred_at=hours[1], short=short, **told))
    expected = {
        "shipment_id": str(SHIPMENT),
        "place": "BEANR",
        "occurred_at": hours[1].isoformat(),
        "found": False,
    }
    assert read(order, made)["short_landed"] == expected
    page = f"/orders/claims/{made['id']}"
    assert "it is not there yet" in Visitor(order.orders, KANWIL).open(page)
    order.hears(MilestoneRecorded(milestone="LANDED_IN_FULL", occurred_at=hours[2], **told))
    assert read(order, made)["short_landed"] == {**expected, "found": True}
    assert "was found since" in Visitor(order.orders, KANWIL).open(page)
    never = {"reason": "did_not_occur", "right_place": None, "right_at": None, **told}
    order.hears(MilestoneCorrected(milestone="LANDED_IN_FULL", occurred_at=hours[2], **never))
    assert read(order, made)["short_landed"] == expected
    right = {**never, "reason": "incorrect_data", "right_place": "NLRTM", "right_at": hours[2]}
    order.hears(MilestoneCorrected(milestone="SHORT_LANDED", occurred_at=hours[1], **right))
    assert read(order, made)["short_landed"]["place"] == "NLRTM"
    never |= {"place": "NLRTM"}
    order.hears(MilestoneCorrected(milestone="SHORT_LANDED", occurred_at=hours[2], **never))
    assert read(order, made)["short_landed"] is None


def short_landed(order: Followed, at: datetime, *, place: str = "BEANR") -> MilestoneRecorded:
    about: dict[str, Any] = {"shipment_id": SHIPMENT, "place": place, "lines": (order.part(),)}
    short = (ShortCarton(order_id=order.id, sscc=SSCC),)
    return MilestoneRecorded(milestone="SHORT_LANDED", occurred_at=at, short=short, **about)


def test_the_newest_short_landing_is_the_one_that_occurred_last_and_not_the_one_that_was_told_last(
    order: Followed,
) -> None:
    made = claim(order)
    hours = [WHEN + timedelta(hours=hour) for hour in range(4)]
    order.hears(short_landed(order, hours[2], place="NLRTM"), short_landed(order, hours[0]))
    assert read(order, made)["short_landed"]["place"] == "NLRTM"
    there = replace(short_landed(order, hours[1]), milestone="LANDED_IN_FULL", short=())
    order.hears(there)
    assert not read(order, made)["short_landed"]["found"], "it was missing after that, too"
    order.hears(replace(there, occurred_at=hours[3]))
    assert read(order, made)["short_landed"]["found"]


def test_where_the_newer_short_landing_did_not_occur_the_one_before_it_holds(order: Followed) -> None:
    made = claim(order)
    first, second = WHEN, WHEN + timedelta(hours=2)
    order.hears(short_landed(order, first), short_landed(order, second))
    order.hears(
        MilestoneCorrected(
            shipment_id=SHIPMENT,
            milestone="SHORT_LANDED",
            place="BEANR",
            occurred_at=second,
            reason="did_not_occur",
            right_place=None,
            right_at=None,
            lines=(order.part(),),
        )
    )
    assert read(order, made)["short_landed"]["occurred_at"] == first.isoformat()


def test_all_claims_of_an_order_are_read_in_as_many_queries_however_many_there_are(order: Followed) -> None:
    def queries() -> int:
        path = f"{ORDERS}/{order.id}/claims"
        web = order.orders.client.application.extensions["kendi"].database
        return len(asked_by(web, lambda: order.orders.office.get(path)))

    claim(order)
    queries()
    few = queries()
    for _ in range(3):
        claim(order)
    assert queries() == few


def read(order: Followed, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = order.orders.office.get(f"{CLAIMS}/{made['id']}").json
    return found
