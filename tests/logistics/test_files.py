"""Papers that are sent: taken by their content, kept in versions, given back as they came, and all in one ZIP."""

import hashlib
import io
import json
import re
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pypdf
import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import func, select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from kendi.cli import main
from kendi.servers import Addresses
from kendi.servers.postgres import _postgres
from services.logistics.handlers.cartons import pack_lot
from services.logistics.handlers.pallets import build_pallet
from services.logistics.handlers.shipments import plan_shipment
from services.logistics.storage import document_file
from shared.database import Database, make_engine
from shared.events.orders import Party
from shared.messaging import whereabouts
from shared.messaging.receipts import acknowledge
from shared.messaging.tables import messaging_state, outbox_delivery, outbox_event
from shared.messaging.wire import Receipt
from shared.sight import SERVICE
from shared.web.access import KANWIL, LOGISTICS
from tests.clock import in_days
from tests.logistics.conftest import SRAGEN, Logistics, a_booking, a_clearance, a_lot, a_paper
from tests.logistics.test_desk import Visitor
from tests.logistics.test_papers import text_of
from tests.logistics.test_withholding import to_france, to_liege

MEGABYTES = 1024**2


def a_pdf(*, of: str = "a paper", password: str = "") -> bytes:
    writer, into = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(210, 297)
    writer.add_metadata({"/Title": of})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(into)
    return into.getvalue()


def a_picture(kind: str) -> bytes:
    into = io.BytesIO()
    Image.new("RGB", (20, 30)).save(into, kind)
    return into.getvalue()


def a_png_that_unfolds() -> bytes:
    """Some 60 kB that ask for 2.5 GB of memory."""
    into = io.BytesIO()
    Image.new("1", (1, 1)).save(into, "PNG")
    size = (50_000).to_bytes(4, "big") * 2
    header = b"IHDR" + size + bytes([1, 0, 0, 0, 0])
    png = into.getvalue()
    return png[:12] + header + zlib.crc32(header).to_bytes(4, "big") + png[33:]


def a_zip() -> bytes:
    into = io.BytesIO()
    with ZipFile(into, "w") as archive:
        archive.writestr("PEB.pdf", a_pdf())
    return into.getvalue()


def send(
    logistics: Logistics, shipment: dict[str, Any], paper: dict[str, str], content: bytes, *, key: str = ""
) -> TestResponse:
    logistics.staff.calls += 1
    headers = {
        "Authorization": f"Bearer {logistics.staff.key}",
        "Idempotency-Key": key or f"file-{logistics.staff.calls}",
    }
    boundary, body = encode_multipart({**paper, "file": FileStorage(io.BytesIO(content), "paper.pdf")})
    return logistics.client.post(
        f"/logistics/v1/shipments/{shipment['id']}/documents",
        headers=headers,
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
    )


def read(logistics: Logistics, shipment: dict[str, Any], path: str) -> TestResponse:
    return logistics.staff.get(f"/shipments/{shipment['id']}/{path}")


def the_paper(shipment: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in shipment["documents"] if each["code"] == code)
    return found


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(a_pdf(), "application/pdf"), (a_picture("PNG"), "image/png"), (a_picture("JPEG"), "image/jpeg")],
)
def test_a_paper_comes_back_as_it_was_sent_and_no_browser_runs_it(
    logistics: Logistics, content: bytes, media_type: str
) -> None:
    shipment = logistics.planned()
    sent = send(logistics, shipment, a_paper("FUM"), content)
    assert sent.status_code == 200, sent.text
    (file,) = the_paper(sent.json, "FUM")["files"]
    assert (file["version"], file["media_type"], file["bytes"]) == (1, media_type, len(content))
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    back = read(logistics, shipment, "documents/FUM/files/1")
    assert (back.data, back.mimetype) == (content, media_type)
    assert back.headers["Content-Disposition"].startswith("attachment; filename=")
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert back.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\nnot one", "begins like a PDF"),
        (a_pdf()[:-60], "begins like a PDF"),
        (a_pdf(password="x"), "has a password"),
        (b"<html><script>alert(1)</script>", "Send a PDF, a JPEG or a PNG"),
        (a_zip(), "archive"),
        (a_png_that_unfolds(), "Send a"),
        (b"%PDF-1.7" + b"\0" * 10 * MEGABYTES, "up to 10 MB"),
    ],
)
def test_what_is_no_paper_is_refused_and_nothing_is_noted(
    logistics: Logistics, content: bytes, said: str
) -> None:
    shipment = logistics.planned()
    refused = send(logistics, shipment, a_paper("FUM"), content)
    assert refused.status_code == 422, refused.text
    (error,) = refused.json["errors"]
    assert error["field"] == "file"
    assert said in error["message"]
    kept = the_paper(logistics.staff.get(f"/shipments/{shipment['id']}").json, "FUM")
    assert (kept["state"], kept["files"]) == ("missing", [])


