"""What can't be, case by case: refused by the name of its field in the reader's language, and nothing half done."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.production.domain.remarks import said
from services.production.schemas.facilities import ADULTS_ONLY
from shared import reference
from shared.refusal import Refused
from shared.web.access import FACILITY
from tests.clock import in_days, today
from tests.production.conftest import FAMILY, SRAGEN, Production, a_pool, particulars
from tests.production.test_board import Visitor
from tests.production.test_reports import pieces
from tests.production.test_tools import TOOLS

NIK = "3314 0101 0190 0001"
NAMED = (
    "Digantikan Pak Suroto sejak pagi.",
    "Sdr. Joko sakit.",
    "Mr Smith is ill.",
    "Ibu Siti memeriksa.",
    "nama: joko",
    "Inmate name: joko",
    "a.n. joko",
    "joko bin slamet",
    "WBP Suroto bebas hari ini.",
    "napi Suroto sakit",
    "WBP SUROTO SAKIT",
    "bernama SUROTO",
    "BU SITI MINTA IZIN",
    "IBU SITI sakit",
    "Tahanan SUROTO dipindah",
    "dua warga binaan Suroto dan Joko pindah",
    "seorang bernama Suroto",
    "a/n Suroto",
    "Pak SUROTO sakit",
    "PAK SUROTO SAKIT",
    "Prisoner Smith is ill.",
    f"NIK {NIK}",
    "nomor 3314010101900001",
    "nomor 331401\u200b0101\u00ad900001",
    "nomor \uff13\uff13\uff11\uff14\uff10\uff11\uff10\uff11\uff10\uff11\uff19\uff10\uff10\uff10\uff10\uff11",
    "\uff30\uff41\uff4b \uff33uroto sakit.",
    "Pak\u200b Suroto sakit.",
)
"""Made up to be refused; nobody is meant."""


@pytest.mark.parametrize("remark", NAMED)
def test_a_remark_that_names_somebody_is_refused_in_either_language(remark: str) -> None:
    with pytest.raises(Refused, match="without anybody's") as refusal:
        said(remark)
    assert refusal.value.field == "reason"


@pytest.mark.parametrize(
    "remark",
    [
        "Mesin rusak sejak pagi, ibu jari sarung tangan sobek.",
        "Pak of coir is wet.",
        "Listrik padam 07.30-10.00 WIB, 22 Maret 2026.",
        "Bapas Klaten asks for Monday.",
        "masih menunggu sabut dari Kebumen.",
        "Buku kas hilang.",
        "30 WBP Blok B dipindah, 12 tahanan Rutan Boyolali datang.",
        "Menunggu WBP. Mesin rusak.",
        "KURANG WBP KARENA SIDANG",
        "WBP SAKIT 3 ORANG",
        "12 WBP Baru datang",
        "nama Barang pada label salah",
        "Kurang napi terampil di bengkel kayu",
        "nama barang di label salah",
    ],
)
def test_an_ordinary_remark_is_kept_as_it_is(remark: str) -> None:
    assert said(remark) == remark


@pytest.fixture
def begun(shared_out: Production) -> Production:
    """Sragen's work order with 40 pieces made, of which none is inspected; its tools are known."""
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", **pieces(40)).status_code == 200
    assert shared_out.sragen.put(f"/facilities/{SRAGEN}/tools", {"tools": TOOLS}).status_code == 200
    return shared_out


def everything(production: Production) -> Any:
    at = f"/facilities/{SRAGEN}"
    read = (
        "/work-orders",
        "/agreements",
        "/materials/lots",
        at,
        f"{at}/tools",
        f"{at}/pool",
        f"{at}/calendar",
    )
    return [production.office.get(path).json for path in read] + [production.told()]


