"""A made-up province: facilities with agreements and material, as their people would enter them."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session
from stdnum import ean

from services.production.domain.facility import FIRST_LEVEL, Particulars
from services.production.domain.pool import Headcount
from services.production.handlers import REACTIONS, agreements, calendars, facilities, materials
from shared import reference
from shared.clock import business_now, business_today
from shared.events.orders import ClearanceGranted, ItemPublished, OrderPlaced, Party, PlacedLine
from shared.messaging.reactions import Heard

BUYER = "SIM-BUYER"
"""No real facility has an agreement with it, so that none is asked for work."""
LEARNING = 0.2
"""How many of the workshops are below the most difficult articles of their family."""
PLENTY = Decimal(100_000_000)
PLOT = {"plot": "SIM-1", "geolocation": "-7.430000, 111.020000"}


def heard(session: Session, event: object) -> None:
    """Production reacts to what orders tells."""
    about = Heard("orders", UUID(int=0), "", 0, "", business_now(session), "system", None)
    REACTIONS[type(event)](session, event, about)


def placed_and_cleared(
    number: int,
    *,
    sku: str,
    quantity: int,
    unit_price: Decimal,
    today: date,
    days: int,
    buyer: str = BUYER,
) -> tuple[OrderPlaced, ClearanceGranted]:
    """An order of one line for this country, wanted in so many days, and the clearance to make all of it."""
    id = UUID(int=number)
    line = PlacedLine(
        number=1,
        sku=sku,
        quantity=quantity,
        unit_price=unit_price,
        requested_date=today + timedelta(days=days),
        consignee=Party(name="Simulasi", address=("Simulasi",), country="ID"),
        screening="allow",
        policies=(),
    )
    order = OrderPlaced(
        order_id=id,
        buyer=buyer,
        buyer_name=buyer,
        po_number=f"SIM-{number}",
        currency="USD",
        incoterm="FCA",
        named_place="Semarang",
        lines=(line,),
    )
    cleared = ClearanceGranted(
        order_id=id,
        line=1,
        purpose="produce",
        quantity=quantity,
        destination="ID",
        lane="custodial",
        policies=(),
        expires_on=today + timedelta(days=2000),
    )
    return order, cleared


def publish_catalogue(session: Session) -> dict[str, reference.Item]:
    """Every article of the reference catalogue."""
    items = {row.sku: row for row in reference.catalogue()}
    for row in items.values():
        names = ItemPublished.__dataclass_fields__.keys()
        values = {name: getattr(row, name) for name in names if hasattr(row, name)}
        heard(session, ItemPublished(**values))
    return items


def hardest_of(items: Collection[reference.Item]) -> dict[str, int]:
    """The skill level of the most difficult article of each family."""
    levels = {row.sku: row.level for row in reference.skills()}
    hardest: dict[str, int] = {}
    for row in items:
        hardest[row.family] = max(hardest.get(row.family, FIRST_LEVEL), levels.get(row.sku, FIRST_LEVEL))
    return hardest


def bring_in(session: Session, number: int, hardest: Mapping[str, int], chance: Random) -> str:
    """One facility that takes part, with workshops for two families of goods, in turn; its code.

    One workshop in five is still learning, and is not asked for the most difficult articles of its family; none of the
    first facility, so that there is somebody who can make something.
    """
    code = f"SIM-{chr(65 + number // 676)}{chr(65 + number // 26 % 26)}{chr(65 + number % 26)}"
    gln = f"95290009{number:04d}"
    facilities.keep_facility(
        session,
        code=code,
        particulars=Particulars(
            name=f"Lapas {code}",
            kind="lapas",
            lane="custodial",
            kelas="IIA",
            place="Simulasi",
            cluster="SIM",
            time_zone="Asia/Jakarta",
            address=("Simulasi", "Indonesia"),
            gln=gln + ean.calc_check_digit(gln),
            hub=False,
            verified=True,
            producing=True,
        ),
    )
    longest = chance.choice((300, 330, 360, 400))
    calendars.set_week(session, code=code, week=[*[longest] * 4, longest - 120, longest, 0])
    families = sorted(hardest)
    turn, first = divmod(number, len(families))
    for family in (families[first], families[(first + turn + 1) % len(families)]):
        learning = chance.random() < LEARNING and number > 0
        facilities.set_capability(
            session,
            code=code,
            family=family,
            skill_level=max(FIRST_LEVEL, hardest[family] - learning),
            workers=chance.randint(10, 45),
            efficiency_pct=chance.randint(65, 90),
            yield_pct=chance.randint(90, 98),
        )
    return code


def supply(session: Session, code: str) -> None:
    """Material of each kind, as much as it could ever need, and an agreement with the buyer."""
    today = business_today(session)
    for row in reference.supplies().supplies:
        plot = PLOT if row.plot_needed else {}
        materials.receive(
            session,
            facility=code,
            material=row.material,
            supplier="Simulasi",
            quantity=PLENTY,
            received_on=today,
            **plot,
        )
    agreements.make(
        session,
        number=f"SIM-PKS-{code}",
        partner=BUYER,
        facility=code,
        lanes=["custodial"],
        valid_from=today,
        valid_to=today + timedelta(days=2500),
        tariffs={},
    )


def count_people(session: Session, code: str, monday: date, chance: Random) -> None:
    """A week's people: some are going to be released or transferred, some begin to learn."""
    consenting = chance.randint(30, 80)
    calendars.set_pool(
        session,
        code=code,
        pool=Headcount(
            week=monday,
            eligible=consenting + chance.randint(0, 60),
            consenting=consenting,
            expected_releases=chance.randint(0, 4),
            expected_transfers=chance.randint(0, 2),
            trainees=chance.randint(0, 8),
        ),
    )
