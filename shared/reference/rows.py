"""The rows of the reference files as the services see them: checked, frozen, in exact units.

Lengths are millimetres, masses grams, money is US dollars as ``Decimal``. ``source`` keeps the mark
of the file: ``[S]`` read in a stored source, ``[M]`` from memory, ``[I]`` our inference, ``[X]`` a
planning value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Material:
    """What goods are made of; documents are asked for by it."""

    code: str
    name_id: str
    name_en: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a piece costs in a currency from a day on."""

    currency: str
    unit_price: Decimal
    valid_from: date


@dataclass(frozen=True, kw_only=True)
class Item:
    """One article of the catalogue. ``carton_gross_g`` is a full carton on the scales."""

    sku: str
    name_id: str
    name_en: str
    family: str
    hs6: str
    hs_status: str
    materials: tuple[str, ...]
    labour_minutes: int
    pieces_per_carton: int
    carton_length_mm: int
    carton_width_mm: int
    carton_height_mm: int
    carton_gross_g: int
    fob_usd: Decimal
    gtin: str
    source: str
    prices: tuple[Price, ...] = ()
    golden_sample: str | None = None


@dataclass(frozen=True, kw_only=True)
class Capability:
    """How many consenting workers may work on a family, how quickly, and how much of it turns out good.

    Nobody is counted in two families, so the workers of a facility may be added up.
    """

    family: str
    workers: int
    efficiency_pct: int
    yield_pct: int
    skill_level: int
    zone: str


