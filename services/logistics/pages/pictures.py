"""What the pictures of a shipment's page are drawn from."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.logistics.domain.load import MM3_IN_M3
from services.logistics.domain.milestones import DELIVERED, DISCHARGED, VESSEL_DEPARTED


def blocks(fill: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of a load side by side, to scale: of the usable volume, or of the load where there are no walls."""
    whole = max((fill["usable_m3"] or 0) * MM3_IN_M3, Decimal(fill["mm3"]))
    drawn, x = [], Decimal(0)
    for part in fill["parts"]:
        width = 100 * part["mm3"] / whole
        drawn.append({**part, "x": f"{x:.3f}", "width": f"{width:.3f}"})
        x += width
    return drawn


def stops(shipment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Hub, ports and country in their order, with where the shipment was last seen."""
    if not shipment["etd"]:
        return []
    ports = [shipment["port_of_loading"], *shipment["via"], shipment["port_of_discharge"]]
    codes = [shipment["hub"], *filter(None, ports), shipment["destination"]]
    here = _last_seen(shipment, codes)
    return [{"code": code, "passed": place < here, "here": place == here} for place, code in enumerate(codes)]


def _last_seen(shipment: Mapping[str, Any], codes: list[str]) -> int:
    """The farthest stop at which something was reported."""
    reached = {each["milestone"] for each in shipment["milestones"]}
    if DELIVERED in reached:
        return len(codes) - 1
    if DISCHARGED in reached:
        return len(codes) - 2
    seen = [codes.index(each["place"]) for each in shipment["milestones"] if each["place"] in codes]
    least = 1 if VESSEL_DEPARTED in reached and len(codes) > 2 else 0
    return max([least, *seen])
