"""The timeline in the reader's language: one sentence for each event."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from services.orders import facilities
from services.orders.domain.destination_policy import name_of
from services.orders.storage import destination_policy
from shared.clock import WIB
from shared.events import contract_of
from shared.events.orders import LineRescreened
from shared.messaging.awaiting import not_applied, of_order
from shared.messaging.outbox import recorded_at
from shared.web.pages import amount_in, day_in, moment_in

SENTENCES = {
    "order_placed": ("The order was placed", "Pesanan dibuat"),
    "hold_opened": (
        "Line {line} waits for a release to {purpose}",
        "Baris {line} menunggu izin untuk {purpose}",
    ),
    "release_signed": ("A release of line {line} was signed", "Izin untuk baris {line} ditandatangani"),
    "clearance_granted": (
        "Line {line}: {quantity} pieces may be {purposed}",
        "Baris {line}: {quantity} buah boleh {purposed}",
    ),
    "clearance_withdrawn": (
        "Line {line} changed, so it may not be {purposed} until that is decided anew",
        "Baris {line} berubah, jadi belum boleh {purposed} sampai diputuskan lagi",
    ),
    "clearance_withdrawn_by_evidence": (
        "Evidence speaks against how people work where line {line} is made, so it may not be {purposed} until that is"
        " decided anew",
        "Ada bukti yang memberatkan tentang cara orang bekerja di tempat baris {line} dibuat, jadi belum boleh {purposed}"
        " sampai diputuskan lagi",
    ),
    "clearance_withdrawn_by_counsel": (
        "The note of counsel that the export of line {line} needs was withdrawn, so it may not be {purposed} until that"
        " is decided anew",
        "Pendapat hukum yang diperlukan untuk ekspor baris {line} ditarik, jadi belum boleh {purposed} sampai diputuskan"
        " lagi",
    ),
    "clearance_withdrawn_by_expiry": (
        "A document, visit or note that the export of line {line} rests on has run out, so it may not be {purposed} until"
        " that is decided anew",
        "Dokumen, kunjungan, atau pendapat hukum yang menjadi dasar ekspor baris {line} sudah habis masa berlakunya, jadi"
        " belum boleh {purposed} sampai diputuskan lagi",
    ),
    "free_lane_asked": (
        "The buyer asks that free workers, apart from prisons, make line {line}",
        "Pembeli meminta baris {line} dibuat pekerja bebas, terpisah dari lapas dan rutan",
    ),
    "free_lane_chosen": (
        "The {role_said} decided that free workers, apart from prisons, make line {line}; this releases nothing",
        "Keputusan {role_said}: baris {line} dibuat pekerja bebas, terpisah dari lapas dan rutan; ini bukan izin",
    ),
    "free_lane_declined": (
        "The {role_said} declined that free workers, apart from prisons, make line {line}: {reason}",
        "Permintaan agar baris {line} dibuat pekerja bebas, terpisah dari lapas dan rutan, ditolak oleh {role_said}:"
        " {reason}",
    ),
    "clearance_granted_to_free": (
        "Line {line}: {quantity} pieces may be {purposed}, by free workers alone",
        "Baris {line}: {quantity} buah boleh {purposed}, hanya oleh pekerja bebas",
    ),
    "acknowledgement_given": (
        "The buyer knows who made the goods of line {line}, and answers for importing them",
        "Pembeli tahu siapa yang membuat barang di baris {line}, dan bertanggung jawab atas impornya",
    ),
    "acknowledgement_ended": (
        "The buyer's acknowledgement of line {line} ended, because {because_said} changed",
        "Pernyataan pembeli untuk baris {line} berakhir, karena {because_said} berubah",
    ),
    "order_line_amended": (
        "Line {line} was amended: {ordered} pieces in all, wanted by {requested_date}, to {consignee}",
        "Baris {line} diubah: seluruhnya {ordered} buah, diminta sebelum {requested_date}, untuk {consignee}",
    ),
    "line_rescreened": (
        "Line {line} was screened again: {before_said} before, {after_said} now.{in_words}"
        " ({policies_said}: {law_said})",
        "Baris {line} diperiksa lagi: sebelumnya {before_said}, sekarang {after_said}.{in_words}"
        " ({policies_said}: {law_said})",
    ),
    "line_rescreened_at_sea": (
        "Line {line} was screened again: {before_said} before, {after_said} now; {at_sea} pieces had departed"
        " already.{in_words} ({policies_said}: {law_said})",
        "Baris {line} diperiksa lagi: sebelumnya {before_said}, sekarang {after_said}; {at_sea} buah sudah"
        " berangkat.{in_words} ({policies_said}: {law_said})",
    ),
    "lot_lane_corrected": (
        "Lot {lot} of line {line} was made by {lane_said}, not by {former_lane_said}; what was released for the"
        " line is so no longer. {reason}",
        "Lot {lot} dari baris {line} dibuat oleh {lane_said}, bukan oleh {former_lane_said}; izin untuk baris itu"
        " tidak berlaku lagi. {reason}",
    ),
    "cancellation_requested": (
        "The buyer asked to cancel {quantity} pieces of line {line}",
        "Pembeli meminta pembatalan {quantity} buah dari baris {line}",
    ),
    "withholding_requested": (
        "Logistics was asked to withhold {quantity} finished pieces of line {line}",
        "Logistik diminta menahan {quantity} buah jadi dari baris {line}",
    ),
    "cancellation_answered": (
        "{cancelled} of the {asked} pieces asked back of line {line} are cancelled",
        "{cancelled} dari {asked} buah yang diminta kembali di baris {line} dibatalkan",
    ),
    "decision_requested": (
        "Line {line} will be late or short; the buyer is asked until {deadline}",
        "Baris {line} akan terlambat atau kurang; pembeli ditanya sampai {deadline}",
    ),
    "decision_answered": (
        "The buyer decided about line {line}: {answer_said}",
        "Pembeli memutuskan tentang baris {line}: {answer_said}",
    ),
    "decision_answered_by_deadline": (
        "Nobody decided about line {line} in time, so the default counts: {answer_said}",
        "Tidak ada keputusan tentang baris {line} tepat waktu, jadi berlaku: {answer_said}",
    ),
    "decision_withdrawn": (
        "No decision about line {line} is needed any more: {overtaken_said}",
        "Keputusan tentang baris {line} tidak diperlukan lagi: {overtaken_said}",
    ),
    "payment_recorded": (
        "{amount} {currency} were paid on {paid_on}",
        "{amount} {currency} dibayar pada {paid_on}",
    ),
    "payment_taken_back": (
        "A payment of {amount} {currency} was told wrongly and counts no more: {reason}",
        "Pembayaran {amount} {currency} salah dicatat dan tidak dihitung lagi: {reason}",
    ),
    "payment_status_changed": (
        "{paid} of {due} {currency} are paid",
        "{paid} dari {due} {currency} sudah dibayar",
    ),
    "claim_made": (
        "The buyer claims {quantity} pieces of carton {sscc} of line {line}",
        "Pembeli mengajukan klaim atas {quantity} buah dari karton {sscc} di baris {line}",
    ),
    "claim_decided": (
        "{accepted} of the claimed pieces of line {line} were accepted",
        "{accepted} buah dari klaim di baris {line} diterima",
    ),
    "claim_settled": (
        "A claim over {quantity} pieces of line {line} was settled: {settlement_said}",
        "Klaim atas {quantity} buah di baris {line} diselesaikan: {settlement_said}",
    ),
    "sample_requested": (
        "Line {line} waits until the buyer approves sample {sample} of {sku}",
        "Baris {line} menunggu persetujuan pembeli atas contoh {sample} untuk {sku}",
    ),
    "sample_approved": (
        "The buyer approved sample {sample} of {sku} for line {line}",
        "Pembeli menyetujui contoh {sample} untuk {sku} di baris {line}",
    ),
    "sample_refused": (
        "The buyer refused sample {sample} of {sku}; line {line} goes on waiting",
        "Pembeli menolak contoh {sample} untuk {sku}; baris {line} tetap menunggu",
    ),
    "order_line_closed": (
        "Line {line} is closed: {delivered} pieces delivered",
        "Baris {line} selesai: {delivered} buah terkirim",
    ),
    "order_closed": ("The order is closed", "Pesanan selesai"),
    "production_planned": (
        "Line {line}: {allocated} pieces planned, ready by {promised_date}",
        "Baris {line}: {allocated} buah direncanakan, siap {promised_date}",
    ),
    "production_planned_without_promise": (
        "Line {line}: {allocated} pieces planned, {unallocated} have no facility yet",
        "Baris {line}: {allocated} buah direncanakan, {unallocated} belum ada pembuatnya",
    ),
    "production_planned_without_agreement": (
        "Line {line}: {allocated} pieces planned; {unallocated} wait for an agreement with a facility",
        "Baris {line}: {allocated} buah direncanakan; {unallocated} menunggu perjanjian dengan lapas atau rutan",
    ),
    "production_planned_without_skill": (
        "Line {line}: {allocated} pieces planned; {unallocated} wait until a facility has skilled workers for them",
        "Baris {line}: {allocated} buah direncanakan; {unallocated} menunggu lapas atau rutan dengan tenaga terampil",
    ),
    "production_planned_without_free_workshop": (
        "Line {line}: {allocated} pieces planned; {unallocated} wait for a free workshop that makes such goods: there is"
        " none now",
        "Baris {line}: {allocated} buah direncanakan; {unallocated} menunggu bengkel pekerja bebas yang membuat barang"
        " seperti ini: sekarang belum ada",
    ),
    "production_planned_without_workshop": (
        "Line {line}: {allocated} pieces planned; {unallocated} wait for a workshop where blades are allowed",
        "Baris {line}: {allocated} buah direncanakan; {unallocated} menunggu bengkel yang boleh memakai alat tajam",
    ),
    "work_order_offered": (
        "{facility} was asked for {quantity} pieces",
        "{facility} ditawari {quantity} buah",
    ),
    "work_order_accepted": ("{facility} accepted {quantity} pieces", "{facility} menerima {quantity} buah"),
    "work_order_declined": (
        "{facility} declined {quantity} pieces; they are shared out again",
        "{facility} menolak {quantity} buah; dibagikan lagi",
    ),
    "work_order_withdrawn": (
        "{facility} was told not to make {quantity} pieces that it had not begun",
        "{facility} diberi tahu agar tidak membuat {quantity} buah yang belum dimulai",
    ),
    "work_order_reduced": (
        "{facility} was told to make {quantity} pieces fewer: {left} are left",
        "{facility} diberi tahu agar membuat {quantity} buah lebih sedikit: tinggal {left}",
    ),
    "production_stopped": (
        "Production stopped {stopped} of {asked} pieces of line {line}",
        "Produksi menghentikan {stopped} dari {asked} buah di baris {line}",
    ),
    "work_order_started": ("{facility} began {quantity} pieces", "{facility} memulai {quantity} buah"),
    "work_order_paused": ("{facility} paused: {reason}", "{facility} berhenti sementara: {reason}"),
    "work_order_short_closed": (
        "{facility} ended its part with {left} good pieces; {quantity} are shared out again: {reason}",
        "{facility} mengakhiri bagiannya dengan {left} buah baik; {quantity} dibagikan lagi: {reason}",
    ),
    "pieces_corrected": (
        "{facility} corrected a report by {pieces} pieces: {reason}",
        "{facility} memperbaiki laporan sebanyak {pieces} buah: {reason}",
    ),
    "pieces_reported": ("{facility} reported {pieces} pieces", "{facility} melaporkan {pieces} buah"),
    "work_order_inspected": (
        "{facility} inspected: {passed} good, {rework} to rework, {scrap} scrap",
        "{facility} memeriksa: {passed} baik, {rework} diperbaiki, {scrap} cacat",
    ),
    "work_order_inspected_corrected": (
        "{facility} corrected its inspection by {rework} to rework and {scrap} scrap: {reason}",
        "{facility} membetulkan hasil pemeriksaannya: diperbaiki {rework}, cacat {scrap} ({reason})",
    ),
    "work_order_completed": ("{facility} finished its part", "{facility} menyelesaikan bagiannya"),
    "lateness_warned_late_amber": (
        "Line {line}: at its present rate {facility} is finished on {projected_finish}, close to the latest day,"
        " {latest_finish}",
        "Baris {line}: dengan laju sekarang {facility} selesai {projected_finish}, dekat dengan hari terakhir,"
        " {latest_finish}",
    ),
    "lateness_warned_late_red": (
        "Line {line}: at its present rate {facility} is finished on {projected_finish}; the latest day is"
        " {latest_finish}",
        "Baris {line}: dengan laju sekarang {facility} selesai {projected_finish}; hari terakhirnya {latest_finish}",
    ),
    "lateness_warned_late_never": (
        "Line {line}: {facility} makes nothing at present; the latest day is {latest_finish}",
        "Baris {line}: {facility} saat ini tidak membuat apa pun; hari terakhirnya {latest_finish}",
    ),
    "lateness_warned_late_black": (
        "Line {line}: the goods should have left the hub, and {facility} still misses pieces",
        "Baris {line}: barang seharusnya sudah meninggalkan hub, dan {facility} masih kurang",
    ),
    "lateness_warned_silent": (
        "Line {line}: {facility} has reported nothing for two working days",
        "Baris {line}: {facility} tidak melaporkan apa pun selama dua hari kerja",
    ),
    "lateness_warned_low_yield": (
        "Line {line}: of what {facility} makes fewer than 90 in 100 are good",
        "Baris {line}: kurang dari 90 dari 100 buatan {facility} yang baik",
    ),
    "lateness_warned_agreement_ends": (
        "Line {line}: the agreement with {facility} ends before its work does",
        "Baris {line}: perjanjian dengan {facility} berakhir sebelum pekerjaannya selesai",
    ),
    "lateness_warned_material_lacking": (
        "Line {line}: {facility} has not enough material for what is still to be made",
        "Baris {line}: bahan {facility} tidak cukup untuk yang masih harus dibuat",
    ),
    "lateness_cleared": (
        "Line {line}: a warning about {facility} is cleared",
        "Baris {line}: satu peringatan tentang {facility} sudah hilang",
    ),
    "lot_released": (
        "Lot {lot}: {quantity} good pieces from {facility}",
        "Lot {lot}: {quantity} buah baik dari {facility}",
    ),
    "lot_released_with_extra": (
        "Lot {lot}: {quantity} good pieces from {facility}, {extra} of them beyond the order, as the agreement allows",
        "Lot {lot}: {quantity} buah baik dari {facility}, {extra} di antaranya melebihi pesanan sesuai perjanjian",
    ),
    "cartons_packed": (
        "{quantity} pieces of lot {lot} were packed",
        "{quantity} buah dari lot {lot} dikemas",
    ),
    "cartons_gathered": (
        "Cartons of lot {lot} that arrived at {hub}: {cartons}",
        "{cartons} karton lot {lot} tiba di {hub}",
    ),
    "cartons_left": (
        "Cartons of lot {lot} that left for {hub}: {cartons}",
        "{cartons} karton lot {lot} berangkat ke {hub}",
    ),
    "cartons_quarantined": (
        "{quantity} packed pieces of lot {lot} were set aside",
        "{quantity} buah terkemas dari lot {lot} dikarantina",
    ),
    "quarantine_lifted": (
        "{quantity} packed pieces of lot {lot} may be shipped again",
        "{quantity} buah terkemas dari lot {lot} boleh dikirim lagi",
    ),
    "cartons_unpacked": (
        "{quantity} pieces of lot {lot} were unpacked, to be packed again",
        "{quantity} buah dari lot {lot} dibongkar untuk dikemas lagi",
    ),
    "cartons_damaged": (
        "Cartons with {quantity} pieces of lot {lot} were damaged",
        "Karton berisi {quantity} buah dari lot {lot} rusak",
    ),
    "cartons_lost": (
        "Cartons with {quantity} pieces of lot {lot} are missing",
        "Karton berisi {quantity} buah dari lot {lot} hilang",
    ),
    "cartons_found": (
        "Cartons with {quantity} pieces of lot {lot} were found again",
        "Karton berisi {quantity} buah dari lot {lot} ditemukan lagi",
    ),
    "goods_withheld": (
        "{quantity} pieces of lot {lot} were taken to stock",
        "{quantity} buah dari lot {lot} ditahan di gudang",
    ),
    "withholding_answered": (
        "Logistics withheld {withheld} of {asked} pieces of line {line}",
        "Logistik menahan {withheld} dari {asked} buah di baris {line}",
    ),
    "shipment_planned": ("Shipment {number} was planned", "Pengiriman {number} direncanakan"),
    "cartons_taken_out": (
        "Cartons of shipment {number} that stand at the hub again: {cartons}",
        "{cartons} karton dikeluarkan dari pengiriman {number} dan kembali ke hub",
    ),
    "cartons_put_in": (
        "Cartons that were put into shipment {number}: {cartons}",
        "{cartons} karton dimasukkan ke pengiriman {number}",
    ),
    "shipment_cancelled": (
        "Shipment {number} was cancelled; its goods wait for another one",
        "Pengiriman {number} dibatalkan; barangnya menunggu pengiriman lain",
    ),
    "shipment_booked": (
        "Booked on {vessel} {voyage}, leaving {etd}, due {eta}",
        "Dipesan di {vessel} {voyage}, berangkat {etd}, tiba {eta}",
    ),
    "shipment_booked_without_vessel": (
        "Booked with {carrier}, leaving {etd}, due {eta}",
        "Dipesan di {carrier}, berangkat {etd}, tiba {eta}",
    ),
    "documents_completed": ("All documents are there", "Semua dokumen lengkap"),
    "shipment_dispatched": (
        "The goods left the hub: {container}",
        "Barang meninggalkan hub: {container}",
    ),
    "milestone_recorded": ("{milestone}: {place}", "{milestone}: {place}"),
    "milestone_recorded_short": (
        "{milestone}: {place} ({short_pieces} pieces are short, in cartons {short_said})",
        "{milestone}: {place} ({short_pieces} buah kurang, dalam karton {short_said})",
    ),
    "milestone_corrected": (
        "Corrected: {milestone} was at {right_place} on {right_at}",
        "Dikoreksi: {milestone} di {right_place} pada {right_at}",
    ),
    "milestone_corrected_away": (
        "Corrected: {milestone} at {place} did not occur",
        "Dikoreksi: {milestone} di {place} tidak terjadi",
    ),
    "shipment_rescheduled": (
        "Expected anew: {vessel} {voyage} leaves on {etd} and arrives on {eta} ({reason_said})",
        "Perkiraan baru: {vessel} {voyage} berangkat {etd}, tiba {eta} ({reason_said})",
    ),
    "shipment_rescheduled_without_vessel": (
        "Expected anew: it leaves on {etd} and arrives on {eta} ({reason_said})",
        "Perkiraan baru: berangkat {etd}, tiba {eta} ({reason_said})",
    ),
    "shipment_departed": ("The goods departed from {place}", "Barang berangkat dari {place}"),
    "shipment_delivered": ("Delivered at {place}", "Diterima di {place}"),
}

EXPECTED = {
    "decision": (
        "a decision: change the destination, have free workers make it where they can, sell it at home, or cancel",
        "keputusan: ubah tujuannya, minta pekerja bebas membuatnya bila bisa, jual di dalam negeri, atau batalkan",
    ),
    "release_signed": ("the release is signed", "izin ditandatangani"),
    "free_lane_chosen": (
        "a decision whether free workers make it",
        "keputusan apakah pekerja bebas membuatnya",
    ),
    "acknowledgement_given": (
        "the buyer acknowledges who made the goods",
        "pembeli menyatakan tahu siapa yang membuat barangnya",
    ),
    "sample_approved": ("the buyer approves the sample", "pembeli menyetujui contohnya"),
    "production_planned": ("every piece has a facility", "semua buah ada pembuatnya"),
    "work_order_accepted": ("the work is accepted", "pekerjaan diterima"),
    "work_order_started": ("the work begins", "pekerjaan dimulai"),
    "lot_released": ("every piece is made and found good", "semua buah selesai dan lulus pemeriksaan"),
    "cartons_packed": ("every piece is packed", "semua buah dikemas"),
    "cartons_gathered": ("the cartons arrive at the hub", "karton tiba di hub"),
    "shipment_planned": ("a shipment is planned", "pengiriman direncanakan"),
    "shipment_booked": ("transport is booked", "pengangkut dipesan"),
    "documents_completed": ("all documents are there", "semua dokumen lengkap"),
    "shipment_dispatched": ("the goods leave the hub", "barang meninggalkan hub"),
    "shipment_departed": ("the goods depart", "barang berangkat"),
    "shipment_delivered": ("the goods are delivered", "barang diterima"),
}
"""What a line waits for, by the event that will tell it."""

PURPOSES = {
    "produce": {"purpose": ("produce", "produksi"), "purposed": ("made", "dibuat")},
    "export": {"purpose": ("export", "ekspor"), "purposed": ("exported", "diekspor")},
}


RESCREENED = contract_of(LineRescreened).type
ORDERS = "orders"
WORTH_TELLING = timedelta(minutes=1)
ANSWERS = {
    "accept_date": ("the new date is accepted", "tanggal baru diterima"),
    "wait": ("wait until every piece has a facility", "menunggu sampai semua buah ada pembuatnya"),
    "take_part": (
        "the part that can be had is taken, the rest is asked back",
        "bagian yang bisa diperoleh diambil, sisanya diminta kembali",
    ),
    "cancel_rest": ("all that has not departed is asked back", "semua yang belum berangkat diminta kembali"),
}
SCREENED = {
    "allow": ("allowed", "boleh"),
    "hold": ("held until it is released", "ditahan sampai ada izin"),
    "block": ("blocked", "diblokir"),
}
"""What the law says about a line."""
MADE_BY = {
    "custodial": ("prisoners", "warga binaan"),
    "parole_community": (
        "people on parole or in community work",
        "klien pembebasan bersyarat atau kerja sosial",
    ),
    "free": ("free workers", "pekerja bebas"),
}
ROLES = {"compliance_officer": ("compliance officer", "petugas kepatuhan")}
CHANGED = {
    "consignee": ("the consignee", "penerimanya"),
    "route": ("the route", "rutenya"),
    "lane": ("what is known of who made it", "yang diketahui tentang pembuatnya"),
}
MILESTONES = {
    "FUMIGATED": ("Fumigated", "Difumigasi"),
    "PEB_SUBMITTED": ("Export declaration (PEB) submitted", "PEB diajukan"),
    "NPE_ISSUED": ("Export service note (NPE) issued", "NPE terbit"),
    "STUFFED_SEALED": ("Stuffed and sealed", "Dimuat dan disegel"),
    "GATE_IN": ("Gate in at the port or airport", "Masuk pelabuhan atau bandara"),
    "LOADED": ("Loaded on the vessel", "Dimuat ke kapal"),
    "VESSEL_DEPARTED": ("Departed", "Berangkat"),
    "TRANSSHIPPED": ("Transshipped", "Alih muat"),
    "DISCHARGED": ("Discharged", "Dibongkar"),
    "IMPORT_CLEARED": ("Cleared for import", "Lolos pabean negara tujuan"),
    "GATE_OUT": ("Out of the port of discharge", "Keluar dari pelabuhan tujuan"),
    "STRIPPED": ("Taken out of the container", "Dikeluarkan dari peti kemas"),
    "DELIVERED": ("Delivered", "Diterima pembeli"),
    "CLOSED": ("Closed", "Ditutup"),
    "CUSTOMS_RED_LANE": ("Red lane, inspected by customs", "Jalur merah, diperiksa bea cukai"),
    "QUARANTINE_HOLD": ("Held by quarantine", "Ditahan karantina"),
    "QUARANTINE_RELEASED": ("Released by quarantine", "Dibebaskan karantina"),
    "SHORT_LANDED": (
        "Short-landed, some of the goods are not there",
        "Kurang bongkar, sebagian barang tidak ada",
    ),
    "LANDED_IN_FULL": ("The goods that were missing are there", "Barang yang kurang sudah ditemukan"),
    "DETAINED_AT_DEST": (
        "Detained by customs at the destination",
        "Ditahan pabean negara tujuan",
    ),
    "RETURNED": ("Sent back", "Dikirim kembali"),
    "RETURN_RECEIVED": ("Received back", "Kiriman kembali diterima"),
    "OUT_OF_PORT": ("Taken out of the port again", "Dikeluarkan lagi dari pelabuhan"),
    "DEPARTURE_DELAYED": ("The departure is delayed", "Keberangkatan tertunda"),
    "TRANSIT_DELAYED": ("Delayed on its way", "Tertunda di perjalanan"),
    "NOT_LOADED": ("Not loaded, left behind at the port", "Tidak termuat, tertinggal di pelabuhan"),
    "BOOKING_CANCELLED": ("The carrier cancelled the booking", "Pemesanan dibatalkan oleh pengangkut"),
    "BOOKED_ANEW": ("Booked anew", "Dipesan kembali"),
    "GOODS_DAMAGED": ("Goods were damaged on the way", "Barang rusak di perjalanan"),
}
"""What is told of a shipment on its way, and what goes wrong there; a code that is newer stands for itself."""
RESCHEDULED = {
    "rolled": ("put on a later vessel", "dipindahkan ke kapal berikutnya"),
    "carrier": ("the carrier's schedule", "jadwal pengangkut"),
    "weather": ("the weather", "cuaca"),
    "port": ("the port", "pelabuhan"),
    "customs": ("customs", "bea cukai"),
    "missed_connection": ("a connection was missed", "kapal sambungan terlewat"),
}
"""Why a shipment is expected at another time."""
SETTLEMENTS = {
    "credit": ("credited", "dikreditkan"),
    "replacement": ("replaced by a new order", "diganti dengan pesanan baru"),
    "return": ("the goods come back", "barang dikembalikan"),
}
OVERTAKEN = {
    "resolved": ("it is neither late nor short now", "sekarang tidak terlambat dan tidak kurang"),
    "changed": ("the line or its plan changed", "baris itu atau rencananya berubah"),
}
"""Why a question was withdrawn."""


def tell_timeline(session: Session, rows: Sequence[RowMapping], language: str) -> list[dict[str, Any]]:
    """Each row with its sentence, its day in Central Java and what the timeline macro wants."""
    names = facilities.names(session) | _laws(session, rows, language)
    earlier = [None, *(row["occurred_at"] for row in rows)]
    return [
        {
            **row,
            "day": row["occurred_at"].astimezone(WIB).date(),
            "at": row["occurred_at"],
            "text": sentence(row["type"], row["data"], names, language),
            "role": row["actor_role"],
            "service": row["source"],
            "hop": _hop(row),
            "since": _since(before, row["occurred_at"], language),
        }
        for row, before in zip(rows, earlier, strict=False)
    ]


def _laws(session: Session, rows: Sequence[RowMapping], language: str) -> dict[str, str]:
    """Each version of a policy that caught a line of these rows, in plain words."""
    told = {policy for row in rows if row["type"] == RESCREENED for policy in row["data"]["policies"]}
    if not told:
        return {}
    name = func.concat(destination_policy.c.id, ".v", destination_policy.c.version)
    found = session.execute(select(destination_policy).where(name.in_(told)))
    return {name_of(row.id, row.version): row.row.get(f"explanation_{language}", "") for row in found}


def _hop(row: RowMapping) -> dict[str, Any] | None:
    """The way of an event that another service told, and how long it took; our own take none."""
    if row["source"] == ORDERS:
        return None
    took = row["recorded_at"] - recorded_at(row["event_id"])
    return {"from": row["source"], "to": ORDERS, "milliseconds": max(took // timedelta(milliseconds=1), 0)}


def _since(before: datetime | None, at: datetime, language: str) -> str | None:
    """How long after the step before, where it is long enough to be told."""
    if before is None or at - before < WORTH_TELLING:
        return None
    return format_timedelta(at - before, locale=language)


def tell_expected(
    session: Session, lines: Iterable[Mapping[str, Any]], language: str
) -> list[dict[str, Any]]:
    """What is awaited, as the timeline shows it; lines that await the same of the same stand together."""
    names = facilities.names(session)
    which = 1 if language == "id" else 0
    together: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        if line["next"]:
            together[line["next"]["expected"], line["next"]["owing"], line["next"]["by"]].append(line)
    return [
        {
            "text": f"{('Line', 'Baris')[which]} {', '.join(str(line['number']) for line in some)}: "
            + EXPECTED[expected.split(".")[2] if expected else "decision"][which],
            "owners": [names.get(code, code) for code in owing],
            "since": min((line["next"]["since"] for line in some if line["next"]["since"]), default=None),
            "by": by,
        }
        for (expected, owing, by), some in together.items()
    ]


HELD_UP = {
    "parked": (
        "news from {source} could not be taken in; what is told here stops before it",
        "kabar dari {source} tidak dapat diproses; yang tertulis di sini berhenti sebelum kabar itu",
    ),
    "failing": (
        "news from {source} could not be taken in yet and is tried again; what is told here stops before it",
        "kabar dari {source} belum dapat diproses dan dicoba lagi; yang tertulis di sini berhenti sebelum kabar itu",
    ),
    "not yet": (
        "news from {source} waits for other news; what is told here stops before it",
        "kabar dari {source} menunggu kabar lain; yang tertulis di sini berhenti sebelum kabar itu",
    ),
    "not received": (
        "news from {source} has not come yet; what is told here stops before it",
        "kabar dari {source} belum datang; yang tertulis di sini berhenti sebelum kabar itu",
    ),
}
"""Why the timeline stops, where it is not the next step of a line that is awaited."""
SERVICES = {"production": ("production", "produksi"), "logistics": ("logistics", "logistik")}


def tell_held_up(session: Session, order_id: UUID, language: str) -> list[dict[str, Any]]:
    """What must come before any step of the order is told here: ``kendi status`` says the same to an operator.

    What is held up alike is told once, with the first of it.
    """
    which = 1 if language == "id" else 0
    together: dict[tuple[str, str, str], datetime] = {}
    for each in not_applied(session, "orders", of_order(order_id)):
        if each.why in HELD_UP:
            alike = (each.why, each.source, "operator" if each.why in ("parked", "failing") else each.owed_by)
            together[alike] = min(each.since, together.get(alike, each.since))
    return [
        {
            "text": HELD_UP[why][which].format(source=SERVICES[source][which]),
            "owners": [owner],
            "since": since,
            "by": None,
        }
        for (why, source, owner), since in together.items()
    ]


WITHOUT: Mapping[str | None, str] = {
    "agreement": "agreement",
    "skill": "skill",
    "workshop": "workshop",
}
"""What a line waits for, where there is a sentence of its own about it."""


def sentence(type: str, data: Mapping[str, Any], names: Mapping[str, str], language: str) -> str:
    """What happened, in words: ``Lapas Sragen melaporkan 12.000 buah``. ``names`` say what codes stand for."""
    kind = _sentence_of(type.split(".")[2], data)
    which = 1 if language == "id" else 0
    words = {key: _written(key, value, language) for key, value in data.items()}
    for key in AMOUNTS & data.keys() if "currency" in data else ():
        if data[key] is not None:
            words[key] = amount_in(Decimal(data[key]), data["currency"], language)
    words |= _codes(kind, data, which) | _law(data, names) | _short(data, language)
    for key in MOMENTS & data.keys():
        if data[key] is not None:
            words[key] = moment_in(datetime.fromisoformat(data[key]), language)
    if "consignee" in data:
        words["consignee"] = "{name}, {country}".format_map(data["consignee"])
    for place in ("facility", "hub"):
        if place in data:
            words[place] = names.get(data[place], data[place])
    for key, said in PURPOSES.get(str(data.get("purpose")), {}).items():
        words[key] = said[which]
    return SENTENCES[kind][which].format_map(words)


def _codes(kind: str, data: Mapping[str, Any], which: int) -> dict[str, str]:
    """What the codes in an event mean, in words."""
    meanings = CODES | CODES_OF.get(kind, {})
    said = {
        f"{key.removesuffix('_by')}_said": meanings[key][data[key]][which]
        for key in meanings.keys() & data.keys()
    }
    if "milestone" in data:
        said["milestone"] = MILESTONES.get(data["milestone"], (data["milestone"],) * 2)[which]
    return said


def _law(data: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """The rules and the law that a decision names, and what the rules say in plain words."""
    said = {f"{key}_said": ", ".join(data[key]) or "–" for key in ("policies", "law") if key in data}
    in_words = [names[policy] for policy in data.get("policies", ()) if names.get(policy)]
    return said | {"in_words": "".join(f" {words}" for words in in_words)}


def _short(data: Mapping[str, Any], language: str) -> dict[str, str]:
    """The cartons that are not there, and their pieces."""
    if not data.get("short"):
        return {}
    pieces = sum(part["quantity"] for part in data["lines"])
    return {
        "short_pieces": format_decimal(pieces, locale=language),
        "short_said": ", ".join(each["sscc"] for each in data["short"]),
    }


CODES: dict[str, Mapping[str, tuple[str, str]]] = {
    "answer": ANSWERS,
    "overtaken_by": OVERTAKEN,
    "settlement": SETTLEMENTS,
    "before": SCREENED,
    "after": SCREENED,
    "lane": MADE_BY,
    "former_lane": MADE_BY,
}
CODES_OF: Mapping[str, dict[str, Mapping[str, tuple[str, str]]]] = {
    "shipment_rescheduled": {"reason": RESCHEDULED},
    "acknowledgement_ended": {"because": CHANGED},
    "free_lane_chosen": {"role": ROLES},
    "free_lane_declined": {"role": ROLES},
}
"""What the members of an event mean that are codes: in every event, and in some."""
WITHDRAWN = {"evidence": "evidence", "counsel": "counsel", "expired": "expiry"}
"""The reasons that have a sentence of their own; any other is that the line changed."""
MOMENTS = {"deadline", "right_at"}
AMOUNTS = {"amount", "paid", "due", "credit"}
DAYS = {
    "promised_date",
    "requested_date",
    "paid_on",
    "etd",
    "eta",
    "projected_finish",
    "latest_finish",
}


def _sentence_of(kind: str, data: Mapping[str, Any]) -> str:
    """Which sentence tells an event: some have several, by what they say."""
    if kind == "clearance_granted" and (data["purpose"], data["lane"]) == ("produce", "free"):
        return "clearance_granted_to_free"
    if kind == "production_planned" and data["promised_date"] is None:
        if (data.get("lane"), data.get("lacking")) == ("free", "workshop"):
            return "production_planned_without_free_workshop"
        return f"production_planned_without_{WITHOUT.get(data.get('lacking'), 'promise')}"
    if kind == "lot_released" and data.get("extra"):
        return "lot_released_with_extra"
    if kind == "work_order_inspected" and data.get("reason"):
        return "work_order_inspected_corrected"
    if kind == "lateness_warned":
        return _warning(data)
    if kind == "milestone_recorded" and data.get("short"):
        return "milestone_recorded_short"
    if kind == "milestone_corrected" and data["right_at"] is None:
        return "milestone_corrected_away"
    if kind in ("shipment_booked", "shipment_rescheduled") and not data["vessel"]:
        return f"{kind}_without_vessel"
    if kind == "clearance_withdrawn" and (because := WITHDRAWN.get(data.get("because", ""))):
        return f"clearance_withdrawn_by_{because}"
    if data.get("at_sea"):
        return f"{kind}_at_sea"
    return "decision_answered_by_deadline" if data.get("decided_by") == "deadline" else kind


def _warning(data: Mapping[str, Any]) -> str:
    """Which sentence tells a warning: of lateness one for each grade."""
    if data["kind"] != "late":
        return f"lateness_warned_{data['kind']}"
    never = data["grade"] == "red" and data["projected_finish"] is None
    return f"lateness_warned_late_{'never' if never else data['grade']}"


def _written(key: str, value: Any, language: str) -> Any:
    if key in DAYS and value is not None:
        return day_in(date.fromisoformat(value), language)
    counts = isinstance(value, int) and not isinstance(value, bool) and key != "line"
    return format_decimal(value, locale=language) if counts else value
