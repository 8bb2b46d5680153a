"""A dossier on paper: what is known and what is open, for who asks how goods were made."""

from collections.abc import Mapping
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.platypus import Flowable, Spacer

from services.orders.domain.dossier import OWN_COUNTS
from services.orders.sentences import MADE_BY
from shared.paper import BOLD, HEADING, SMALL, TITLE, listing, paper_of, width_of, words

WIDTH = width_of(A4)

NAMES: Final = {
    "consent": "Free, informed, written consent",
    "refusal_is_free": "Refusing has no effect on remission, visits or the cell",
    "not_at_private_disposal": "Not at the disposal of a private company",
    "pay": "Pay beside that of free work",
    "hours": "Hours and rest",
    "safety": "Safety, health and accident cover",
    "no_deductions": "No fines and no deductions",
    "grievances_and_visits": "Grievance channel and independent visits",
    "nobody_excluded_works": "No children, nobody on remand, nobody held for views",
    "skills": "Skills gained",
    "traceability": "Traceability from lot to facility",
}
FIGURES: Final = {
    "eligible": "eligible to work",
    "consenting": "consented to work",
    "workers": "at work",
    "minutes": "minutes of work",
    "premi_idr": "premi, Rp",
    "hourly_idr": "premi for an hour, Rp",
    "minimum_hourly_idr": "minimum wage for an hour, Rp",
    "refusals": "refusals",
    "open_grievances": "open grievances",
    "visits": "independent visits in a year",
}


def dossier(version: Mapping[str, Any], facilities: Mapping[str, str]) -> bytes:
    """One version as a PDF; the same version gives the same bytes."""
    title = f"Dossier of {version['kind']} {version['id']}, version {version['version']}"
    return paper_of(_story(title, version, facilities), title=title, page=A4)


def _story(title: str, version: Mapping[str, Any], facilities: Mapping[str, str]) -> list[Flowable]:
    return [
        words(title, style=TITLE),
        words(version["notice"], style=BOLD),
        words(f"Items complete: {version['completeness']}."),
        words(f"As of {version['as_of']}, when the last fact in it became known."),
        words("Made at", style=HEADING),
        listing(
            _lots(version, facilities),
            [WIDTH * part / 186 for part in (36, 28, 24, 60, 38)],
            numeric=(2,),
        ),
        words("Items", style=HEADING),
        listing(_items(version), [WIDTH * part / 186 for part in (96, 30, 60)]),
        words("Documents", style=HEADING),
        listing(_documents(version), [WIDTH * part / 186 for part in (38, 24, 38, 30, 22, 34)]),
        words("Hashes of the documents", style=HEADING),
        listing(_hashes(version), [WIDTH * part / 186 for part in (66, 120)]),
        words("What the facilities' own books tell of the months of work", style=HEADING),
        words("A dash stands for what would be about fewer than five people."),
        listing(_counted(version), [WIDTH * part / 186 for part in (20, 26, 70, 40, 30)], numeric=(4,)),
        Spacer(0, 6),
        words(f"Hash of this version: {version['hash']}", style=SMALL),
        words(f"Hash of the version before: {version['previous_hash'] or 'none'}", style=SMALL),
    ]


def _lots(version: Mapping[str, Any], facilities: Mapping[str, str]) -> list[list[str]]:
    head = ["Lot", "SKU", "Pieces", "Facility", "Made by"]
    return [head] + [
        [
            lot["lot"],
            lot["sku"],
            f"{lot['quantity']:,}",
            f"{facilities.get(lot['facility'], '')} ({lot['facility']})",
            MADE_BY[lot["lane"]][0],
        ]
        for lot in version["lots"]
    ]


def _items(version: Mapping[str, Any]) -> list[list[str]]:
    return [["Item", "State", "Documents"]] + [
        [NAMES[item["item"]], item["state"], ", ".join(one["document"] for one in item["evidence"]) or "–"]
        for item in version["items"]
    ]


def _documents(version: Mapping[str, Any]) -> list[list[str]]:
    head = ["Document", "Facility", "About", "Issued by", "State", "Issued, valid until"]
    return [head] + [
        [
            one["document"],
            one["facility"],
            one["about"].replace("_", " "),
            one["source"].replace("_", " "),
            one["state"],
            f"{one['issued_on']}\n{_until(one)}",
        ]
        for item in version["items"]
        for one in item["evidence"]
    ]


def _until(one: Mapping[str, Any]) -> str:
    if one["source"] == OWN_COUNTS:
        return "does not run out"
    return one["valid_until"] or "until it is withdrawn"


def _hashes(version: Mapping[str, Any]) -> list[list[str]]:
    """Of each document what its file, or what was counted, is known by."""
    return [["Document", "SHA-256"]] + [
        [one["document"], one["sha256"] or "no file"] for item in version["items"] for one in item["evidence"]
    ]


def _counted(version: Mapping[str, Any]) -> list[list[str]]:
    return [["Month", "Facility", "Item", "Figure", "Number"]] + [
        [
            one["month"],
            one["facility"],
            NAMES[item["item"]],
            FIGURES[name],
            "–" if figure is None else f"{figure:,}",
        ]
        for item in version["items"]
        for one in item["counted"]
        for name, figure in one["figures"].items()
    ]