def test_more_than_the_route_takes_is_refused_and_other_routes_take_less(logistics: Logistics) -> None:
    shipment = logistics.planned()
    assert send(logistics, shipment, a_paper("FUM"), b"x" * 11 * MEGABYTES).status_code == 413
    assert logistics.change(shipment, "dispatch", {"container": "x" * 2 * MEGABYTES}).status_code == 413


def test_a_corrected_paper_is_a_new_version_and_the_old_one_stays(logistics: Logistics) -> None:
    shipment = logistics.planned()
    first, second = a_pdf(of="first"), a_pdf(of="second")
    send(logistics, shipment, a_paper("FUM"), first)
    assert send(logistics, shipment, a_paper("FUM"), first).status_code == 200
    corrected = send(logistics, shipment, a_paper("FUM") | {"number": "FUM-002"}, second).json
    paper = the_paper(corrected, "FUM")
    assert paper["number"] == "FUM-002"
    assert [(file["version"], file["number"]) for file in paper["files"]] == [(2, "FUM-002"), (1, "FUM-001")]
    assert read(logistics, shipment, "documents/FUM/files/1").data == first
    assert read(logistics, shipment, "documents/FUM/files/2").data == second
    assert read(logistics, shipment, "documents/FUM/files/3").status_code == 404
    assert read(logistics, shipment, f"documents/FUM/files/{10**30}").status_code == 404


