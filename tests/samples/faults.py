"""A proxy before an S3 server that counts requests, and lets one of them (or all from it on) go wrong."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import signal
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_SILENCE = 10.0  # seconds; the client is expected to give up long before
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "expect"})
_ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>injected</Message></Error>'


class Fault(StrEnum):
    """What goes wrong. All but the last two may happen before or after the server has done the request."""

    KILL = "kill"
    RESET = "reset"
    TIMEOUT = "timeout"
    ERROR_500 = "InternalError"
    SLOW_DOWN = "SlowDown"
    CONFLICT_409 = "ConditionalRequestConflict"
    FAILED_412 = "PreconditionFailed"
    DENIED_403 = "AccessDenied"
    TRUNCATED = "truncated answer"
    WRONG_BYTES = "wrong bytes"


_STATUS = {
    Fault.ERROR_500: 500,
    Fault.SLOW_DOWN: 503,
    Fault.CONFLICT_409: 409,
    Fault.FAILED_412: 412,
    Fault.DENIED_403: 403,
}


@dataclass(kw_only=True)
class Plan:
    """Which request goes wrong, from 1, and how; what was asked while the plan was in force.

    A `lasting` fault stays; `victim` gives the process that a kill is for.
    """

    fault: Fault | None = None
    at: int = 0
    after: bool = False
    lasting: bool = False
    victim: Callable[[], int] | None = None
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    injected: int = 0

    def hits(self, number: int) -> bool:
        """Whether the fault is for this request."""
        return self.fault is not None and (number == self.at or (self.lasting and number > self.at > 0))


class FaultProxy:
    """Passes requests on as they are, `Host` included, so that their signatures still fit."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.url = ""
        self.lock = threading.Lock()
        self.plan = Plan()

    def arm(self, plan: Plan) -> Plan:
        """Put another plan in force, and count from 1 again."""
        with self.lock:
            self.plan = plan
        return plan


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    length: int | None = None  # what is said of it, where that is not true


@contextmanager
def fault_proxy(upstream: str, tls: ssl.SSLContext | None = None) -> Iterator[FaultProxy]:
    """A proxy before the server at this URL, on a free port of this machine; gone at the end.

    With `tls` it is spoken to over TLS. It may also be asked as a company's proxy is: by whole URLs,
    and to connect through to a host, which always leads to `upstream` (then another such proxy).
    """
    proxy = FaultProxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self._body()
            with proxy.lock:
                plan = proxy.plan
                plan.asked.append(f"{self.command} {self.path}")
                plan.headers.append({name.lower(): value for name, value in self.headers.items()})
                hit = plan.hits(len(plan.asked))
                plan.injected += hit
            if not hit:
                self._answer(self._forward(body))
                return
            answer = self._forward(body) if plan.after else None
            assert plan.fault is not None
            self.close_connection = True
            if plan.fault is Fault.KILL:
                assert plan.victim is not None
                os.kill(plan.victim(), signal.SIGKILL)
            elif plan.fault is Fault.RESET:
                # Closing with nothing to linger for sends a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.rfile.close()
                self.wfile.close()
                self.connection.close()
            elif plan.fault is Fault.TIMEOUT:
                select.select([self.connection], [], [], _SILENCE)
            elif plan.fault in _STATUS:
                text = _ERROR.format(code=plan.fault.value).encode()
                headers = [("Content-Type", "application/xml")]
                self._answer(_Answer(status=_STATUS[plan.fault], headers=headers, body=text))
            else:
                assert answer is not None, "an answer that never was cannot be changed"
                self._answer(_spoiled(answer, plan.fault))

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _serve  # noqa: N815

        def do_CONNECT(self) -> None:
            with proxy.lock:
                proxy.plan.asked.append(f"{self.command} {self.path}")
            self.close_connection = True
            host, port = proxy.upstream.hostname, proxy.upstream.port or 0
            with socket.create_connection((host, port)) as far:
                self.send_response_only(200)
                self.end_headers()
                ends = {self.connection: far, far: self.connection}
                while True:
                    for near in select.select(list(ends), [], [])[0]:
                        data = near.recv(65536)
                        if not data:
                            return
                        ends[near].sendall(data)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _forward(self, body: bytes) -> _Answer:
            connection = http.client.HTTPConnection(proxy.upstream.netloc, timeout=60)
            try:
                path = self.path if self.path.startswith("/") else "/" + self.path.split("/", 3)[3]
                connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in _HOP:
                        connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
                answer = connection.getresponse()
                headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in _HOP]
                return _Answer(status=answer.status, headers=headers, body=answer.read())
            finally:
                connection.close()

        def _answer(self, answer: _Answer) -> None:
            with contextlib.suppress(ConnectionError):
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                length = len(answer.body) if answer.length is None else answer.length
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that was killed

    server = Server(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        proxy.url = proxy.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _spoiled(answer: _Answer, fault: Fault) -> _Answer:
    if fault is Fault.TRUNCATED:
        length = len(answer.body) or 10
        return _Answer(
            status=answer.status, headers=answer.headers, body=answer.body[: length // 2], length=length
        )
    middle = len(answer.body) // 2
    changed = bytes([answer.body[middle] ^ 1]) if answer.body else b""
    body = answer.body[:middle] + changed + answer.body[middle + 1 :]
    return _Answer(status=answer.status, headers=answer.headers, body=body)
