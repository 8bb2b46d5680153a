"""Six people who work in one facility, by their codes: registered, asked, their hours entered and a lot shared out."""

import re
from datetime import date
from typing import Any

from kendi.accounts import Accounts
from kendi.demo.people import DemoFailed, Visitor
from shared.web.access import FACILITY

FACILITY_CODE, COUNT = "LPS-SRG", 6
PEOPLE, HOURS, PREMI = "/production/people", "/production/hours", "/production/premi"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WORKER = re.compile(rf'name="workers" value="({UUID})"')
OPTION = re.compile(rf'<option value="({UUID})"')
LOT = re.compile(r'name="lot" value="([^"]+)"')


class Workers:
    """What the facility's officer keeps of them, on its pages alone."""

    def __init__(self, url: str, accounts: Accounts) -> None:
        self._officer = Visitor(url, accounts.person("production", FACILITY, FACILITY_CODE))
        self._ids: list[str] = []

    def begin(self, today: date) -> None:
        """Give out codes, and note to what their owners consented."""
        self._officer.open(PEOPLE)
        self._officer.submit(f"{PEOPLE}/register", count=str(COUNT), eligible="true")
        page = self._officer.open(PEOPLE)
        self._ids = sorted(set(WORKER.findall(page)))
        self._officer.submit(
            f"{PEOPLE}/consent",
            workers=self._ids,
            agreement_id=_first(OPTION, page),
            purposes=["work", "data"],
            language="jv",
            read_aloud="true",
            witness_role="religious_counsellor",
            given_on=today.isoformat(),
        )

    def work(self, today: date) -> None:
        """Each works an hour for each work order of the facility."""
        for work_order in dict.fromkeys(OPTION.findall(self._officer.open(HOURS))):
            rows: dict[str, Any] = {f"hours.{id}": "1" for id in self._ids}
            self._officer.submit(HOURS, day=today.isoformat(), work_order_id=work_order, ended_at="", **rows)

    def share_out(self) -> None:
        """Share the premi of the first lot that waits."""
        lot = _first(LOT, self._officer.open(PREMI))
        self._officer.submit(f"{PREMI}/share", lot=lot)


def _first(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    if found is None:
        raise DemoFailed(f"the page has no {pattern.pattern}")
    return found[1]
