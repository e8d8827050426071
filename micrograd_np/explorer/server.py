"""The server: the page, and what it asks for, to this computer alone.

Every request has to name this server as its host, so that no other site's page can reach it under
a name of its own, and has to bring the token of this run, which stands in the address that the
command prints. What is asked is numbers and names of menu entries, and is checked one by one: no
text that is sent is ever run.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import json
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from micrograd_np.explorer.knobs import Refused
from micrograd_np.explorer.page import policy, text

LOOPBACK = "127.0.0.1"
TOKEN = "X-Explorer-Token"

MOST_BYTES = 16_384
"""A question is a few hundred bytes; a longer one is not read."""

PATIENCE = 10.0
"""Seconds that a client may take to send its question, however it is cut into pieces."""

LINGER, MOST_LEFT = 0.5, 1_000_000
"""For how many seconds and bytes what is left of a refused request is read, and thrown away."""

MOST_AT_ONCE = 32
"""How many connections are served at a time; others are told to come again."""

Answer = Callable[[dict[str, Any]], Any]


class Server(ThreadingHTTPServer):
    """Serves the page and answers its questions.

    Parameters
    ----------
    answers
        What answers a question, by its name.
    host, port
        Where to listen; port 0: any that is free.
    closing
        Called when the server has ended.

    Attributes
    ----------
    token
        What every question has to bring.
    """

    daemon_threads = True
    allow_reuse_address = False
    request_queue_size = 64

    def __init__(
        self,
        answers: dict[str, Answer],
        host: str = LOOPBACK,
        port: int = 0,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._closing = closing  # if the address cannot be listened on, it is called, too
        super().__init__((host, port), _Handler)
        self.answers = answers
        self.token = secrets.token_urlsafe(24)
        self.page = text().encode()
        self.is_loopback = is_loopback(host)
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self.waited_for: dict[Any, float] = {}

    def server_close(self) -> None:
        """Listen no more, and end what runs beside."""
        super().server_close()
        self._closing()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address to open. What follows the # is not sent over the network by a browser."""
        host = str(self.server_address[0])
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}:{self.port}/#{self.token}"

    def is_host(self, names: list[str]) -> bool:
        """Whether a request was meant for this server, by its Host header.

        A name that somebody else gives this address is refused; where the server listens to other
        computers, it is known by whatever address they reach it at, and never by a name.
        """
        if len(names) != 1:
            return False
        name, _, port = names[0].strip().lower().rpartition(":")
        if port != str(self.port):
            return False
        if self.is_loopback:
            return name in ("127.0.0.1", "localhost", "[::1]")
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, unless there are too many."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            request.sendall(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def service_actions(self) -> None:
        """End connections whose question has not come in time; called twice a second."""
        now = time.monotonic()
        for connection, since in list(self.waited_for.items()):
            if now - since > PATIENCE:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone; everything else is answered."""


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this computer alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Refusal(Exception):
    """A request that is not answered."""

    def __init__(self, status: HTTPStatus, said: str) -> None:
        super().__init__(said)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "micrograd-np"
    sys_version = ""
    timeout = PATIENCE
    disable_nagle_algorithm = True  # an answer is not held back until the last one is confirmed
    wbufsize = -1

    refused = False

    def handle_one_request(self) -> None:
        """Wait for a question, for so long and no longer, and answer it."""
        self.server.waited_for[self.connection] = time.monotonic()
        try:
            super().handle_one_request()
        finally:
            self.server.waited_for.pop(self.connection, None)

    def finish(self) -> None:
        """End the connection so that a refusal arrives.

        What is left of a request is read first: the system would take it for an error, and drop the
        reply.
        """
        super().finish()
        if self.refused:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_WR)
                self.connection.settimeout(LINGER)
                left = MOST_LEFT
                while left > 0 and (read := len(self.connection.recv(65_536))):
                    left -= read

    def do_GET(self) -> None:
        """Send the page, which holds nothing that is secret."""
        self._guarded(self._page)

    def do_POST(self) -> None:
        """Answer a question of the page."""
        self._guarded(self._question)

    def _guarded(self, answer: Callable[[], None]) -> None:
        try:
            if self.request_version == "HTTP/0.9":  # a reply to it has no headers
                self.request_version = self.protocol_version
                raise _Refusal(HTTPStatus.BAD_REQUEST, "say which version of HTTP is spoken")
            if not self.server.is_host(self.headers.get_all("Host", [])):
                raise _Refusal(HTTPStatus.FORBIDDEN, "this server is not called by that name")
            answer()
        except _Refusal as refusal:
            self.close_connection = self.refused = True
            self._send(refusal.status, {"error": str(refusal)})

    def _page(self) -> None:
        if self.path != "/":
            raise _Refusal(HTTPStatus.NOT_FOUND, "there is one page, at /")
        self._reply(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)

    def _question(self) -> None:
        given = self.headers.get(TOKEN, "")
        if not hmac.compare_digest(given.encode(), self.server.token.encode()):
            raise _Refusal(HTTPStatus.FORBIDDEN, "open the address that the command has printed")
        name = self.path.removeprefix("/api/")
        if not self.path.startswith("/api/") or name not in self.server.answers:
            raise _Refusal(HTTPStatus.NOT_FOUND, "there is no such question")
        asked = self._body()
        self.server.waited_for.pop(self.connection, None)  # an answer may take longer
        try:
            answer = self.server.answers[name](asked)
        except Refused as refused:
            self._send(HTTPStatus.BAD_REQUEST, {"error": str(refused)})
            return
        except Exception as error:  # a mistake of ours, which the page shows and the terminal, too
            traceback.print_exc()
            said = f"{type(error).__name__}: {error}"
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": said})
            return
        self._send(HTTPStatus.OK, answer)

    def _body(self) -> dict[str, Any]:
        """Read the question: a JSON object.

        Raises
        ------
        _Refusal
            If it is too long, or something else.
        """
        if self.headers.get("Transfer-Encoding") is not None:
            raise _Refusal(HTTPStatus.LENGTH_REQUIRED, "send the length of the question")
        if self.headers.get_content_type() != "application/json":
            raise _Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise _Refusal(HTTPStatus.LENGTH_REQUIRED, "send the length of the question")
        if len(length) > 9 or int(length) > MOST_BYTES:
            raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"send at most {MOST_BYTES} bytes")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _Refusal(HTTPStatus.BAD_REQUEST, "the question is shorter than it says")
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            raise _Refusal(HTTPStatus.BAD_REQUEST, "this is not JSON") from None
        if not isinstance(asked, dict):
            raise _Refusal(HTTPStatus.BAD_REQUEST, "send an object")
        return asked

    # --- replies -------------------------------------------------------------------------------

    def _send(self, status: HTTPStatus, answer: Any) -> None:
        body = json.dumps(answer, allow_nan=False, separators=(",", ":")).encode()
        self._reply(status, "application/json", body)

    def _reply(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": policy(),
            "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request, in the same form as other refusals."""
        self.close_connection = self.refused = True
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:  # another verb than GET and POST
            status = HTTPStatus.METHOD_NOT_ALLOWED
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:  # another version of the protocol
            status = HTTPStatus.BAD_REQUEST
        self.command = getattr(self, "command", None) or ""
        self.request_version = self.protocol_version
        self._send(status, {"error": status.phrase})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name
        """Write nothing: the terminal is the user's."""
