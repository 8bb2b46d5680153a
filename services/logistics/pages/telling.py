"""A shipment's way in the words and forms of a page."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from babel.dates import format_timedelta

from services.logistics.domain.milestones import Graph
from services.logistics.domain.shipment import Shipment
from shared.clock import WIB
from shared.web.pages import moment

OPTIONAL = ("FUMIGATED", "TRANSSHIPPED", "GATE_OUT", "STRIPPED", "CLOSED")
"""Not every shipment has these, so nobody waits for them."""

TIMES = ("occurred_at", "sealed_at")


def states(graph: Graph) -> dict[str, dict[str, str]]:
    """The words for the states that are milestones, in both languages."""
    return {each.code.lower(): {"en": each.name_en, "id": each.name_id} for each in graph.values()}


def entries(milestones: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """What happened, as the timeline shows it."""
    told: list[dict[str, Any]] = []
    for milestone in milestones:
        at = milestone["occurred_at"]
        told.append(
            {
                "day": at.astimezone(WIB).date(),
                "at": at,
                "text": ": ".join(filter(None, (milestone["name"], milestone["place_name"]))),
                "role": "logistics",
                "service": "logistics",
                "since": format_timedelta(at - told[-1]["at"], locale=language) if told else None,
            }
        )
    return told


def reported(milestones: Iterable[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """The reports that may be wrong, the newest first: the id of each and its words."""
    return [
        (each["id"], f"{each['name']}, {each['place_name'] or each['place']}, {moment(each['occurred_at'])}")
        for each in milestones
    ][::-1]


def expected(shipment: Shipment, graph: Graph, language: str) -> list[dict[str, Any]]:
    """What is still to come, with the day where the booking tells one."""
    never = {code for each in shipment.troubles(graph) if not each.ended_by for code in each.bars}
    days = {
        "GATE_IN": shipment.closes_on,
        "LOADED": shipment.etd,
        "VESSEL_DEPARTED": shipment.etd,
        "DISCHARGED": shipment.eta,
    }
    return [
        {
            "text": each.name_id if language == "id" else each.name_en,
            "owners": ["logistics"],
            "since": None,
            "by": days.get(each.code),
        }
        for each in shipment.by.way(graph).values()
        if each.code not in shipment.codes | never and each.code not in OPTIONAL and not each.beside
    ]


def form_values(form: Mapping[str, str]) -> dict[str, str]:
    """What a form sends, without what was left empty; its times are of Central Java."""
    filled = {name: value.strip() for name, value in form.items() if value.strip()}
    return {name: f"{value}:00+07:00" if name in TIMES else value for name, value in filled.items()}


def for_input(moment: datetime) -> str:
    """A time as an input of the kind datetime-local has it, in Central Java."""
    return moment.astimezone(WIB).strftime("%Y-%m-%dT%H:%M")