def test_nobody_is_named_in_any_remark_of_production(begun: Production) -> None:
    work = begun.sragen.work_orders()[0]
    assert begun.sragen.do(work, "inspect", passed=40, rework=0, scrap=0).status_code == 200
    offered = begun.klaten.work_orders()[0]
    (agreed,) = begun.sragen.get("/agreements").json
    lot = next(one for one in begun.sragen.get("/materials/lots").json if one["material"] == "coir")
    (entry,) = begun.sragen.get(f"/work-orders/{work['id']}/reports").json
    where, lots = f"/work-orders/{work['id']}", f"/materials/lots/{lot['id']}"
    receipt = {"facility": SRAGEN, "material": "coir", "quantity": "5", "received_on": today().isoformat()}
    for remark in (NAMED[0], f"NIK {NIK}"):
        late = {"by": in_days(300).isoformat(), "reason": remark}
        tool = {**TOOLS[0], "name": remark}
        answers = {
            "accept": begun.klaten.do(offered, "accept", **late),
            "decline": begun.klaten.do(offered, "decline", reason=remark),
            "pause": begun.sragen.do(work, "pause", reason=remark),
            "correct": begun.sragen.post(
                f"{where}/reports/{entry['id']}/correct", {"pieces": 45, "reason": remark}
            ),
            "short-close": begun.head.do(work, "short-close", reason=remark),
            "end": begun.office.post(
                f"/agreements/{agreed['id']}/end", {"on": in_days(1).isoformat(), "reason": remark}
            ),
            "quarantine": begun.sragen.post(f"{lots}/quarantine", {"reason": remark}),
            "write-off": begun.sragen.post(f"{lots}/write-off", {"quantity": "1", "reason": remark}),
            "give-back": begun.sragen.post(
                f"{lots}/give-back", {"quantity": "0.1", "reason": remark, "work_order_id": work["id"]}
            ),
            "supplier": begun.sragen.post("/materials/lots", {**receipt, "supplier": remark}),
            "plot": begun.sragen.post("/materials/lots", {**receipt, "supplier": "A mill", "plot": remark}),
            "tool": begun.sragen.put(f"/facilities/{SRAGEN}/tools", {"tools": [tool]}),
            "place": begun.office.put("/facilities/LPS-CTH", particulars(place=remark)),
        }
        told = {name: (answer.status_code, answer.text) for name, answer in answers.items()}
        assert {name: code for name, (code, _) in told.items()} == dict.fromkeys(answers, 422)
        assert {name: text for name, (_, text) in told.items() if "anybody" not in text} == {}
    after = everything(begun)
    assert NIK not in str(after)
    assert "Suroto" not in str(after)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("pool", a_pool(remand=True), "remand"),
        ("pool", a_pool(tahanan=3), "tahanan"),
        ("pool", a_pool(minors=1), "minors"),
        ("pool", a_pool(anak=1), "anak"),
        ("pool", a_pool(eligible={"remand": 4}), "eligible.remand"),
        ("pool", a_pool(consenting=200), "consenting"),
        ("pool", a_pool(eligible=-1), "eligible"),
        ("pool", a_pool(week=(today() - timedelta(days=today().weekday() + 7)).isoformat()), "week"),
        ("capacity", {"open_minutes": 360, "workers": {FAMILY: 4, "remand": 2}}, "workers.remand"),
        ("capacity", {"open_minutes": 360, "workers": {}, "juvenile_workers": 2}, "juvenile_workers"),
        ("capacity", {"open_minutes": -1, "workers": {}}, "open_minutes"),
        ("tools", {"tools": [{**TOOLS[0], "quantity": -1}]}, "tools[0].quantity"),
        (f"calendar/{in_days(-1)}", {"open_minutes": 0, "reason": "search"}, "day"),
        (f"calendar/{in_days(3)}", {"open_minutes": 421, "reason": "search"}, "open_minutes"),
    ],
)
def test_capacity_that_can_not_be_is_refused_by_its_field(
    begun: Production, path: str, body: dict[str, Any], field: str
) -> None:
    before = everything(begun)
    answer = begun.sragen.put(f"/facilities/{SRAGEN}/{path}", body)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json["errors"]]
    assert everything(begun) == before


