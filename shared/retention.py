"""What is kept about people: the kinds of it, in which tables each stands, and how long is long enough.

The periods are data, in ``reference/retention.yaml``; what there is to keep is a matter of the code. A test reads
all tables and finds those with personal data that no kind names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

ERASE, AGGREGATE, KEEP = "erase", "aggregate_and_erase", "keep"
WAYS: Final = (ERASE, AGGREGATE, KEEP)
PURGE, JOB, NOBODY = "purge", "job", "nobody"


@dataclass(frozen=True)
class Kind:
    """Data of one kind; ``moments`` are those that its age may be counted from, and ``by`` is who erases it.

    ``tables`` begin with the service, or with ``*`` where each service has the table.
    """

    tables: tuple[str, ...]
    ways: tuple[str, ...] = (KEEP,)
    moments: tuple[str, ...] = ()
    by: str = NOBODY


LEFT = ("left_and_settled",)
"""The day of a release or transfer, or that of the last entry in the worker's account if it was later."""

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "worker_hours": Kind(("production.hours_entry",), (AGGREGATE, KEEP), LEFT, PURGE),
        "consents": Kind(("production.consent",), (AGGREGATE, KEEP), LEFT, PURGE),
        "premi_by_worker": Kind(("production.premi_line",), (AGGREGATE, KEEP), LEFT, PURGE),
        "codes_and_eligibility": Kind(("production.worker",), (AGGREGATE, KEEP), LEFT, PURGE),
        "statements": Kind((), (ERASE, KEEP), LEFT),
        "reads_of_workers": Kind(("production.worker_read",), (ERASE, KEEP), ("read",), PURGE),
        "inspection_photos": Kind(("production.inspection_photo",), (ERASE, KEEP), ("inspected",), PURGE),
        "consignees": Kind(("orders.order_line",), (ERASE, KEEP), ("order_finished",), PURGE),
        "order_files": Kind(
            ("orders.order_import", "orders.order_import_row"), (ERASE, KEEP), ("file_done",), PURGE
        ),
        "tracking_links": Kind(("logistics.shipment",), (ERASE, KEEP), ("delivered",), PURGE),
        "webhook_log": Kind(
            ("orders.webhook_delivery", "orders.webhook_attempt"), (ERASE,), ("told_or_given_up",), JOB
        ),
        "quotes": Kind(("orders.quote",), (ERASE,), ("expired",), JOB),
        "file_previews": Kind(("orders.order_import",), (ERASE,), ("made",), JOB),
        "idempotency_keys": Kind(("*.idempotency_key",), (ERASE,), ("made",), JOB),
        "sessions": Kind(("*.web_session",), (ERASE,), ("made",), JOB),
        "sign_in_tries": Kind(("*.sign_in_attempt",), (ERASE,), ("made",), JOB),
        "counts_about_people": Kind(
            (
                "production.refusal",
                "production.grievance",
                "production.independent_visit",
                "production.evidence",
                "production.closed_month",
            )
        ),
        "accounting_papers": Kind(
            (
                "production.premi_entry",
                "production.premi_lot",
                "production.premi_of_former",
                "orders.payment",
                "orders.buyer",
                "orders.buyer_order",
            )
        ),
        "customs_papers": Kind(
            (
                "logistics.document_file",
                "logistics.shipment_document",
                "logistics.export_declaration",
                "logistics.order_line",
                "logistics.buyer_order",
                "logistics.exporter",
            )
        ),
        "decisions": Kind(
            (
                "orders.signature",
                "orders.release_attempt",
                "orders.acknowledgement",
                "orders.free_lane",
                "orders.counsel_note",
                "orders.sample_verdict",
                "orders.claim",
                "orders.claim_photo",
                "orders.destination_policy",
                "orders.promise",
                "orders.decision",
                "production.warning",
                "logistics.carton",
                "logistics.shipment_note",
                "logistics.shipment_reseal",
                "logistics.gate_attempt",
                "logistics.carton_history",
            )
        ),
        "drafts": Kind(("orders.draft",)),
        "events": Kind(
            (
                "*.outbox_event",
                "*.inbox",
                "*.parked_message",
                "orders.timeline",
            )
        ),
        "accounts_of_staff": Kind(("*.person", "*.api_key", "orders.webhook_endpoint")),
        "notes_of_operators": Kind(("*.operator_action", "*.purge_step", "production.legal_hold")),
    }
)

AS_LONG_AS: Final = (
    ("premi_by_worker", "worker_hours"),
    ("premi_by_worker", "codes_and_eligibility"),
    ("worker_hours", "codes_and_eligibility"),
    ("consents", "codes_and_eligibility"),
)
"""The second of each pair is what the first rests on, and goes with it or later."""

UNITS: Final = ("years", "days", "hours", "minutes")


@dataclass(frozen=True)
class Period:
    """So many years, days, hours or minutes."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count} {self.unit if self.count > 1 else self.unit.removesuffix('s')}"

    def before(self, on: date) -> date:
        """What happened before this day is older than the period; a year after 29 February is over on 1 March."""
        if self.unit != "years":
            return on - self.length()
        try:
            return on.replace(year=on.year - self.count)
        except ValueError:
            return on.replace(year=on.year - self.count, day=28)

    def length(self) -> timedelta:
        """Exactly, but for years, which have a leap day now and then."""
        if self.unit == "years":
            return timedelta(days=365 * self.count + self.count // 4)
        return timedelta(**{self.unit: self.count})


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """How long data of a kind is kept; without ``kept_for`` it is never erased."""

    kind: str
    version: int
    valid_from: date
    kept_for: Period | None
    counted_from: str | None
    then: str
    basis: str
    certainty: str
    owner: str
    why: str
    source: str

    @property
    def lasts(self) -> timedelta:
        """How long it keeps; longer than anything if it never erases."""
        return self.kept_for.length() if self.kept_for else timedelta.max

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day


@dataclass(frozen=True)
class Asked:
    """A rule on a day, and who asks for its purge. ``before`` is the first day that is kept."""

    rule: RetentionRule
    on: date
    by: str
    now: datetime

    @property
    def before(self) -> date:
        assert self.rule.kept_for is not None
        return self.rule.kept_for.before(self.on)
