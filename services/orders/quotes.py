"""Quotes as they are shown: reads only."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from services.orders.domain.hold import RELEASE_ROLES
from services.orders.domain.quote import Quote
from services.orders.storage import quote


def find_quote(session: Session, buyer: str, quote_id: UUID) -> Row[Any] | None:
    return session.execute(select(quote).where(quote.c.id == quote_id, quote.c.buyer == buyer)).one_or_none()


def request_as_quoted(row: Row[Any]) -> dict[str, Any]:
    """The order that was asked about, at the prices that were told: at others it is refused."""
    prices = {line["number"]: line["unit_price"] for line in row.lines}
    lines = [line | {"unit_price": prices[n]} for n, line in enumerate(row.request["lines"], 1)]
    return {**row.request, "lines": lines}


def quote_as_dict(row: Row[Any], today: date, language: str = "en") -> dict[str, Any]:
    """The quote as it stands today, with what is known of each line."""
    asked = Quote(
        actions={line["number"]: line["action"] for line in row.lines},
        if_free={line["number"]: line.get("if_free") for line in row.lines},
        requested={line["number"]: date.fromisoformat(line["requested_date"]) for line in row.lines},
        promises=None
        if row.promises is None
        else {int(number): _day(told) for number, told in row.promises.items()},
        expires_on=row.expires_on,
    )
    return {
        "id": row.id,
        "state": asked.state(today),
        "po_number": row.request["po_number"],
        "currency": row.request["currency"],
        "payment_terms": row.request.get("payment_terms"),
        "asked_on": row.asked_on,
        "expires_on": row.expires_on,
        "lines": [
            _line(line, asked, language)
            | _missing(row.promises, line["number"])
            | {"transit": wanted.get("transit")}
            for line, wanted in zip(row.lines, row.request["lines"], strict=True)
        ],
    }


def _day(told: Any) -> date | None:
    """The promised day of a line; what was answered by earlier versions was the day alone."""
    day = told["promised_date"] if isinstance(told, dict) else told
    return day and date.fromisoformat(day)


def _missing(promises: dict[str, Any] | None, number: int) -> dict[str, Any]:
    """With what the day that was asked for would be possible; earlier versions did not tell all of it."""
    told = (promises or {}).get(str(number))
    known = told if isinstance(told, dict) else {}
    return {
        "possible_with": known.get("possible_with"),
        "lacking": known.get("lacking"),
        "lacking_at": known.get("lacking_at", []),
    }


def _line(line: dict[str, Any], asked: Quote, language: str) -> dict[str, Any]:
    blocked = line["action"] == "block"
    return {
        "number": line["number"],
        "sku": line["sku"],
        "quantity": line["ordered"],
        "unit_price": line["unit_price"],
        "requested_date": asked.requested[line["number"]],
        "destination": line["destination"],
        "outcome": asked.outcome(line["number"]),
        "promised_date": None if blocked else asked.promised(line["number"]),
        "free_lane": _free_lane(asked, line["number"]) if blocked else None,
        "awaited_sample": line.get("awaited_sample"),
        "hold": None if line["action"] == "allow" else _hold(line, language),
    }


def _free_lane(asked: Quote, number: int) -> dict[str, Any]:
    """Whether free workers could make a line that the law blocks, and by when."""
    return {"outcome": asked.possible(number), "promised_date": asked.promised(number)}


def _hold(line: dict[str, Any], language: str) -> dict[str, Any]:
    """What the line would wait for, or what bars it."""
    blocked = line["action"] == "block"
    return {
        "purpose": None if blocked else "produce",
        "policies": line["policies"],
        "law": line["law"],
        "explanation": line["explanation_id"] if language == "id" else line["explanation_en"],
        "releasable": not blocked,
        "needs": line["needs"],
        "released_by": [] if blocked else list(RELEASE_ROLES),
        "signatures": [],
    }
