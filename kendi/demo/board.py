"""The officers of the facilities in the demonstration, on the pages of their board."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from kendi.accounts import Accounts
from kendi.demo.people import DemoFailed, Visitor
from shared.web.access import FACILITY

BOARD = "/production/"
FORM = re.compile(
    r'<form[^>]*action="(/production/work-orders/([0-9a-f-]{36})/(\w+))"[^>]*>(.*?)</form>', re.DOTALL
)
REWORKED_EVERY = 40
"""One piece in so many goes back once for rework."""


class Boards:
    """Every facility's officer in front of the board: answers offers, reports and inspects day by day."""

    def __init__(self, url: str, accounts: Accounts) -> None:
        people = [p for p in accounts.people if (p.service, p.role) == ("production", FACILITY)]
        self._officers = [Visitor(url, person) for person in people]
        self._declined = False

    def work_waits(self) -> bool:
        """Whether an offer stands on some board."""
        return any(True for officer in self._officers for _ in self._forms(officer, "accept"))

    def answer(self, *, decline_one: bool = False) -> None:
        """Accept and start what is offered; the first offer of the last facility is declined once if wanted."""
        if decline_one:
            self._decline_one()
        for officer in self._officers:
            for path, _ in self._forms(officer, "accept"):
                officer.submit(path)
            for path, _ in self._forms(officer, "start"):
                officer.submit(path)

    def _decline_one(self) -> None:
        for officer in reversed(self._officers):
            for path, _ in self._forms(officer, "decline"):
                officer.submit(path, reason="Ruang kerja dipakai untuk pelatihan bulan ini.")
                return
        raise DemoFailed("no facility was offered anything to decline")

    def work_a_day(self, today: date) -> None:
        """Each facility reports a day's pieces of each of its work orders and inspects them; some need rework."""
        for officer in self._officers:
            for path, form in list(self._forms(officer, "report")):
                officer.submit(
                    path, pieces=_field(form, "pieces"), kind=_kind(form), worked_on=today.isoformat()
                )
            for path, form in list(self._forms(officer, "inspect")):
                awaiting = int(_field(form, "passed"))
                rework = 0 if _field(form, "reworked", "0") != "0" else awaiting // REWORKED_EVERY
                officer.submit(path, passed=awaiting - rework, rework=rework, scrap=0)

    @staticmethod
    def _forms(officer: Visitor, action: str) -> Iterator[tuple[str, str]]:
        """The forms for one action on the officer's board: where they go, and their HTML."""
        for path, _, kind, form in FORM.findall(officer.open(BOARD)):
            if kind == action:
                yield path, form


def _field(form: str, name: str, default: Any = None) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', form) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', form
    )
    if found is None and default is None:
        raise DemoFailed(f"the form has no field {name}")
    return found[1] if found else str(default)


def _kind(form: str) -> str:
    return _field(form, "kind", "made")
