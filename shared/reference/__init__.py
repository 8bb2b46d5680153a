"""The reference data of Kendi, read from YAML and checked: what is made, where, for whom, under which rules.

A file with a bad row yields nothing but ``BadReference``, which names each of them by its line. The
files are in ``reference/`` beside the code; what they mean stands at their heads.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType

from shared.reference import schemas
from shared.reference.fields import is_country, shown
from shared.reference.reading import BadReference, Sheet, read
from shared.reference.rows import (
    Agreement,
    Aql,
    Buyer,
    Capability,
    ConsentWords,
    CutOff,
    Destinations,
    DocumentRule,
    Epcis,
    Equipment,
    Facility,
    Group,
    Item,
    Match,
    Material,
    Materials,
    Milestone,
    OpeningStock,
    Policy,
    Port,
    Premi,
    PremiScheme,
    Rate,
    Recipe,
    SamplingPlan,
    Shipping,
    Skill,
    Supply,
    ValidDays,
    Wage,
    When,
)
from shared.retention import AS_LONG_AS, KINDS, RetentionRule

__all__ = [
    "FOLDER",
    "Agreement",
    "Aql",
    "BadReference",
    "Buyer",
    "Capability",
    "ConsentWords",
    "CutOff",
    "Destinations",
    "DocumentRule",
    "Epcis",
    "Equipment",
    "Facility",
    "Group",
    "Item",
    "Match",
    "Material",
    "Materials",
    "Milestone",
    "OpeningStock",
    "Policy",
    "Port",
    "Premi",
    "PremiScheme",
    "Rate",
    "Recipe",
    "SamplingPlan",
    "Shipping",
    "Skill",
    "Supply",
    "ValidDays",
    "Wage",
    "When",
    "agreements",
    "aql",
    "buyers",
    "catalogue",
    "destinations",
    "destinations_in",
    "document_rules",
    "facilities",
    "materials",
    "milestones",
    "ports",
    "premi",
    "retention_rules",
    "retention_rules_in",
    "shipping",
    "skills",
    "supplies",
]

FOLDER = Path(__file__).parents[2] / "reference"
"""The files that come with the code."""

Groups = Mapping[str, tuple[str, ...]]


def catalogue(folder: Path = FOLDER) -> tuple[Item, ...]:
    """The articles that can be ordered."""
    return _catalogue(folder)[1]


def materials(folder: Path = FOLDER) -> tuple[Material, ...]:
    """What the articles are made of."""
    return _catalogue(folder)[0]


def facilities(folder: Path = FOLDER) -> tuple[Facility, ...]:
    """The Lapas, Rutan, LPKA and Bapas of Central Java, with what the producing ones can make."""
    families = {item.family for item in catalogue(folder)}
    with Sheet(folder / "facilities.yaml", "facilities") as sheet:
        found: tuple[Facility, ...] = sheet.rows("facilities", schemas.Facility(), unique=("code", "gln"))
        for facility in found:
            for place, capability in enumerate(facility.capabilities):
                if capability.family not in families:
                    right = f"must be a family of the catalogue ({', '.join(sorted(families))})"
                    trail = ("capabilities", place, "family")
                    sheet.fault(facility, trail, f"{right}, was {shown(capability.family)}")
    return found


def destinations(folder: Path = FOLDER) -> Destinations:
    """The destination policies, and the groups of countries that they name."""
    return destinations_in(folder / "destinations.yaml")


def destinations_in(path: Path) -> Destinations:
    """The same from a file that is still to be published."""
    with Sheet(path, "groups", "policies") as sheet:
        found: tuple[Group, ...] = sheet.rows("groups", schemas.Group(), unique=("name",))
        groups: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(sheet.named("groups", "name")), ())
        groups |= {group.name: group.countries for group in found}
        policies: tuple[Policy, ...] = sheet.rows("policies", schemas.Policy(), unique=())
        _need_one_at_a_time(sheet, policies)
        resolved = tuple(
            replace(policy, match=replace(policy.match, countries=_countries(sheet, policy, groups)))
            for policy in policies
        )
    return Destinations(groups=MappingProxyType(groups), policies=resolved)


def document_rules(folder: Path = FOLDER) -> tuple[DocumentRule, ...]:
    """The documents of an export, and when each is needed."""
    groups = destinations(folder).groups
    known = {material.code for material in materials(folder)}
    steps = {milestone.code for milestone in milestones(folder)}
    with Sheet(folder / "documents.yaml", "documents") as sheet:
        rules: tuple[DocumentRule, ...] = sheet.rows("documents", schemas.DocumentRule(), unique=("code",))
        for rule in rules:
            _need_known(sheet, rule, ("when", "materials"), rule.when.materials or (), known)
            _need_known(sheet, rule, ("blocks",), rule.blocks, steps)
        return tuple(
            replace(
                rule,
                when=replace(
                    rule.when,
                    countries=_spelled_out(
                        sheet, rule, ("when", "destinations"), rule.when.countries, groups
                    ),
                ),
            )
            for rule in rules
        )


def aql(folder: Path = FOLDER) -> Aql:
    """How many pieces of a lot are inspected, and when the lot is accepted."""
    with Sheet(folder / "aql.yaml", "letters", "plans") as sheet:
        letters = sheet.rows("letters", schemas.LotLetter(), unique=("letter",))
        plans = sheet.rows("plans", schemas.SamplingPlan(), unique=())
        for plan in plans:
            _need_known(sheet, plan, ("letter",), (plan.letter,), sheet.named("letters", "letter"))
    return Aql(tuple(sorted(letters, key=lambda row: row.least)), tuple(plans))


def milestones(folder: Path = FOLDER) -> tuple[Milestone, ...]:
    """The steps from the order to its close, as a graph of what must come before what."""
    with Sheet(folder / "milestones.yaml", "milestones") as sheet:
        found: tuple[Milestone, ...] = sheet.rows(
            "milestones", schemas.Milestone(), unique=("number", "code")
        )
        codes = sheet.named("milestones", "code")
        for milestone in found:
            for name in ("predecessors", "ended_by", "bars"):
                _need_known(sheet, milestone, (name,), getattr(milestone, name), codes)
        _need_no_circle(sheet, found)
    return found


def ports(folder: Path = FOLDER) -> tuple[Port, ...]:
    """Ports and airports by UN/LOCODE."""
    return read(folder / "ports.yaml", "ports", schemas.Port(), unique=("code", "gln"))


def shipping(folder: Path = FOLDER) -> Shipping:
    """What goods are loaded into, and what must be done how long before a vessel leaves."""
    steps = {milestone.code for milestone in milestones(folder)}
    with Sheet(folder / "shipping.yaml", "equipment", "cut_offs") as sheet:
        equipment: tuple[Equipment, ...] = sheet.rows("equipment", schemas.Equipment(), unique=("code",))
        cut_offs: tuple[CutOff, ...] = sheet.rows("cut_offs", schemas.CutOff(), unique=("code",))
        for cut_off in cut_offs:
            if cut_off.met_by:
                _need_one_of(sheet, cut_off, ("met_by",), cut_off.met_by, steps)
    return Shipping(equipment=equipment, cut_offs=cut_offs)


def buyers(folder: Path = FOLDER) -> tuple[Buyer, ...]:
    """Who orders."""
    families = {item.family for item in catalogue(folder)}
    with Sheet(folder / "parties.yaml", "buyers") as sheet:
        found: tuple[Buyer, ...] = sheet.rows("buyers", schemas.Buyer(), unique=("code", "gln"))
        for buyer in found:
            _need_known(sheet, buyer, ("prison_families",), buyer.prison_families or (), families)
    return found


def agreements(folder: Path = FOLDER) -> tuple[Agreement, ...]:
    """The cooperation agreements between partners and the facilities that produce for them."""
    partners = {buyer.code for buyer in buyers(folder)}
    producing = {facility.code for facility in facilities(folder) if facility.producing}
    skus = {item.sku for item in catalogue(folder)}
    with Sheet(folder / "agreements.yaml", "agreements") as sheet:
        found: tuple[Agreement, ...] = sheet.rows("agreements", schemas.Agreement(), unique=("number",))
        for agreement in found:
            _need_one_of(sheet, agreement, ("partner",), agreement.partner, partners)
            _need_one_of(sheet, agreement, ("facility",), agreement.facility, producing)
            for place, tariff in enumerate(agreement.tariffs):
                _need_one_of(sheet, agreement, ("tariffs", place, "sku"), tariff.sku, skus)
    return found


def premi(folder: Path = FOLDER) -> Premi:
    """Minimum wages, how the work under each agreement is paid, and the words to consent to."""
    numbers = {agreement.number for agreement in agreements(folder)}
    skus = {item.sku for item in catalogue(folder)}
    with Sheet(folder / "premi.yaml", "wages", "schemes", "words") as sheet:
        wages: tuple[Wage, ...] = sheet.rows("wages", schemas.Wage(), unique=())
        schemes: tuple[PremiScheme, ...] = sheet.rows("schemes", schemas.PremiScheme(), unique=())
        words: tuple[ConsentWords, ...] = sheet.rows("words", schemas.ConsentWords(), unique=("purpose",))
        for scheme in schemes:
            _need_one_of(sheet, scheme, ("agreement",), scheme.agreement, numbers)
            for place, rate in enumerate(scheme.rates):
                _need_one_of(sheet, scheme, ("rates", place, "sku"), rate.sku, skus)
            others = [one for one in schemes if one is not scheme and one.agreement == scheme.agreement]
            if any(_overlap(scheme, other) for other in others):
                said = "must not be in the days of another scheme of this agreement"
                sheet.fault(scheme, ("valid_from",), f"{said}, was {scheme.valid_from}")
    return Premi(wages=wages, schemes=schemes, words=words)


def supplies(folder: Path = FOLDER) -> Materials:
    """How materials are measured, how much of them a piece takes, and what facilities have from the beginning."""
    named, items = _catalogue(folder)
    producing = {facility.code for facility in facilities(folder) if facility.producing}
    with Sheet(folder / "materials.yaml", "materials", "recipes", "stock") as sheet:
        kinds: tuple[Supply, ...] = sheet.rows("materials", schemas.Supply(), unique=("material",))
        recipes: tuple[Recipe, ...] = sheet.rows("recipes", schemas.Recipe(), unique=("sku",))
        stock: tuple[OpeningStock, ...] = sheet.rows("stock", schemas.OpeningStock(), unique=("facility",))
        measured = sheet.named("materials", "material")
        for kind in kinds:
            _need_one_of(sheet, kind, ("material",), kind.material, {one.code for one in named})
        for recipe in recipes:
            _need_one_of(sheet, recipe, ("sku",), recipe.sku, {item.sku for item in items})
            for place, take in enumerate(recipe.takes):
                _need_one_of(sheet, recipe, ("takes", place, "material"), take.material, measured)
        plots = {kind.material for kind in kinds if kind.plot_needed}
        for opening in stock:
            _need_one_of(sheet, opening, ("facility",), opening.facility, producing)
            for place, held in enumerate(opening.lots):
                _need_one_of(sheet, opening, ("lots", place, "material"), held.material, measured)
                if held.material in plots and not (held.plot and held.geolocation):
                    said = "is missing; where it grew must be known of this material"
                    sheet.fault(opening, ("lots", place, "plot"), said)
    return Materials(supplies=kinds, recipes=recipes, stock=stock)


def skills(folder: Path = FOLDER) -> tuple[Skill, ...]:
    """The skill levels and zones that articles need; one that is not named needs the first level, anywhere."""
    skus = {item.sku for item in catalogue(folder)}
    with Sheet(folder / "skills.yaml", "skills") as sheet:
        found: tuple[Skill, ...] = sheet.rows("skills", schemas.Skill(), unique=("sku",))
        for skill in found:
            _need_one_of(sheet, skill, ("sku",), skill.sku, skus)
    return found


def retention_rules(folder: Path = FOLDER) -> tuple[RetentionRule, ...]:
    """How long what is about people is kept: one rule for each kind."""
    return retention_rules_in(folder / "retention.yaml")


def retention_rules_in(path: Path) -> tuple[RetentionRule, ...]:
    """The same from a file that is not in force yet."""
    with Sheet(path, "rules") as sheet:
        found: tuple[RetentionRule, ...] = sheet.rows(
            "rules", schemas.RetentionRule(), unique=("kind",), called="kind"
        )
        for kind in [name for name in KINDS if name not in sheet.named("rules", "kind")]:
            sheet.lack(f"rules: has no rule for {kind}; say how long it is kept, or that it is")
        rules = {rule.kind: rule for rule in found}
        for short, long in AS_LONG_AS:
            if short in rules and long in rules and rules[long].lasts < rules[short].lasts:
                sheet.fault(
                    rules[long],
                    ("kept_for",),
                    f"must be as long as that of {short}, which rests on it, was {rules[long].kept_for}",
                )
    return found


def _catalogue(folder: Path) -> tuple[tuple[Material, ...], tuple[Item, ...]]:
    with Sheet(folder / "catalogue.yaml", "materials", "items") as sheet:
        stuff: tuple[Material, ...] = sheet.rows("materials", schemas.Material(), unique=("code",))
        items: tuple[Item, ...] = sheet.rows("items", schemas.Item(), unique=("sku", "gtin"))
        known = sheet.named("materials", "code")
        for item in items:
            _need_known(sheet, item, ("materials",), item.materials, known)
    return stuff, items


def _need_one_at_a_time(sheet: Sheet, policies: tuple[Policy, ...]) -> None:
    """Several versions of a policy may stand in the file, as long as no day has two."""
    for place, later in enumerate(policies):
        for earlier in policies[:place]:
            if later.id != earlier.id:
                continue
            if later.version == earlier.version:
                said = f"must be the only version {later.version} of {later.id}"
                sheet.fault(later, ("version",), said)
            elif _overlap(earlier, later):
                said = (
                    f"must not overlap version {earlier.version} of {later.id}, which holds {_days(earlier)}"
                )
                sheet.fault(later, ("valid_from",), f"{said}; this one holds {_days(later)}")


def _overlap(one: Policy | PremiScheme, other: Policy | PremiScheme) -> bool:
    begin = max(one.valid_from or date.min, other.valid_from or date.min)
    return begin <= min(one.valid_to or date.max, other.valid_to or date.max)


def _days(policy: Policy) -> str:
    return f"from {policy.valid_from or 'the beginning'} to {policy.valid_to or 'no end'}"


def _countries(sheet: Sheet, policy: Policy, groups: Groups) -> tuple[str, ...] | None:
    field = "dest_or_transit" if policy.match.transit else "dest"
    return _spelled_out(sheet, policy, ("match", field), policy.match.countries, groups)


def _spelled_out(
    sheet: Sheet, row: object, trail: tuple[str, ...], names: tuple[str, ...] | None, groups: Groups
) -> tuple[str, ...] | None:
    """The countries behind the names, or ``None`` for all."""
    if names is None or names == ("*",):
        return None
    for name in names:
        if name not in groups and not is_country(name):
            right = f"must be a country of ISO 3166-1 such as BE, or a group ({', '.join(groups)})"
            sheet.fault(row, trail, f"{right}, was {shown(name)}")
    return tuple(dict.fromkeys(country for name in names for country in groups.get(name, (name,))))


def _need_known(
    sheet: Sheet, row: object, trail: tuple[str, ...], names: tuple[str, ...], known: set[str]
) -> None:
    for place, name in enumerate(names):
        if name not in known:
            right = f"must be one of {', '.join(sorted(known))}"
            sheet.fault(row, (*trail, place), f"{right}, was {shown(name)}")


def _need_one_of(sheet: Sheet, row: object, trail: tuple[str | int, ...], name: str, known: set[str]) -> None:
    if name not in known:
        sheet.fault(row, trail, f"must be one of {', '.join(sorted(known))}, was {shown(name)}")


def _need_no_circle(sheet: Sheet, found: tuple[Milestone, ...]) -> None:
    by_code = {milestone.code: milestone for milestone in found}
    try:
        TopologicalSorter({milestone.code: milestone.predecessors for milestone in found}).prepare()
    except CycleError as error:
        circle = [code for code in error.args[1] if code in by_code]
        sheet.fault(
            by_code[circle[0]], ("predecessors",), f"must not go in a circle, was {' → '.join(circle)}"
        )