@pytest.fixture
def restore(addresses: Addresses, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Dump the database as it is now, and restore it beside, as PostgreSQL's own programs do."""
    admin = addresses.admin_database_url
    engine = make_engine(admin).execution_options(isolation_level="AUTOCOMMIT")
    opened: list[Database] = []

    def run(program: str, *arguments: str) -> None:
        url = admin.replace("postgresql+psycopg", "postgresql").rpartition("/")[0]
        named = [each.format(url=url) for each in arguments]
        subprocess.run([_postgres(program), *named], check=True)

    def dump_and_restore() -> Database:
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE kendi_restored OWNER logistics_owner"))
        file = str(tmp_path / "logistics.dump")
        run("pg_dump", "--format=custom", f"--file={file}", "--dbname={url}/kendi_logistics")
        run("pg_restore", "--dbname={url}/kendi_restored", file)
        url = addresses.app_urls["logistics"].replace("kendi_logistics", "kendi_restored")
        opened.append(Database(url, sees=SERVICE, pool_size=2))
        return opened[0]

    yield dump_and_restore
    for database in opened:
        database.close()
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS kendi_restored WITH (FORCE)"))
    engine.dispose()


def test_a_restored_database_has_every_paper_and_takes_no_receipt_from_before(
    logistics: Logistics, restore: Callable[[], Database]
) -> None:
    shipment, content = logistics.planned(), a_pdf()
    send(logistics, shipment, a_paper("FUM"), content)
    restored = restore()

    def confirmed(incarnation: UUID) -> int:
        """How many deliveries the receipt of all events ends."""
        query = select(func.count()).select_from(outbox_delivery).where(outbox_delivery.c.state == 2)
        with restored.transaction() as session:
            told = tuple(session.execute(select(outbox_event.c.event_id)).scalars())
            acknowledge(session, Receipt("orders", "logistics", incarnation, told))
            return session.execute(query).scalar_one()

    with restored.transaction() as session:
        ((kept, digest),) = session.execute(select(document_file.c.content, document_file.c.sha256)).all()
        before = session.execute(select(messaging_state.c.incarnation)).scalar_one()
    assert (kept, digest) == (content, hashlib.sha256(content).digest())
    url = restored.engine.url.render_as_string(hide_password=False)
    said = CliRunner().invoke(
        main, ["restored", "logistics", "--json"], env={"KENDI_LOGISTICS_DATABASE_URL": url}
    )
    assert said.exit_code == 0, said.output
    assert confirmed(before) == 0
    assert confirmed(UUID(json.loads(said.output)["incarnation"])) > 0
    with restored.transaction() as session:
        assert [row["action"] for row in whereabouts.newest_actions(session)] == ["restored"]


LONG_PREFIX = "952990012345"
"""It leaves ten thousand numbers."""


def test_a_restored_database_gives_no_number_that_was_given_since_the_backup(
    logistics: Logistics, restore: Callable[[], Database]
) -> None:
    logistics.hears(a_clearance(quantity=1_000), a_lot("SRG-2503-002"))
    logistics.gathered(a_lot())
    restored = restore()

    def given(database: Database) -> set[str]:
        """The numbers of cartons, a pallet and a shipment that are made there."""
        with database.transaction() as session:
            packed = pack_lot(session, lot="SRG-2503-002", prefix=LONG_PREFIX)
            pallet = build_pallet(session, hub=SRAGEN, prefix=LONG_PREFIX)
            planned = plan_shipment(session, hub=SRAGEN, destination="BE")
            return {*(carton.sscc for carton in packed), pallet.sscc, planned.shipment.number}

    since = given(logistics.database)
    url = restored.engine.url.render_as_string(hide_password=False)
    said = CliRunner().invoke(main, ["restored", "logistics"], env={"KENDI_LOGISTICS_DATABASE_URL": url})
    assert said.exit_code == 0, said.output
    assert since.isdisjoint(given(restored))


def test_the_same_request_again_is_answered_again_and_another_file_under_its_key_is_not(
    logistics: Logistics,
) -> None:
    shipment = logistics.planned()
    first = send(logistics, shipment, a_paper("FUM"), a_pdf(), key="one")
    again = send(logistics, shipment, a_paper("FUM"), a_pdf(), key="one")
    assert (again.status_code, again.data) == (200, first.data)
    assert send(logistics, shipment, a_paper("FUM"), a_pdf(of="other"), key="one").status_code == 422


def test_the_paper_of_another_shipment_is_refused_by_its_number(logistics: Logistics) -> None:
    one = logistics.planned()
    logistics.hears(a_clearance(quantity=2_000))
    logistics.gathered(a_lot("SRG-2503-002"))
    other = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    send(logistics, one, a_paper("FUM"), a_pdf())
    refused = send(logistics, other, a_paper("FUM"), a_pdf())
    assert refused.status_code == 422
    assert f"FUM of {one['number']}" in refused.json["detail"]
    assert read(logistics, other, "documents/FUM/files/1").status_code == 404
    for shipment in (one, other):  # one NIB serves every shipment of its exporter
        assert send(logistics, shipment, a_paper("NIB"), a_pdf(of="NIB")).status_code == 200


def test_the_dossier_has_every_paper_with_its_hash_and_is_the_same_each_time(logistics: Logistics) -> None:
    shipment = logistics.planned()
    logistics.change(shipment, "book", a_booking())
    for content in (a_pdf(of="first"), a_pdf(of="second")):
        send(logistics, shipment, a_paper("FUM"), content)
    send(logistics, shipment, a_paper("NIB"), a_picture("PNG"))
    first, second = (read(logistics, shipment, "documents.zip") for _ in range(2))
    assert first.data == second.data
    assert first.mimetype == "application/zip"
    with ZipFile(io.BytesIO(first.data)) as archive:
        assert archive.testzip() is None
        *names, manifest = archive.namelist()
        assert names == [
            *(
                f"made/{name}.pdf"
                for name in (
                    "packing-list",
                    "invoice",
                    "labels",
                    "shipping-instruction",
                    "peb-data",
                    "delivery-note",
                )
            ),
            "documents/FUM-v2.pdf",
            "documents/NIB-v1.png",
            "documents/earlier/FUM-v1.pdf",
        ]
        told = dict(line.split("  ")[::-1] for line in archive.read(manifest).decode().splitlines())
        assert told == {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names}
        assert "1,000" in text_of(archive.read("made/delivery-note.pdf"))


def test_a_paper_that_nobody_asks_for_is_kept_when_somebody_hands_it_in(logistics: Logistics) -> None:
    """Under FCA nobody of ours insures the goods, but the buyer may send us the policy."""
    visitor = Visitor(logistics, LOGISTICS)
    shipment = logistics.change(logistics.planned(), "book", a_booking()).json
    assert "INS" not in {each["code"] for each in shipment["documents"]}
    path = f"/logistics/shipment/{shipment['id']}"
    assert '<option value="INS">INS: Cargo insurance' in visitor.open(f"{path}?lang=en")
    sent = send(logistics, shipment, a_paper("INS"), a_pdf())
    assert sent.status_code == 200, sent.text
    kept = the_paper(sent.json, "INS")
    assert (kept["state"], kept["number"], len(kept["files"])) == ("present", "INS-001", 1)
    assert sent.json["missing"] == shipment["missing"]
    booked_anew = logistics.change(shipment, "book", a_booking(vessel="MV Later")).json
    assert the_paper(booked_anew, "INS")["state"] == "present"
    assert visitor.open(f"{path}?lang=en").count("INS: Cargo insurance") == 1
    for code in ("AWB", "CI", "PKS", "NO-SUCH"):
        refused = logistics.change(shipment, "documents", a_paper(code))
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "code")


