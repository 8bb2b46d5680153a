"""What the policies decide for every country of the world, as a page: docs/destinations.md."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import pycountry

from services.orders.domain.destination_policy import Goods, Rule, screen
from services.orders.policies import as_row, rules_of
from shared import reference

TURN = date(2027, 12, 14)
"""From this day Regulation (EU) 2024/3015 applies."""
DAYS = (TURN - timedelta(days=1), TURN)
LANES = ("custodial", "parole_community", "free")
KINDS = {"mats": ("5705.00", "rag_mat"), "all but mats": ("5609.00", "coco_rope")}
"""Goods whose answers may differ: the tariff's heading and the family, as the catalogue has them."""
NOWHERE_ELSE = "ID"

Answers = tuple[str, ...]
"""For each lane, before and from the turn."""


def page(folder: Path = reference.FOLDER) -> str:
    """The decisions over all countries, three lanes and both sides of the turn; countries that share them in one row."""
    rules = shipped(folder)
    lines = [
        "# Where goods may go",
        "",
        "Generated from `reference/destinations.yaml` by `make docs`; do not edit. This system does not decide that",
        "goods may be imported: it makes sure that nothing leaves by oversight. The files' rules are listed there with",
        "their law, sources and how sure they are; `kendi policy check` explains an answer.",
        "",
        f"Each cell is the answer for a delivery before {TURN:%-d %B %Y}, then from that day on where it is another.",
        "The rules are those of that day; the seller has contracts for prison work on the goods. A route through a",
        "country of the second table counts as well.",
        "",
        f"| destination | goods | {' | '.join(LANES)} |",
        f"|---|---|{'---|' * len(LANES)}",
        *(_row(countries, goods, answers) for countries, goods, answers in _grouped(rules)),
        "",
        "## On the way",
        "",
        f"What a route through a country adds, on the way to {NOWHERE_ELSE}, where all goods may go; every country",
        "that is not named here adds nothing.",
        "",
        f"| route through | {' | '.join(LANES)} |",
        f"|---|{'---|' * len(LANES)}",
        *_routes(rules),
    ]
    return "\n".join(lines) + "\n"


def shipped(folder: Path = reference.FOLDER) -> dict[date, list[Rule]]:
    """The rules that are valid on each of the two days."""
    policies = reference.destinations(folder).policies
    return {
        day: [rule for row in policies for rule in rules_of(row.id, row.version, as_row(row), day)]
        for day in DAYS
    }


def countries() -> list[str]:
    """Every country of ISO 3166-1."""
    return sorted(country.alpha_2 for country in pycountry.countries)


def answers(
    rules: Mapping[date, list[Rule]], destination: str, kind: str, transit: tuple[str, ...] = ()
) -> Answers:
    """What is decided about goods of a kind, a cell for each lane."""
    return tuple(
        _cell(*(_answer(rules[day], destination, kind, lane, day, transit) for day in DAYS)) for lane in LANES
    )


def _answer(
    rules: list[Rule], destination: str, kind: str, lane: str, day: date, transit: tuple[str, ...]
) -> str:
    hs6, family = KINDS[kind]
    goods = Goods(
        destination=destination,
        lane=lane,
        hs6=hs6,
        family=family,
        prison_families=(family,),
        delivery=day,
        transit=transit,
    )
    screening = screen(goods, rules)
    needs = f"; needs {', '.join(screening.needs)}" if screening.releasable else ""
    return f"{screening.action} ({', '.join(screening.policies) or 'no rule'}{needs})"


def _cell(before: str, after: str) -> str:
    return before if before == after else f"{before}; then {after}"


def _grouped(rules: Mapping[date, list[Rule]]) -> Iterable[tuple[list[str], str, Answers]]:
    """Countries with the same answers together, those with the fewest first; the two kinds of goods only where they differ."""
    found = {code: {kind: answers(rules, code, kind) for kind in KINDS} for code in countries()}

    def alike(code: str) -> list[tuple[str, Answers]]:
        return sorted(found[code].items())

    groups = [list(group) for _, group in groupby(sorted(found, key=alike), key=alike)]
    for group in sorted(groups, key=lambda group: (len(group), group)):
        kinds = found[group[0]]
        if len(set(kinds.values())) == 1:
            yield group, "all", next(iter(kinds.values()))
        else:
            for kind in KINDS:
                yield group, kind, kinds[kind]


def _row(group: list[str], goods: str, cells: Answers) -> str:
    return f"| {', '.join(group)} | {goods} | {' | '.join(cells)} |"


def _routes(rules: Mapping[date, list[Rule]]) -> Iterable[str]:
    direct = answers(rules, NOWHERE_ELSE, "all but mats")
    found = {code: answers(rules, NOWHERE_ELSE, "all but mats", (code,)) for code in countries()}
    ways = sorted(code for code, cells in found.items() if cells != direct)
    for cells, group in groupby(sorted(ways, key=found.__getitem__), key=found.__getitem__):
        yield f"| {', '.join(group)} | {' | '.join(cells)} |"
