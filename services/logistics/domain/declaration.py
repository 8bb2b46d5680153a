"""The export declaration (PEB, BC 3.0): what can be corrected in it, and what only by cancelling and filing anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from shared.refusal import Refused

WINDOW: Final = timedelta(days=7)
"""How long before the estimated day of export it may be filed at the earliest."""
REPORTING: Final = timedelta(days=3)
"""How long after the estimated day of export a cancellation may be reported."""
LATEST_EXPORT: Final = timedelta(days=365)
"""A day beyond a year is a mistyped one."""

FIXED: Final = ("exporter_name", "exporter_identity", "office", "export_type", "facility_type")
"""PMK 155/2022, article 28: none of these can be corrected."""


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What is filed. ``number`` is that of the submission, ``office`` the code of the customs office."""

    number: str
    office: str
    exporter_name: str
    exporter_identity: str
    export_type: str
    facility_type: str
    vessel: str
    voyage: str


def need_window(etd: date, on: date, *, field: str | None = None) -> None:
    """Refuse to file before the window of this departure opens."""
    opens = etd - WINDOW
    if on < opens:
        raise Refused(
            "A PEB can be filed from {opens} on, seven days before the departure on {etd}.",
            field=field,
            opens=opens,
            etd=etd,
        )


@dataclass(eq=False, kw_only=True)
class Declaration:
    """A declaration as it was filed and corrected.

    ``export_on`` is the estimated day of export, ``registration`` is customs' number, ``consignee`` whom it names,
    where that was told.
    """

    number: str
    office: str
    exporter_name: str
    exporter_identity: str
    export_type: str
    facility_type: str
    vessel: str
    voyage: str
    export_on: date
    filed_on: date
    consignee: str | None = None
    registration: str | None = None
    registered_on: date | None = None
    cancelled_on: date | None = None
    cancelled_because: str | None = None
    reported_on: date | None = None

    @classmethod
    def filed(cls, particulars: Particulars, *, etd: date, today: date) -> Self:
        need_window(etd, today)
        return cls(**vars(particulars), export_on=etd, filed_on=today)

    @property
    def in_force(self) -> bool:
        return self.cancelled_on is None

    @property
    def report_by(self) -> date | None:
        """The last day on which customs must have been told that it was cancelled."""
        return None if self.in_force else self.export_on + REPORTING

    def correct(self, changes: Mapping[str, object], *, today: date) -> None:
        """Note customs' registration, or another vessel or day; what is fixed stays as it was filed."""
        for name in FIXED:
            if changes.get(name, getattr(self, name)) != getattr(self, name):
                raise Refused(
                    "This can't be corrected in a PEB: cancel {number} and file a new one.",
                    field=name,
                    number=self.number,
                )
        self._need_days(changes, today)
        for name, value in changes.items():
            setattr(self, name, value)
        if (self.registration is None) != (self.registered_on is None):
            raise Refused(
                "Give the number of the registration with its day.",
                field="registered_on" if self.registration else "registration",
            )

    def _need_days(self, changes: Mapping[str, object], today: date) -> None:
        registered_on, export_on = changes.get("registered_on"), changes.get("export_on")
        if isinstance(registered_on, date) and not self.filed_on <= registered_on <= today:
            raise Refused(
                "Give a day from {filed_on}, when the PEB was filed, to {today}.",
                field="registered_on",
                filed_on=self.filed_on,
                today=today,
            )
        if isinstance(export_on, date) and not self.filed_on <= export_on <= self.filed_on + LATEST_EXPORT:
            raise Refused(
                "Give a day of export within a year of {filed_on}, when the PEB was filed.",
                field="export_on",
                filed_on=self.filed_on,
            )

    def cancel(self, reason: str, *, today: date) -> None:
        self.cancelled_on, self.cancelled_because = today, reason

    def report(self, on: date, *, today: date) -> None:
        """Note when customs was told that it was cancelled."""
        if self.cancelled_on is None or self.reported_on is not None:
            raise Refused("PEB {number} has no cancellation that waits to be reported.", number=self.number)
        if not self.cancelled_on <= on <= today:
            raise Refused(
                "Give a day from {cancelled_on}, when the PEB was cancelled, to {today}.",
                field="reported_on",
                cancelled_on=self.cancelled_on,
                today=today,
            )
        self.reported_on = on
