"""What the two people see of a line before they sign, and the hash by which a signature names it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from services.orders.domain.hold import Hold
from services.orders.domain.order import Line, Order


def facts_shown(
    order: Order,
    line: Line,
    hold: Hold,
    dossiers: Sequence[Mapping[str, Any]],
    facilities: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """All that a decision over the hold rests on; nothing that changes by itself, such as its age.

    ``dossiers`` name the newest version of each lot's, and its hash; ``facilities`` are those that are to make it, with
    what documents show of each.
    """
    return {
        "order_id": str(order.id),
        "line": line.number,
        "purpose": hold.purpose,
        "sku": line.sku,
        "quantity": hold.quantity,
        "lane": hold.lane,
        "consignee": {"name": line.consignee_name, "address": line.consignee_address},
        "destination": line.destination,
        "transit": hold.transit,
        "policies": line.policies,
        "law": line.law,
        "needs": line.needs,
        "lots": hold.lots,
        "dossiers": list(dossiers),
        "facilities": list(facilities),
    }


def digest(facts: Any) -> str:
    """SHA-256 of facts as JSON with sorted keys and no spaces: the same facts always give the same."""
    written = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()
