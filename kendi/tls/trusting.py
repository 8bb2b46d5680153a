"""How a phone comes to trust the authority: a page and the certificate over plain http, which needs no trust."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from reportlab.graphics import renderSVG
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing

from kendi.tls.authority import Authority

SIZE = 180
PAGE = """<!doctype html>
<html lang="id"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kendi</title></head><body>
<h1>Papan kerja di ponsel ini</h1>
<ol><li><a href="/kendi-ca.crt">Unduh sertifikat</a>.</li>
<li>Android: Setelan, Keamanan, Enkripsi dan kredensial, Instal sertifikat, Sertifikat CA. iPhone: Pengaturan, Profil
Diunduh, Instal; lalu Umum, Mengenai, Pengaturan Kepercayaan Sertifikat, aktifkan.</li>
<li>Bandingkan sidik jarinya dengan yang tertulis di komputer: <code>{fingerprint}</code></li>
<li><a href="{board}">Buka papan kerja</a>.</li></ol>
<section lang="en"><h1>The work board on this phone</h1>
<ol><li><a href="/kendi-ca.crt">Download the certificate</a>.</li>
<li>Android: Settings, Security, Encryption and credentials, Install a certificate, CA certificate. iPhone: Settings,
Profile Downloaded, Install; then General, About, Certificate Trust Settings, switch it on.</li>
<li>Compare its fingerprint with the one on the computer: <code>{fingerprint}</code></li>
<li><a href="{board}">Open the work board</a>.</li></ol></section>
<p>{here}</p>{code}
</body></html>"""


@dataclass
class Trusting:
    """Serves the page until it is closed."""

    authority: Authority
    address: str
    board: str
    port: int = 0
    _server: ThreadingHTTPServer = field(init=False)

    def start(self) -> Self:
        self._server = ThreadingHTTPServer(("", self.port), self._handler())
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        trusting = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                found = trusting._found(self.path)
                self.send_response(200 if found else 404)
                content, kind = found or (b"Not found", "text/plain")
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Who fetched a public certificate is nobody's business."""

        return Handler

    def _found(self, path: str) -> tuple[bytes, str] | None:
        if path == "/kendi-ca.crt":
            return self.authority.certificate.read_bytes(), "application/x-x509-ca-cert"
        return (self._page().encode(), "text/html; charset=utf-8") if path == "/" else None

    def _page(self) -> str:
        drawing = Drawing(SIZE, SIZE)
        drawing.add(QrCodeWidget(self.url, barWidth=SIZE, barHeight=SIZE))
        code = renderSVG.drawToString(drawing)
        svg = code[code.index("<svg") :]
        return PAGE.format(fingerprint=self.authority.fingerprint, board=self.board, here=self.url, code=svg)