@pytest.mark.parametrize("flag", ["remand", "tahanan", "minors"])
def test_a_flag_of_people_who_may_not_work_is_refused_of_what_a_facility_is_and_makes(
    begun: Production, flag: str
) -> None:
    at = f"/facilities/{SRAGEN}"
    before = everything(begun)
    answers = (
        begun.office.put(f"{at}/capabilities/{FAMILY}", {"workers": 20, flag: 3}),
        begun.office.patch(f"{at}/capabilities/{FAMILY}", {flag: 3}, "*"),
        begun.office.put("/facilities/LPS-CTH", particulars(**{flag: True})),
    )
    assert [answer.status_code for answer in answers] == [422] * 3
    assert [answer.json["errors"] for answer in answers] == [[{"field": flag, "message": ADULTS_ONLY}]] * 3
    assert everything(begun) == before


def test_fewer_tools_than_none_are_counted_neither_out_nor_in(begun: Production) -> None:
    shifts = f"/facilities/{SRAGEN}/shifts"

    def refused(path: str, name: str) -> None:
        answer = begun.sragen.post(path, {name: {"thinner_ml": -1}})
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, f"{name}.thinner_ml")

    refused(shifts, "out")
    assert begun.sragen.post(shifts, {"out": {"thinner_ml": 5}}).status_code == 201
    refused(f"{shifts}/close", "returned")
    refused(f"{shifts}/close", "used")
    assert begun.told("facility_locked") == []


@pytest.mark.parametrize("flag", ["remand: 3", "tahanan: true", "minors: 1"])
def test_a_flag_of_people_who_may_not_work_is_refused_in_the_file_by_name(tmp_path: Path, flag: str) -> None:
    folder = shutil.copytree(reference.FOLDER, tmp_path / "reference")
    file = folder / "facilities.yaml"
    plain = "{family: coco_rope, workers: 100, efficiency_pct: 85, yield_pct: 96}"
    file.write_text(file.read_text().replace(plain, f"{plain[:-1]}, {flag}}}"))
    with pytest.raises(reference.BadReference, match=flag.partition(":")[0] + r": is no field of this row"):
        reference.facilities(folder)


@pytest.mark.parametrize(
    ("action", "typed", "field"),
    [
        ("report", pieces(2_000), "pieces"),
        ("report", pieces(-1), "pieces"),
        ("report", pieces(1, worked_on=in_days(1).isoformat()), "worked_on"),
        ("inspect", {"passed": 41, "rework": 0, "scrap": 0}, None),
        ("inspect", {"passed": 1, "rework": -1, "scrap": 0}, "rework"),
        ("inspections", {"lot": 41}, "lot"),
    ],
)
def test_counts_that_can_not_be_are_refused_and_change_nothing(
    begun: Production, action: str, typed: dict[str, Any], field: str | None
) -> None:
    before = everything(begun)
    answer = begun.sragen.do(begun.sragen.work_orders()[0], action, **typed)
    assert answer.status_code == 422, answer.text
    assert field is None or [error["field"] for error in answer.json["errors"]] == [field]
    assert everything(begun) == before


def test_nothing_is_reported_of_work_that_was_closed(begun: Production) -> None:
    work = begun.sragen.work_orders()[0]
    assert begun.sragen.do(work, "inspect", passed=40, rework=0, scrap=0).status_code == 200
    assert begun.head.do(work, "short-close", reason="No coir until next month.").status_code == 200
    before = everything(begun)
    answer = begun.sragen.do(work, "report", **pieces(1))
    assert answer.status_code in (409, 422), answer.text
    assert everything(begun) == before


def test_the_officer_reads_what_is_wrong_in_indonesian_and_keeps_what_was_typed(begun: Production) -> None:
    officer = Visitor(begun, FACILITY, SRAGEN)
    answer = officer.submit(begun.sragen.work_orders()[0], "pause", reason="Sdr. Joko sakit.")
    assert answer.status_code == 422
    assert "tanpa nama siapa pun" in answer.text
    assert "Sdr. Joko sakit." in answer.text
