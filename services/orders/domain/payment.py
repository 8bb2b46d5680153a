"""What is owed for an order, and what was paid of it, to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final
from uuid import UUID

from babel.numbers import get_currency_precision

from shared.events.orders import PaymentRecorded, PaymentStatus, PaymentStatusChanged, PaymentTakenBack
from shared.refusal import Refused

TERMS: Final = ("open_account", "before_documents")
"""Under the second the transport document is released only once all that is owed is paid."""


@dataclass(eq=False, kw_only=True)
class Payment:
    """Money that the exporter received; its reference names it among the order's payments.

    One that was told wrongly is taken back by another with what is less than nothing, which names it and says why.
    """

    id: UUID
    amount: Decimal
    paid_on: date
    reference: str
    corrects: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where an order stands: ``due`` is the price of what is wanted in the end, less what claims credited."""

    order_id: UUID
    currency: str
    due: Decimal
    paid: Decimal
    credited: Decimal

    @property
    def status(self) -> PaymentStatus:
        if self.paid >= self.due:
            return "settled"
        return "part_paid" if self.paid else "unpaid"


def amount_of(pieces: int, unit_price: Decimal, currency: str) -> Decimal:
    """The price of one line, rounded half to even to the currency's smallest unit, for example the cent."""
    return (pieces * unit_price).quantize(smallest_unit(currency), rounding=ROUND_HALF_EVEN)


def smallest_unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-get_currency_precision(currency))


def take(
    account: Account, payments: Sequence[Payment], payment: Payment, *, currency: str, today: date
) -> list[object]:
    """A payment that was told; one that stands under its reference already changes nothing."""
    earlier = next((each for each in standing(payments) if each.reference == payment.reference), None)
    if earlier:
        _need_same(earlier, payment, account.currency)
        return []
    if currency != account.currency:
        raise Refused(
            "The order is in {expected}; give what was paid in it.",
            field="currency",
            expected=account.currency,
        )
    if payment.amount <= 0 or payment.amount != payment.amount.quantize(smallest_unit(currency)):
        raise Refused(
            "Give an amount above zero, in whole units of {unit} {currency}.",
            field="amount",
            unit=smallest_unit(currency),
            currency=currency,
        )
    left = account.due - account.paid
    if payment.amount > left:
        raise Refused(
            "{left} {currency} are left to pay of {due}; {amount} is more.",
            field="amount",
            left=str(max(left, smallest_unit(currency) * 0)),
            due=str(account.due),
            amount=str(payment.amount),
            currency=currency,
        )
    if payment.paid_on > today:
        raise Refused("Give a day up to {today}.", field="paid_on", today=today)
    recorded = PaymentRecorded(
        order_id=account.order_id,
        payment_id=payment.id,
        amount=payment.amount,
        currency=currency,
        paid_on=payment.paid_on,
    )
    return [recorded, *changed(account, replace(account, paid=account.paid + payment.amount))]


def standing(payments: Sequence[Payment]) -> list[Payment]:
    """Those that were told and not taken back."""
    corrected = {each.corrects for each in payments}
    return [each for each in payments if each.corrects is None and each.id not in corrected]


def take_back(account: Account, payments: Sequence[Payment], wrong: Payment, back: Payment) -> list[object]:
    """What was told wrongly counts no more; it may be told again as it is, under its reference too."""
    if wrong not in standing(payments):
        raise Refused("{reference} was taken back before.", reference=wrong.reference)
    taken_back = PaymentTakenBack(
        order_id=account.order_id,
        payment_id=wrong.id,
        amount=wrong.amount,
        currency=account.currency,
        reason=back.reason or "",
    )
    return [taken_back, *changed(account, replace(account, paid=account.paid + back.amount))]


def changed(before: Account, now: Account) -> list[object]:
    """What is told when the status is another one than before."""
    if before.status == now.status:
        return []
    return [
        PaymentStatusChanged(
            order_id=now.order_id, status=now.status, due=now.due, paid=now.paid, currency=now.currency
        )
    ]


def _need_same(earlier: Payment, payment: Payment, currency: str) -> None:
    if (earlier.amount, earlier.paid_on) != (payment.amount, payment.paid_on):
        raise Refused(
            "{reference} was told before, with {amount} of {day}; give another reference.",
            field="reference",
            reference=earlier.reference,
            amount=str(earlier.amount.quantize(smallest_unit(currency))),
            day=earlier.paid_on,
        )
