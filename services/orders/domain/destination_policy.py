"""Whether goods may go to a destination: dated rules of law, the most restrictive of which wins.

This system does not decide that goods may be imported. It makes sure that nothing leaves by
oversight: what no rule covers is held.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

Action = Literal["allow", "hold", "block"]
SEVERITY: dict[Action, int] = {"allow": 0, "hold": 1, "block": 2}


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What is to go where. ``lane`` says who made it: custodial, parole_community or free."""

    destination: str
    lane: str
    hs6: str
    delivery: date


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One dated row of policy; ``None`` in a condition means that it holds for all."""

    id: str
    version: int
    action: Action
    countries: tuple[str, ...] | None = None
    lane: str | None = None
    hs: tuple[str, ...] | None = None
    delivery_from: date | None = None
    delivery_before: date | None = None
    catch_all: bool = False
    needs: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    explanation_en: str = ""
    explanation_id: str = ""

    def covers(self, goods: Goods) -> bool:
        return (
            (self.countries is None or goods.destination in self.countries)
            and (self.lane is None or goods.lane == self.lane)
            and (
                self.hs is None
                or any(fnmatchcase(goods.hs6.replace(".", ""), pattern) for pattern in self.hs)
            )
            and (self.delivery_from is None or goods.delivery >= self.delivery_from)
            and (self.delivery_before is None or goods.delivery < self.delivery_before)
        )


@dataclass(frozen=True, kw_only=True)
class Screening:
    """The decision over some goods, with the rules and the law that it rests on."""

    action: Action
    policies: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    explanation_en: str
    explanation_id: str


UNKNOWN = Screening(
    action="hold",
    needs=("LEGAL_ASSESSMENT",),
    explanation_en="No rule covers this destination yet, so the line waits for a legal assessment.",
    explanation_id="Belum ada aturan untuk negara tujuan ini, jadi baris ini menunggu penilaian hukum.",
)


def screen(goods: Goods, rules: Iterable[Rule]) -> Screening:
    """The most restrictive of the rules that cover the goods; the needs of all of them together.

    A catch-all counts only where nothing else matched, and where nothing matches the goods are held.
    """
    covering = [rule for rule in rules if rule.covers(goods)]
    specific = [rule for rule in covering if not rule.catch_all] or covering
    if not specific:
        return UNKNOWN
    strictest = max(specific, key=lambda rule: SEVERITY[rule.action])
    return Screening(
        action=strictest.action,
        policies=tuple(f"{rule.id}.v{rule.version}" for rule in specific),
        needs=tuple(dict.fromkeys(need for rule in specific for need in rule.needs)),
        law=tuple(dict.fromkeys(law for rule in specific for law in rule.law)),
        explanation_en=strictest.explanation_en,
        explanation_id=strictest.explanation_id,
    )
