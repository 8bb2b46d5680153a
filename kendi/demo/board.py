"""The officers of the facilities in the demonstration, on the pages of their board."""

import re
from datetime import date

from kendi.accounts import Accounts
from kendi.demo.people import DemoFailed, Visitor
from shared.web.access import FACILITY

BOARD = "/production/"
FORM = re.compile(
    r'<form[^>]*action="(/production/work-orders/[0-9a-f-]{36}/(\w+))"[^>]*>(.*?)</form>', re.DOTALL
)
SATURDAY = 5
REWORKED_EVERY = 40
"""One piece in so many of a work order's first inspection goes back for rework."""


class Boards:
    """Every facility's officer in front of the board: answers offers, reports and inspects day by day."""

    def __init__(self, url: str, accounts: Accounts) -> None:
        people = [p for p in accounts.people if (p.service, p.role) == ("production", FACILITY)]
        self._officers = [Visitor(url, person) for person in people]
        self._reworked: set[str] = set()

    def work_waits(self) -> bool:
        """Whether an offer stands on some board."""
        return any(self._forms(officer, "accept") for officer in self._officers)

    def answer(self, *, decline_one: bool = False) -> None:
        """Accept and start what is offered; the first offer of the last facility is declined once if wanted."""
        if decline_one:
            self._decline_one()
        for officer in self._officers:
            for path in dict(
                self._forms(officer, "accept")
            ):  # once, though there is a form for another day too
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
        """Each facility reports the day's pieces; inspects on Saturdays and at the end; some need rework."""
        for officer in self._officers:
            for path, form in self._forms(officer, "report"):
                kind = _field(form, "kind")
                officer.submit(path, pieces=_field(form, "pieces"), kind=kind, worked_on=today.isoformat())
            still_making = {_work_order(path) for path, form in self._forms(officer, "report")}
            for path, form in self._forms(officer, "inspect"):
                if today.weekday() == SATURDAY or _work_order(path) not in still_making:
                    self._inspect(officer, path, form)

    def _inspect(self, officer: Visitor, path: str, form: str) -> None:
        awaiting = int(_field(form, "passed"))
        rework = 0 if path in self._reworked else awaiting // REWORKED_EVERY
        self._reworked.add(path)
        officer.submit(path, passed=awaiting - rework, rework=rework, scrap=0)

    @staticmethod
    def _forms(officer: Visitor, action: str) -> list[tuple[str, str]]:
        """The forms for one action on the officer's board: where they go, and their HTML."""
        return [(path, form) for path, kind, form in FORM.findall(officer.open(BOARD)) if kind == action]


def _work_order(path: str) -> str:
    return path.split("/")[-2]


def _field(form: str, name: str) -> str:
    """The value that a field of the form stands at."""
    for tag in re.findall(r"<input[^>]*>", form):
        if f'name="{name}"' in tag:
            return re.search(r'value="([^"]*)"', tag)[1]  # type: ignore[index]  # every field of ours has a value
    raise DemoFailed(f"the form has no field {name}")
