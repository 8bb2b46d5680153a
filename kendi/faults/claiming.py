"""Claims during the campaign: the buyer's about what was delivered, and the office that decides and settles them."""

from datetime import timedelta
from random import Random
from typing import Any

from kendi.faults.client import Client
from shared.clock import WIB, real_now

WHY = "Some pieces fell apart when they were unpacked."


class Claims:
    """One claim at a time, about a carton that was delivered."""

    def __init__(self, buyer: Client, office: Client) -> None:
        self._buyer = buyer
        self._office = office
        self.delivered: list[str] = []
        """SSCCs, in the order in which the hub was told that they had arrived."""

    def work(self, chance: Random) -> None:
        if self.delivered:
            self._claim(chance.choice(self.delivered[-60:]), chance)
        self._buyer.wait(1)

    def _claim(self, sscc: str, chance: Random) -> None:
        """Make it, and where the answer came have it decided, mostly in full, and settled."""
        pieces = chance.randint(1, 3)
        body = {"sscc": sscc, "quantity": pieces, "reason": WHY}
        made = self._buyer.post("/orders/v1/claims", body, what="claim", about=sscc, amount=pieces)
        if made.outcome != "ok":
            return
        id, accepted = made.body["id"], chance.choice((pieces, pieces, pieces, 1, 0))
        path, decision = f"/orders/v1/claims/{id}", {"accepted": accepted, "reason": WHY}
        decided = self._office.post(f"{path}/decide", decision, what="decide", about=id, amount=accepted)
        if decided.outcome == "ok" and accepted:
            self._office.post(f"{path}/settle", _settlement(chance), what="settle", about=id)


def _settlement(chance: Random) -> dict[str, Any]:
    how = chance.choice(("credit", "replacement", "return"))
    wanted = real_now().astimezone(WIB).date() + timedelta(days=200)
    more = {"credit": {"credit": "0.01"}, "replacement": {"requested_date": wanted.isoformat()}, "return": {}}
    return {"settlement": how, **more[how]}
