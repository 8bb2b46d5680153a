"""The buyer's webhook endpoint of the demonstration: checks each signature with the official library."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class Listener:
    """Listens on a free port of this machine and keeps what arrives, by its id."""

    def __init__(self) -> None:
        self.secret = ""
        self.received: dict[str, dict[str, Any]] = {}
        self.refused = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204 if listener.take(dict(self.headers), body) else 401)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/kendi"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """Keep a delivery whose signature holds."""
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            self.received[lowered["webhook-id"]] = Webhook(self.secret).verify(body.decode(), lowered)
        except (WebhookVerificationError, KeyError):
            self.refused += 1
            return False
        return True

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
