"""The sandbox store over HTTP, on this machine's own address only.

In a test:

    with server.running(shop) as store:
        store.url, store.key, store.secret   # what a client needs
        store.knobs.throttle = 2             # the next two requests are answered with 429
        store.application.log                # what was asked
"""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from wsgiref.handlers import SimpleHandler
from wsgiref.simple_server import WSGIRequestHandler
from wsgiref.types import WSGIApplication

from connectors.sandbox import auth, faults, wire
from connectors.sandbox.shop import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A store that answers now."""

    url: str
    key: str
    secret: str
    shop: Shop
    knobs: faults.Knobs
    application: wire.Application


class _Handler(SimpleHandler):
    http_version = "1.1"
    server_software = "sandbox"

    def cleanup_headers(self) -> None:
        """The length is always given, so connections stay open."""


class _Requests(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece, not as two packets with a pause between them.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        self.close_connection = False
        while not self.close_connection:
            try:
                self.handle_one_request()
            except (ConnectionError, ssl.SSLError):
                return

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        handler = _Handler(
            self.rfile,
            self.wfile,  # type: ignore[arg-type]
            self.get_stderr(),
            self.get_environ(),
            multithread=True,
        )
        handler.request_handler = self  # type: ignore[attr-defined]
        handler.run(self.server.application)
        self.wfile.flush()

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["sandbox.cut"] = self._cut
        return environ

    def _cut(self) -> None:
        self.close_connection = True

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Nothing: queries carry signatures."""


class Server(ThreadingHTTPServer):
    """Serves one application; a thread for each connection."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, application: WSGIApplication, port: int) -> None:
        self.application = application
        self.base_environ: dict[str, str] = {}
        self.server_name, self.server_port = "127.0.0.1", port
        super().__init__(("127.0.0.1", port), _Requests)

    def server_bind(self) -> None:
        # Not HTTPServer's: that one asks the name service who we are.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_port = self.server_address[1]
        self.base_environ = {
            "SERVER_NAME": "127.0.0.1", "GATEWAY_INTERFACE": "CGI/1.1",
            "SERVER_PORT": str(self.server_port), "REMOTE_HOST": "", "CONTENT_LENGTH": "",
            "SCRIPT_NAME": "",
        }  # fmt: skip

    def get_app(self) -> WSGIApplication:
        return self.application

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""


def make(application: WSGIApplication, *, port: int = 0, certificate: Path | None = None) -> Server:
    """A bound server; with a certificate (PEM, key included) it speaks TLS."""
    server = Server(application, port)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


@contextmanager
def running(
    shop: Shop | None = None,
    *,
    knobs: faults.Knobs | None = None,
    permissions: str = "read_write",
    certificate: Path | None = None,
) -> Iterator[Running]:
    """A store that answers in a thread of this process, until the block ends."""
    shop = shop or Shop()
    knobs = knobs or faults.Knobs()
    key, secret = f"ck_{secrets.token_hex(20)}", f"cs_{secrets.token_hex(20)}"
    owner = auth.Credentials(key=key, secret=secret, permissions=permissions)
    application = wire.Application(
        shop, auth.Doorkeeper({key: owner}), knobs, secure=certificate is not None
    )
    server = make(application, certificate=certificate)
    scheme = "https" if certificate else "http"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Running(
            url=f"{scheme}://127.0.0.1:{server.server_port}",
            key=key, secret=secret, shop=shop, knobs=knobs, application=application,
        )  # fmt: skip
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        application.close()
