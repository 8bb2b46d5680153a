"""What an item costs: prices by currency, each from a day on until a later one takes its place."""

from datetime import date

from shared.refusal import Refused


def may_be_priced(currency: str, *, valid_from: date, today: date) -> None:
    """Orders of the past were placed at the prices of their day, which stay."""
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise Refused("Give an ISO 4217 code, for example USD.", field="currency")
    if valid_from < today:
        raise Refused(
            "Give a day from {today} on; earlier prices stay as they were.", field="valid_from", today=today
        )
