"""The proforma invoice: what is owed for an order, to whom, and under which terms, before anything is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.platypus import Flowable, Spacer

from services.orders.domain.order import Line, Order
from services.orders.domain.payment import amount_of
from shared.paper import HEADING, SMALL, TITLE, country, listing, paper_of, width_of, words

WIDTH = width_of(A4)
NO_BANK = "The exporter gives its bank details on request."
ROUNDING = (
    "Each line is pieces times unit price, rounded to the currency's smallest unit, half to even; "
    "the total is the sum of the lines as printed. Cancelled pieces are not counted, and credits are taken off."
)
TERMS = {
    "open_account": "on open account",
    "before_documents": "before documents: the transport document is released once all is paid",
}


@dataclass(frozen=True, kw_only=True)
class Seller:
    """Who sells, with the account that is paid to."""

    name: str
    address: tuple[str, ...]
    country: str
    bank: tuple[str, ...]


def proforma(order: Order, seller: Seller, descriptions: Mapping[str, str]) -> bytes:
    """The order as a PDF; the same order gives the same bytes."""
    title = f"Proforma invoice {order.po_number}"
    return paper_of(_story(order, seller, descriptions), title=title, page=A4)


def _story(order: Order, seller: Seller, descriptions: Mapping[str, str]) -> list[Flowable]:
    account = order.account
    return [
        words("Proforma invoice", style=TITLE),
        words(seller.name, *seller.address, country(seller.country)),
        Spacer(0, 6),
        listing(_facts(order), [WIDTH * 0.25, WIDTH * 0.75]),
        words(f"Goods, prices in {order.currency}", style=HEADING),
        listing(
            _rows(order, descriptions),
            [WIDTH * part / 186 for part in (14, 28, 68, 20, 24, 32)],
            numeric=(3, 4, 5),
            total=True,
        ),
        Spacer(0, 4),
        words(f"Paid so far: {account.paid:,f} {order.currency}."),
        words(ROUNDING, style=SMALL),
        words("Pay to", style=HEADING),
        words(*(seller.bank or (NO_BANK,))),
    ]


def _facts(order: Order) -> list[tuple[str, str]]:
    return [
        ("Purchase order", order.po_number),
        ("Order", str(order.id)),
        ("Date of the order", order.placed_on.isoformat()),
        ("Terms", f"{order.incoterm} {order.named_place}, Incoterms 2020"),
        ("Payment", TERMS[order.payment_terms]),
        ("Country of origin", "Indonesia"),
    ]


def _rows(order: Order, descriptions: Mapping[str, str]) -> list[list[str]]:
    head = ["Line", "SKU", "Description", "Pieces", "Unit price", f"Amount {order.currency}"]
    pieces = sum(line.wanted for line in order.lines)
    account = order.account
    total = ["Total", "", "", f"{pieces:,}", "", f"{account.due:,f}"]
    credit = ["", "", "Credited for claims", "", "", f"-{account.credited:,f}"]
    lines = (_row(line, order.currency, descriptions[line.sku]) for line in order.lines)
    return [head, *lines, *([credit] if account.credited else []), total]


def _row(line: Line, currency: str, description: str) -> list[str]:
    return [
        str(line.number),
        line.sku,
        f"{description}\nto {line.consignee_name}, {country(line.destination)}",
        f"{line.wanted:,}",
        f"{line.unit_price:,f}",
        f"{amount_of(line.wanted, line.unit_price, currency):,f}",
    ]
