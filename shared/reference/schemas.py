"""What each row of the reference files must look like."""

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, post_load, validates_schema

from shared import retention
from shared.clock import TIME_ZONES
from shared.reference import fields as f
from shared.reference import rows

HOURS_A_DAY = 7 * 60
LANES = ("custodial", "parole_community", "free")
UNITS = ("kg", "m", "m2", "piece")
RELEASERS = ("compliance_officer", "kanwil")
TREATMENTS = ("gas", "heat")
MODES = ("sea_fcl", "sea_lcl", "air", "road")
INCOTERMS = ("EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF")
_WORDS = (r"[a-z]+(_[a-z]+)*", "[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", "[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_LOWER, _HYPHENED, _UNDERSCORED = _WORDS


class Row(Schema):
    """A row becomes the dataclass ``of``; a field that it does not know is refused by name."""

    of: ClassVar[type]

    def __init__(self) -> None:
        super().__init__()
        names = ", ".join(field.data_key or name for name, field in self.fields.items())
        self.error_messages["unknown"] = f"is no field of this row; its fields are {names}"

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        return self.of(**data)


class Material(Row):
    of = rows.Material
    code = f.text("a code such as coffee_wood", _LOWER)
    name_id, name_en = f.text(), f.text()
    source = f.mark()


class Price(Row):
    of = rows.Price
    currency = f.text("a currency of ISO 4217 such as EUR", r"[A-Z]{3}")
    unit_price = f.amount()
    valid_from = f.day()


class Item(Row):
    of = rows.Item
    sku = f.code("an article number such as CR-BALL-07", _HYPHENED)
    name_id, name_en = f.text(), f.text()
    family = f.text("a family such as coco_rope", _LOWER)
    hs6 = f.text('six digits of the tariff in quotes, such as "5609.00"', r"\d{4}\.\d{2}")
    hs_status = f.one_of("provisional", "similar_ruled", "ruled")
    materials = f.Listed(f.text("a material of this file", _LOWER))
    labour_minutes = f.whole("minutes")
    pieces_per_carton = f.whole("pieces")
    carton_cm = f.millimetres_from_centimetres()
    gross_weight_kg = f.grams_from_kilograms(attribute="carton_gross_g")
    fob_usd = f.dollars()
    prices = f.Listed(f.Part(Price()), load_default=())
    gtin = f.gs1_number()
    golden_sample = f.text("the name of a sample, such as GS-CR-BALL-07/1", load_default=None)
    source = f.mark()

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> rows.Item:
        length, width, height = data.pop("carton_cm")
        size = {"carton_length_mm": length, "carton_width_mm": width, "carton_height_mm": height}
        return rows.Item(**data, **size)


class Capability(Row):
    of = rows.Capability
    family = f.text("a family of the catalogue", _LOWER)
    workers = f.whole("workers")
    efficiency_pct = f.whole("percent", most=100)
    yield_pct = f.whole("percent", most=100)
    skill_level = f.whole("a skill level", most=3, load_default=1)
    zone = f.one_of("block", "workshop", load_default="workshop")


class Facility(Row):
    of = rows.Facility
    code = f.code("a code such as LPS-SRG", r"[A-Z]{3,4}-[A-Z]{3}")
    name = f.text()
    kind = f.one_of("lapas", "rutan", "lpka", "bapas", "workshop")
    lane = f.one_of(*LANES, load_default="custodial")
    kelas = f.one_of("I", "II", "IIA", "IIB", "III", data_key="class", load_default=None)
    place = f.text()
    cluster = f.code("a cluster such as SKA", r"[A-Z]{3}")
    time_zone = f.one_of(*TIME_ZONES, load_default="Asia/Jakarta")
    verified, producing, hub = f.yes_or_no(), f.yes_or_no(), f.yes_or_no()
    gln = f.gs1_number()
    address = f.Listed(f.text())
    open_minutes = f.whole("minutes", most=HOURS_A_DAY, load_default=0)
    capabilities = f.Listed(f.Part(Capability()), load_default=())
    programme = f.text(load_default="")
    source = f.mark()

    @validates_schema
    def only_adults_work(self, data: dict[str, Any], **_: Any) -> None:
        if data["producing"] and data["kind"] in ("lpka", "bapas"):
            who = {"lpka": "children are never given work", "bapas": "a Bapas has no workshop"}[data["kind"]]
            raise ValidationError(f"must be false, since {who}, was true", "producing")

    @validates_schema
    def prisoners_work_in_prisons(self, data: dict[str, Any], **_: Any) -> None:
        if data["kind"] in ("lapas", "rutan", "lpka") and data["lane"] != "custodial":
            raise ValidationError(f"must be custodial in a {data['kind']}, was {data['lane']}", "lane")

    @validates_schema
    def who_produces_says_how(self, data: dict[str, Any], **_: Any) -> None:
        for field in ("capabilities", "open_minutes"):
            if data["producing"] and not data[field]:
                raise ValidationError("is missing; it must be there where producing is true", field)
            if data[field] and not data["producing"]:
                raise ValidationError("must be absent where producing is false", field)
        families = [capability.family for capability in data["capabilities"]]
        if len(set(families)) < len(families):
            raise ValidationError(f"must name each family once, was {', '.join(families)}", "capabilities")


class Match(Row):
    """``dest`` and ``dest_or_transit`` name countries, groups of them, or "*" for all."""

    of = rows.Match
    dest = f.places(load_default=None)
    dest_or_transit = f.places(load_default=None)
    hs = f.Listed(f.hs_pattern(), load_default=None)
    delivery_from, delivery_before = f.day(load_default=None), f.day(load_default=None)
    seller_has_prison_contract = f.yes_or_no(load_default=False)
    same_family = f.yes_or_no(load_default=False)
    catch_all = f.yes_or_no(load_default=False)

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if (data["dest"] is None) == (data["dest_or_transit"] is None):
            raise ValidationError("must have either dest or dest_or_transit", "dest")

    @validates_schema
    def delivery_in_order(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "delivery_from", "delivery_before", same_day=False)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> rows.Match:
        dest, either = data.pop("dest"), data.pop("dest_or_transit")
        return rows.Match(countries=dest or either, transit=either is not None, **data)


class Policy(Row):
    of = rows.Policy
    id = f.code("an id such as DP-US-1", r"DP(-[A-Z0-9]+)+")
    version = f.whole("version")
    match = f.Part(Match())
    lane = f.one_of(*LANES, "*")
    action = f.one_of("allow", "hold", "block")
    releasable = f.yes_or_no()
    released_by = f.Listed(f.one_of(*RELEASERS), load_default=())
    needs = f.Listed(f.code("a kind of evidence such as BUYER_ACK", _UNDERSCORED), load_default=())
    law = f.Listed(f.text(), least=0)
    valid_from, valid_to = f.day(load_default=None), f.day(load_default=None)
    verified_on = f.day(load_default=None)
    owner = f.text("the role that answers for the row", _LOWER)
    explanation_en, explanation_id = f.text("a sentence"), f.text("a sentence")
    source = f.mark()

    @validates_schema
    def valid_in_order(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "valid_from", "valid_to", same_day=True)

    @validates_schema
    def a_hold_says_who_ends_it(self, data: dict[str, Any], **_: Any) -> None:
        """A hold ends by two people in two roles, over named evidence; nothing else ends at all."""
        held = data["action"] == "hold"
        if data["releasable"] != held:
            raise ValidationError(
                f"must be {f.shown(held)} where the action is {data['action']}", "releasable"
            )
        if len(data["released_by"]) != (2 if held else 0):
            right = f"both {' and '.join(RELEASERS)}" if held else "absent, since nobody may release it"
            raise ValidationError(f"must be {right}, was {f.shown(data['released_by'])}", "released_by")
        if bool(data["needs"]) != held:
            right = "the evidence for a release" if held else "absent, since nobody may release it"
            raise ValidationError(f"must be {right}, was {f.shown(data['needs'])}", "needs")

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> rows.Policy:
        return rows.Policy(**{**data, "lane": None if data["lane"] == "*" else data["lane"]})


class Group(Row):
    of = rows.Group
    name = f.code("a name such as EU27", r"[A-Z][A-Z0-9-]{2,}")
    countries = f.Listed(f.country())
    source = f.mark()


class When(Row):
    of = rows.When
    always = f.yes_or_no(load_default=False)
    destinations = f.places(load_default=None, attribute="countries")
    hs = f.Listed(f.hs_pattern(), load_default=None)
    materials = f.Listed(f.text("a material of the catalogue", _LOWER), load_default=None)
    modes = f.Listed(f.one_of(*MODES), load_default=None)
    incoterms = f.Listed(f.one_of(*INCOTERMS), load_default=None)
    lanes = f.Listed(f.one_of(*LANES), load_default=None)
    wood_packing = f.yes_or_no(load_default=False)
    on_request = f.yes_or_no(load_default=False)

    @validates_schema
    def always_or_a_condition(self, data: dict[str, Any], **_: Any) -> None:
        """A rule with no condition by mistake would ask for its document everywhere."""
        if data["always"] == any(value for name, value in data.items() if name != "always"):
            raise ValidationError("must be true without another condition, and absent with one", "always")


class ValidDays(Row):
    of = rows.ValidDays
    country = f.country()
    treatment = f.one_of(*TREATMENTS)
    days = f.whole("days")


class DocumentRule(Row):
    of = rows.DocumentRule
    code = f.code("a code such as VGM", _HYPHENED)
    name_id, name_en = f.text(), f.text()
    when = f.Part(When())
    issuer = f.text()
    blocks = f.Listed(f.code("a milestone such as GATE_IN", _UNDERSCORED))
    needed_by = f.text(
        "days from departure, cut-off or arrival, such as ETD-7, CLOSING or ETA-1",
        r"(ETD|CLOSING|ETA)([+-][1-9]\d?)?",
        load_default=None,
    )
    valid_days = f.Listed(f.Part(ValidDays()), load_default=())
    serves_many = f.yes_or_no(load_default=False)
    names_consignee = f.yes_or_no(load_default=False)
    made_by_system = f.yes_or_no(load_default=False)
    verified = f.yes_or_no(load_default=True)
    source = f.mark()


class Epcis(Row):
    of = rows.Epcis
    type = f.one_of("ObjectEvent", "AggregationEvent", "TransformationEvent")
    action = f.one_of("ADD", "OBSERVE", "DELETE", load_default=None)
    biz_step = f.text("a business step such as departing", _LOWER)
    disposition = f.text("a disposition such as in_transit", _LOWER)


class Milestone(Row):
    of = rows.Milestone
    number = f.code("a number such as M14", r"M\d\d")
    code = f.code("a code such as GATE_IN", _UNDERSCORED)
    name_id, name_en = f.text(), f.text()
    predecessors = f.Listed(f.code("a milestone such as NPE_ISSUED", _UNDERSCORED), least=0)
    kind = f.one_of("usual", "trouble", "relief", load_default="usual")
    ended_by = f.Listed(f.code("a milestone such as NPE_ISSUED", _UNDERSCORED), load_default=())
    bars = f.Listed(f.code("a milestone such as DELIVERED", _UNDERSCORED), load_default=())
    dcsa = f.Listed(
        f.text("a DCSA event such as EQUIPMENT GTIN", r"(SHIPMENT|TRANSPORT|EQUIPMENT) [A-Z]{3,4}"),
        load_default=(),
    )
    edifact_9011 = f.Listed(
        f.text('a code of list 9011 in quotes, such as "24"', r"\d{1,3}"), load_default=()
    )
    epcis = f.Listed(f.Part(Epcis()), load_default=())
    moves = f.one_of("none", "departed", "delivered")
    source = f.mark()


class Port(Row):
    of = rows.Port
    code = f.code("a UN/LOCODE such as IDSRG", r"[A-Z]{2}[A-Z2-9]{3}")
    name = f.text()
    country = f.country()
    timezone = f.timezone()
    modes = f.Listed(f.one_of("sea", "air"))
    customs_code = f.code("a customs code such as IDTES", r"[A-Z]{2}[A-Z0-9]{3}", load_default=None)
    iata = f.code("an airport code such as SRG", r"[A-Z]{3}", load_default=None)
    gln = f.gs1_number(load_default=None)
    source = f.mark()

    @validates_schema
    def code_begins_with_country(self, data: dict[str, Any], **_: Any) -> None:
        if data["code"][:2] != data["country"]:
            raise ValidationError(
                f"must be {data['code'][:2]} for {data['code']}, was {data['country']}", "country"
            )


class Equipment(Row):
    of = rows.Equipment
    code = f.code("a code such as 40HC", r"[A-Z0-9]{3,4}")
    mode = f.one_of(*MODES)
    name_en, name_id = f.text(), f.text()
    usable_m3 = f.whole("cubic metres", load_default=None)
    payload_kg = f.whole("kilograms", load_default=None)
    worth_until_m3 = f.whole("cubic metres", load_default=None)
    source = f.mark()


class CutOff(Row):
    of = rows.CutOff
    code = f.code("a code such as CLOSING", _UNDERSCORED)
    days = f.whole("days", load_default=0)
    hours = f.whole("hours", load_default=None)
    modes = f.Listed(f.one_of(*MODES))
    name_en, name_id = f.text(), f.text()
    met_by = f.code("a milestone such as GATE_IN", _UNDERSCORED, load_default=None)
    source = f.mark()


class Buyer(Row):
    of = rows.Buyer
    code = f.code("a code such as CHEWY-LOUIS", _HYPHENED)
    name = f.text()
    aliases = f.Listed(f.text(), least=0)
    gln = f.gs1_number()
    country = f.country()
    address = f.Listed(f.text())
    bank = f.Listed(f.text(), load_default=())
    prison_families = f.Listed(f.text("a family of the catalogue", _LOWER), least=0, load_default=None)
    source = f.mark()


class Tariff(Row):
    of = rows.Tariff
    sku = f.code("an article number such as CR-BALL-07", _HYPHENED)
    idr = f.amount()


class Agreement(Row):
    of = rows.Agreement
    number = f.text("the number of the agreement", r"[A-Z0-9][A-Z0-9./-]{2,59}")
    partner = f.code("a buyer's code such as CHEWY-LOUIS", _HYPHENED)
    facility = f.code("a code such as LPS-SRG", r"[A-Z]{3,4}-[A-Z]{3}")
    lanes = f.Listed(f.one_of(*LANES))
    valid_from, valid_to = f.day(), f.day()
    tolerance_pct = f.per_cent_up_to(3, load_default=0)
    tariffs = f.Listed(f.Part(Tariff()), least=0)
    source = f.mark()

    @validates_schema
    def valid_in_order(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "valid_from", "valid_to", same_day=True)


class Supply(Row):
    of = rows.Supply
    material = f.text("a material of the catalogue", _LOWER)
    unit = f.one_of(*UNITS)
    plot_needed = f.yes_or_no(load_default=False)
    source = f.mark()


class Take(Row):
    of = rows.Take
    material = f.text("a material of this file", _LOWER)
    per_piece = f.measure()


class Recipe(Row):
    of = rows.Recipe
    sku = f.code("an article number such as CR-BALL-07", _HYPHENED)
    takes = f.Listed(f.Part(Take()))
    source = f.mark()


class Held(Row):
    of = rows.Held
    material = f.text("a material of this file", _LOWER)
    quantity = f.measure()
    plot, geolocation = f.text(load_default=None), f.text(load_default=None)


class OpeningStock(Row):
    of = rows.OpeningStock
    facility = f.code("a code such as LPS-SRG", r"[A-Z]{3,4}-[A-Z]{3}")
    supplier = f.text()
    lots = f.Listed(f.Part(Held()))
    source = f.mark()


def _in_order(data: dict[str, Any], first: str, last: str, *, same_day: bool) -> None:
    if not (data[first] and data[last]):
        return
    if data[last] < data[first] or (data[last] == data[first] and not same_day):
        right = "on or after" if same_day else "after"
        raise ValidationError(f"must be {right} {first} {data[first]}, was {data[last]}", last)


class LotLetter(Row):
    of = rows.LotLetter
    least = f.whole("pieces")
    letter = f.text("a code letter such as J", r"[A-HJ-NP-R]")
    source = f.mark()


class SamplingPlan(Row):
    of = rows.SamplingPlan
    letter = f.text("a code letter such as J", r"[A-HJ-NP-R]")
    aql = f.one_of("2.5", "4.0")
    sample = f.whole("pieces")
    reject = f.whole("defective pieces")
    source = f.mark()


class Skill(Row):
    of = rows.Skill
    sku = f.code("an article number such as CR-BALL-07", _HYPHENED)
    level = f.whole("a skill level", most=3)
    zone = f.one_of("block", "workshop", load_default="block")
    source = f.mark()


class Wage(Row):
    of = rows.Wage
    place = f.text("a facility's place, or * for the whole province")
    valid_from = f.day()
    monthly_idr = f.amount()
    source = f.mark()


class Rate(Row):
    of = rows.Rate
    sku = f.code("an article number such as CR-BALL-07", _HYPHENED)
    idr = f.whole("rupiah")


class PremiScheme(Row):
    of = rows.PremiScheme
    agreement = f.text("the number of an agreement", r"[A-Z0-9][A-Z0-9./-]{2,59}")
    basis = f.one_of("piece", "hour", "profit_share")
    worker_pct, capital_pct, state_pct = f.percent(), f.percent(), f.percent()
    hourly_idr = f.whole("rupiah", load_default=None)
    rates = f.Listed(f.Part(Rate()), least=0)
    valid_from, valid_to = f.day(), f.day()
    legal_ref = f.text()
    approved_by_role = f.one_of("kanwil", "facility_head")
    source = f.mark()

    @validates_schema
    def shares_are_the_whole(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "valid_from", "valid_to", same_day=True)
        whole = data["worker_pct"] + data["capital_pct"] + data["state_pct"]
        if whole != 100:
            raise ValidationError(
                f"must add up to 100 with capital_pct and state_pct, was {whole} in all", "worker_pct"
            )


class ConsentWords(Row):
    of = rows.ConsentWords
    purpose = f.one_of("work", "data")
    valid_from = f.day()
    words = f.text()
    source = f.mark()


class KeptFor(Row):
    """A length of time in one unit."""

    of = retention.Period
    years = f.whole("years", most=100, load_default=None)
    days = f.whole("days", load_default=None)
    hours = f.whole("hours", load_default=None)
    minutes = f.whole("minutes", load_default=None)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> retention.Period:
        given = {unit: count for unit, count in data.items() if count is not None}
        if not given:
            raise ValidationError(f"is missing; give one of {', '.join(retention.UNITS)}", retention.UNITS[0])
        if len(given) > 1:
            first, second = list(given)[:2]
            raise ValidationError(f"must stand alone, was beside {first}", second)
        ((unit, count),) = given.items()
        return retention.Period(count, unit)


class RetentionRule(Row):
    of = retention.RetentionRule
    kind = f.one_of(*retention.KINDS)
    version = f.whole("a version")
    valid_from = f.day()
    kept_for = f.Part(KeptFor(), load_default=None)
    counted_from = f.one_of(
        *sorted({moment for kind in retention.KINDS.values() for moment in kind.moments}), load_default=None
    )
    then = f.one_of(*retention.WAYS)
    basis = f.text("what it rests on, or that the owner has to fix it")
    certainty = f.one_of("law", "practice", "design", "assumption")
    owner = f.one_of("compliance_officer", "kanwil", "facility_head", "operator")
    why = f.text()
    source = f.mark()

    @validates_schema
    def fits_the_kind(self, data: dict[str, Any], **_: Any) -> None:
        kind, then, moment = retention.KINDS[data["kind"]], data["then"], data["counted_from"]
        if then not in kind.ways:
            raise ValidationError(f"must be {' or '.join(kind.ways)} for {data['kind']}, was {then}", "then")
        for field in ("kept_for", "counted_from"):
            if (data[field] is None) != (then == retention.KEEP):
                said = (
                    "must be left out of what is kept"
                    if data[field]
                    else "is missing; say it of what is erased"
                )
                raise ValidationError(said, field)
        if moment is not None and moment not in kind.moments:
            right = " or ".join(kind.moments)
            raise ValidationError(f"must be {right} for {data['kind']}, was {moment}", "counted_from")
        unit = data["kept_for"] and data["kept_for"].unit
        if kind.by == retention.PURGE and unit in ("hours", "minutes"):
            raise ValidationError(f"must be in years or days for {data['kind']}, was in {unit}", "kept_for")
