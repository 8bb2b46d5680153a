"""Whether goods may go to a destination: dated rules of law, the most restrictive of which wins.

This system does not decide that goods may be imported. It makes sure that nothing leaves by
oversight: what no rule covers is held, and so is what goes to a country that nobody knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Final, Literal

from shared.reference.fields import is_country

Action = Literal["allow", "hold", "block"]
Condition = Literal["destination", "lane", "tariff", "delivery", "seller", "family"]
SEVERITY: dict[Action, int] = {"allow": 0, "hold": 1, "block": 2}
UNASSESSED: Final = ("LEGAL_ASSESSMENT",)


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What is to go where. ``lane`` says who made it: custodial, parole_community or free.

    ``transit`` are the countries that the route passes, ``None`` while no route is planned. Of the seller
    it is told for which families of goods there is a contract for prison work; where nobody has said so,
    any may have one.
    """

    destination: str
    lane: str
    hs6: str
    delivery: date
    transit: tuple[str, ...] | None = None
    family: str | None = None
    prison_families: tuple[str, ...] | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Every country whose law the goods meet, as far as the route is known."""
        return (self.destination, *(self.transit or ()))

    @property
    def like_prison_made(self) -> bool:
        """Whether the seller also has goods of this family made in prisons, or may have."""
        return None in (self.prison_families, self.family) or self.family in (self.prison_families or ())


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One dated row of policy; ``None`` in a condition means that it holds for all.

    ``transit`` says that a route through one of the countries counts like a destination there.
    """

    id: str
    version: int
    action: Action
    countries: tuple[str, ...] | None = None
    transit: bool = False
    lane: str | None = None
    hs: tuple[str, ...] | None = None
    delivery_from: date | None = None
    delivery_before: date | None = None
    seller_has_prison_contract: bool = False
    same_family: bool = False
    catch_all: bool = False
    needs: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    explanation_en: str = ""
    explanation_id: str = ""

    @property
    def name(self) -> str:
        return name_of(self.id, self.version)

    def covers(self, goods: Goods) -> bool:
        return not self.unmet(goods)

    def unmet(self, goods: Goods) -> tuple[Condition, ...]:
        """The conditions of the rule that these goods do not meet."""
        met: dict[Condition, bool] = {
            "destination": self._reaches(goods),
            "lane": self.lane is None or goods.lane == self.lane,
            "tariff": self._names(goods.hs6.replace(".", "")),
            "delivery": self._holds_on(goods.delivery),
            "seller": not self.seller_has_prison_contract or goods.prison_families != (),
            "family": not self.same_family or goods.like_prison_made,
        }
        return tuple(condition for condition, so in met.items() if not so)

    def _reaches(self, goods: Goods) -> bool:
        places = goods.places if self.transit else (goods.destination,)
        return self.countries is None or not set(places).isdisjoint(self.countries)

    def _names(self, tariff: str) -> bool:
        return self.hs is None or any(fnmatchcase(tariff, pattern) for pattern in self.hs)

    def _holds_on(self, delivery: date) -> bool:
        return (self.delivery_from is None or delivery >= self.delivery_from) and (
            self.delivery_before is None or delivery < self.delivery_before
        )


@dataclass(frozen=True, kw_only=True)
class Screening:
    """The decision over some goods, with the rules and the law that it rests on.

    Where it is a block, ``if_free`` is what would be decided if free workers made them.
    """

    action: Action
    policies: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    explanation_en: str
    explanation_id: str
    if_free: Action | None = None

    @property
    def releasable(self) -> bool:
        """Whether two people may release it; an allowed line needs none, and a block has none."""
        return self.action == "hold"


UNKNOWN = Screening(
    action="hold",
    needs=UNASSESSED,
    explanation_en="No rule covers this destination yet, so the line waits for a legal assessment.",
    explanation_id="Belum ada aturan untuk negara tujuan ini, jadi baris ini menunggu penilaian hukum.",
)
NOWHERE = Rule(
    id="UNKNOWN-COUNTRY",
    version=1,
    action="hold",
    needs=UNASSESSED,
    explanation_en="A country of the destination or the route is not one of ISO 3166-1, so the line waits.",
    explanation_id="Negara tujuan atau negara pada rutenya bukan negara ISO 3166-1, jadi baris ini menunggu.",
)
"""What is said of a country that does not exist."""


def name_of(id: str, version: int) -> str:
    """What decisions call a version of a rule: ``DP-GB-1.v2``."""
    return f"{id}.v{version}"


def unreadable(id: str, version: int) -> Rule:
    """What stands for a rule that can't be understood: nobody knows whom it covers, so it holds all."""
    return Rule(
        id=id,
        version=version,
        action="hold",
        needs=UNASSESSED,
        explanation_en=f"The rule {id} can't be read, so the line waits until it is published anew.",
        explanation_id=f"Aturan {id} tidak terbaca, jadi baris ini menunggu sampai aturan itu diterbitkan lagi.",
    )


def counting(goods: Goods, rules: Iterable[Rule]) -> list[Rule]:
    """The rules that decide, by their names; a catch-all counts only where nothing else covers the goods."""
    covering = sorted(
        (rule for rule in rules if rule.covers(goods)), key=lambda rule: (rule.id, rule.version)
    )
    counted = [rule for rule in covering if not rule.catch_all] or covering
    return counted if all(map(is_country, goods.places)) else [*counted, NOWHERE]


def screen(goods: Goods, rules: Iterable[Rule]) -> Screening:
    """The most restrictive of the rules that cover the goods; the needs of all of them together.

    Where nothing covers the goods they are held.
    """
    known = tuple(rules)
    found = _decided(goods, known)
    if found.action != "block":
        return found
    return replace(found, if_free=_decided(replace(goods, lane="free"), known).action)


def _decided(goods: Goods, rules: Sequence[Rule]) -> Screening:
    counted = counting(goods, rules)
    if not counted:
        return UNKNOWN
    strictest = max(counted, key=lambda rule: SEVERITY[rule.action])
    return Screening(
        action=strictest.action,
        policies=tuple(rule.name for rule in counted),
        needs=tuple(dict.fromkeys(need for rule in counted for need in rule.needs)),
        law=tuple(dict.fromkeys(law for rule in counted for law in rule.law)),
        explanation_en=strictest.explanation_en,
        explanation_id=strictest.explanation_id,
    )