@dataclass(frozen=True, kw_only=True)
class Facility:
    """A Lapas, Rutan, LPKA or Bapas. ``kelas`` is its official class, as far as it is known.

    ``verified`` tells whether name and class are confirmed, ``producing`` whether work may be
    offered to it; only producing facilities have capabilities and open minutes.
    """

    code: str
    name: str
    kind: str
    lane: str
    kelas: str | None
    place: str
    cluster: str
    time_zone: str
    verified: bool
    producing: bool
    hub: bool
    gln: str
    address: tuple[str, ...]
    open_minutes: int
    capabilities: tuple[Capability, ...]
    programme: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Match:
    """What a policy covers; ``None`` holds for all.

    ``transit`` says that a route through one of the countries counts like a destination there.
    """

    countries: tuple[str, ...] | None
    transit: bool
    hs: tuple[str, ...] | None
    delivery_from: date | None
    delivery_before: date | None
    seller_has_prison_contract: bool
    same_family: bool
    catch_all: bool


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One dated row of destination policy. ``lane`` is ``None`` where it holds for every lane.

    ``verified_on`` is the day on which somebody read the law for it, if anybody has.
    """

    id: str
    version: int
    match: Match
    lane: str | None
    action: str
    releasable: bool
    released_by: tuple[str, ...]
    needs: tuple[str, ...]
    law: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    verified_on: date | None
    owner: str
    explanation_en: str
    explanation_id: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Countries that a policy or a document rule names together."""

    name: str
    countries: tuple[str, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Destinations:
    """The groups of countries by name, and the policies with their countries spelled out."""

    groups: Mapping[str, tuple[str, ...]]
    policies: tuple[Policy, ...]


@dataclass(frozen=True, kw_only=True)
class When:
    """When a document is needed: all that is named here must hold; ``None`` holds for all.

    ``on_request`` means only where the buyer or the destination asks for it.
    """

    countries: tuple[str, ...] | None
    hs: tuple[str, ...] | None
    materials: tuple[str, ...] | None
    modes: tuple[str, ...] | None
    incoterms: tuple[str, ...] | None
    lanes: tuple[str, ...] | None
    wood_packing: bool
    on_request: bool
    always: bool


@dataclass(frozen=True, kw_only=True)
class ValidDays:
    """How long a country takes a paper for goods that were treated so."""

    country: str
    treatment: str
    days: int


@dataclass(frozen=True, kw_only=True)
class DocumentRule:
    """A document, when it is needed, and the milestones that can't be passed without it.

    ``needed_by`` counts days from the departure, the cut-off or the arrival: ``ETD-7``, ``CLOSING``, ``ETA-1``.
    """

    code: str
    name_id: str
    name_en: str
    when: When
    issuer: str
    blocks: tuple[str, ...]
    needed_by: str | None
    valid_days: tuple[ValidDays, ...]
    serves_many: bool
    names_consignee: bool
    made_by_system: bool
    verified: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class Epcis:
    """The EPCIS event that a milestone is told as."""

    type: str
    action: str | None
    biz_step: str
    disposition: str


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """A step on the way. It may happen only after all its ``predecessors``.

    ``moves`` is the quantity it adds to: ``none``, ``departed`` or ``delivered``. A ``trouble``, in kind, holds
    until a step of ``ended_by``, and meanwhile none of ``bars`` may happen; a ``relief`` ends one.
    """

    number: str
    code: str
    name_id: str
    name_en: str
    predecessors: tuple[str, ...]
    kind: str
    ended_by: tuple[str, ...]
    bars: tuple[str, ...]
    dcsa: tuple[str, ...]
    edifact_9011: tuple[str, ...]
    epcis: tuple[Epcis, ...]
    moves: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Port:
    """A place of the UN/LOCODE list; ``customs_code`` where Indonesian customs calls it otherwise."""

    code: str
    name: str
    country: str
    timezone: str
    modes: tuple[str, ...]
    customs_code: str | None
    iata: str | None
    gln: str | None
    source: str


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What goods are loaded into. No ``usable_m3``: it has no walls of its own."""

    code: str
    mode: str
    name_en: str
    name_id: str
    usable_m3: int | None
    payload_kg: int | None
    worth_until_m3: int | None
    source: str


@dataclass(frozen=True, kw_only=True)
class CutOff:
    """What must be done ``days`` before the cut-off of its mode above it; ``met_by`` is the milestone that shows it as done.

    ``hours`` are those before the departure itself, on its day.
    """

    code: str
    days: int
    hours: int | None
    modes: tuple[str, ...]
    name_en: str
    name_id: str
    met_by: str | None
    source: str


@dataclass(frozen=True, kw_only=True)
class Shipping:
    """How goods are shipped: what they are loaded into, and the cut-offs, from the departure backwards."""

    equipment: tuple[Equipment, ...]
    cut_offs: tuple[CutOff, ...]


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who orders. ``aliases`` are other spellings seen for the same party, ``bank`` the lines of its account on papers.

    ``prison_families`` are those for which it has a contract for prison work, ``None`` where nobody has said.
    """

    code: str
    name: str
    aliases: tuple[str, ...]
    gln: str
    country: str
    address: tuple[str, ...]
    source: str
    bank: tuple[str, ...] = ()
    prison_families: tuple[str, ...] | None = None


@dataclass(frozen=True)
class LotLetter:
    """The code letter of lots of ``least`` pieces and more, up to the next."""

    least: int
    letter: str
    source: str


@dataclass(frozen=True)
class SamplingPlan:
    """How many pieces are drawn for a letter and an AQL, and from how many defective ones on a lot is rejected."""

    letter: str
    aql: str
    sample: int
    reject: int
    source: str


@dataclass(frozen=True)
class Aql:
    """Sampling for inspection by attributes; ``letters`` from the smallest lots to the largest."""

    letters: tuple[LotLetter, ...]
    plans: tuple[SamplingPlan, ...]


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """What the partner pays the facility for a good piece."""

    sku: str
    idr: Decimal


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """A cooperation agreement (PKS) between a partner and a facility; it holds on both of its days."""

    number: str
    partner: str
    facility: str
    lanes: tuple[str, ...]
    valid_from: date
    valid_to: date
    tolerance_pct: int
    tariffs: tuple[Tariff, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Supply:
    """How a material is measured, and whether each lot of it must say on which plot it grew."""

    material: str
    unit: str
    plot_needed: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class Take:
    """How much of a material goes into a piece, in the material's unit."""

    material: str
    per_piece: Decimal


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a piece of an article takes."""

    sku: str
    takes: tuple[Take, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Held:
    """A quantity of a material that a facility has from the beginning."""

    material: str
    quantity: Decimal
    plot: str | None
    geolocation: str | None


@dataclass(frozen=True, kw_only=True)
class OpeningStock:
    """What a facility has of materials when it is brought in, and whom it is from."""

    facility: str
    supplier: str
    lots: tuple[Held, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Materials:
    """Everything that is known of materials beside their names."""

    supplies: tuple[Supply, ...]
    recipes: tuple[Recipe, ...]
    stock: tuple[OpeningStock, ...]


@dataclass(frozen=True, kw_only=True)
class Skill:
    """The skill level that an article needs, and whether it may be made in a block."""

    sku: str
    level: int
    zone: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Wage:
    """The minimum wage of a month where a facility is; ``*`` is the whole province."""

    place: str
    valid_from: date
    monthly_idr: Decimal
    source: str


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Whole rupiah for a good piece of an article."""

    sku: str
    idr: int


@dataclass(frozen=True, kw_only=True)
class PremiScheme:
    """How the work under an agreement is paid; percentages are of what the partner owes."""

    agreement: str
    basis: str
    worker_pct: Decimal
    capital_pct: Decimal
    state_pct: Decimal
    hourly_idr: int | None
    rates: tuple[Rate, ...]
    valid_from: date
    valid_to: date
    legal_ref: str
    approved_by_role: str
    source: str


@dataclass(frozen=True, kw_only=True)
class ConsentWords:
    """What is read aloud before somebody consents to work, or to the use of data, under any agreement."""

    purpose: str
    valid_from: date
    words: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Premi:
    """What is known of pay and consent from the beginning."""

    wages: tuple[Wage, ...]
    schemes: tuple[PremiScheme, ...]
    words: tuple[ConsentWords, ...]