def test_a_shipment_is_closed_with_what_the_consignee_signed_and_the_dossier_has_it(
    logistics: Logistics,
) -> None:
    shipment = logistics.change(logistics.planned(), "book", a_booking()).json
    proof = the_paper(shipment, "POD")
    assert (proof["state"], proof["blocks"], proof["owed_by"]) == ("missing", ["CLOSED"], "consignee")
    for paper in shipment["documents"]:
        if paper["state"] == "missing" and paper["code"] != "POD":
            assert logistics.change(shipment, "documents", a_paper(paper["code"])).status_code == 200
    sealed = {"container": "CSQU3054383", "seal": "ID000123"}
    assert logistics.change(shipment, "dispatch", sealed).status_code == 200
    for code in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED"):
        assert logistics.record(shipment, code).status_code == 200, code
    for code in ("DISCHARGED", "IMPORT_CLEARED", "DELIVERED"):
        assert logistics.record(shipment, code, "BEANR").status_code == 200, code
    without = logistics.record(shipment, "CLOSED", "BEANR")
    assert without.status_code == 422
    assert "POD (owed by consignee)" in without.json["detail"]
    signed = a_picture("JPEG")
    assert send(logistics, shipment, a_paper("POD"), signed).status_code == 200
    assert logistics.record(shipment, "CLOSED", "BEANR").status_code == 200
    page = Visitor(logistics, LOGISTICS).open(f"/logistics/shipment/{shipment['id']}")
    assert re.search(r'<input [^>]*value="BEANR"[^>]* name="place"', page)
    with ZipFile(io.BytesIO(read(logistics, shipment, "documents.zip").data)) as archive:
        assert archive.read("documents/POD-v1.jpg") == signed


def test_the_clerk_sends_and_reads_a_paper_on_the_page_and_the_office_only_reads(
    logistics: Logistics,
) -> None:
    shipment = logistics.planned()
    path = f"/logistics/shipment/{shipment['id']}"
    clerk, office = Visitor(logistics, LOGISTICS), Visitor(logistics, KANWIL)
    wrong = clerk.submit(f"{path}/documents", **a_paper("FUM"), file=(io.BytesIO(a_zip()), "fum.pdf"))
    assert wrong.status_code == 422
    assert "This is an archive" in wrong.text
    sent = clerk.submit(f"{path}/documents", **a_paper("FUM"), file=(io.BytesIO(a_pdf()), "fum.pdf"))
    assert sent.status_code == 303
    for visitor in (clerk, office):
        assert f"{path}/documents/FUM/1" in visitor.open(path)
        assert visitor.client.get(f"{path}/documents/FUM/1").data == a_pdf()
        assert visitor.client.get(f"{path}/documents.zip").mimetype == "application/zip"
    assert 'type="file"' not in office.open(path)


def test_what_is_overdue_is_marked_on_the_page_and_in_the_answer(logistics: Logistics) -> None:
    shipment = logistics.planned()
    booked = logistics.change(shipment, "book", a_booking(etd=in_days(6).isoformat())).json
    nib, fum = the_paper(booked, "NIB"), the_paper(booked, "FUM")
    assert (nib["due_on"], nib["urgency"]) == (in_days(-1).isoformat(), "overdue")
    assert (fum["due_on"], fum["urgency"]) == (in_days(3).isoformat(), None)
    assert "lewat tenggat" in Visitor(logistics, LOGISTICS).open(
        f"/logistics/shipment/{shipment['id']}?lang=id"
    )
    there = logistics.change(shipment, "documents", a_paper("NIB")).json
    assert the_paper(there, "NIB")["urgency"] is None


def test_a_line_that_goes_elsewhere_changes_the_checklist_and_what_was_present_stays(
    logistics: Logistics,
) -> None:
    shipment = logistics.planned()
    for code in ("FUM", "EORI"):
        assert send(logistics, shipment, a_paper(code), a_pdf(of=code)).status_code == 200
    australia = Party(name="Consignee Australia", address=("Sydney",), country="AU")
    logistics.hears(replace(to_france(), consignee=australia))
    now = logistics.staff.get(f"/shipments/{shipment['id']}").json
    states = {each["code"]: each["state"] for each in now["documents"]}
    assert states["AU-BIO"] == "missing"
    assert states["FUM"] == states["EORI"] == "present"
    assert "ENS" not in states
    assert len(the_paper(now, "EORI")["files"]) == 1


def test_a_file_made_out_to_a_former_consignee_is_kept_when_its_paper_is_wanted_no_more(
    logistics: Logistics,
) -> None:
    shipment = logistics.booked()
    sent = send(logistics, shipment, a_paper("ENS"), a_pdf(of="ENS"))
    assert sent.status_code == 200, sent.text
    australia = Party(name="Consignee Australia", address=("Sydney",), country="AU")
    logistics.hears(to_liege(), replace(to_france(), consignee=australia))
    now = logistics.staff.get(f"/shipments/{shipment['id']}").json
    (ens,) = [each for each in now["documents"] if each["code"] == "ENS"]
    assert (ens["state"], len(ens["files"])) == ("on_request", 1)
