"""A proxy between the operator and what it depends on: it counts the requests and lets a test interfere with them.

Plain HTTP on loopback towards the operator (whose kubeconfig and ChangeRepository name it), HTTP or HTTPS towards the
real server. A watch is passed through piece by piece and not counted: it is no step of anybody's life.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

_OURS = ("connection", "content-length", "expect", "host", "keep-alive", "transfer-encoding")  # headers of one hop
_SECONDS = 120.0


@dataclass(frozen=True)
class Call:
    """One request of the operator."""

    method: str
    path: str  # with the query
    body: bytes = field(default=b"", repr=False)

    @property
    def watch(self) -> bool:
        return "watch=" in self.path

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """A reply that the proxy gives by itself."""

    status: int
    body: bytes = b'{"message": "the test says so"}'
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Cut:
    """Both connections are closed, after so many bytes of the body were passed on (None: not even the head was)."""

    after: int | None = None


class Fault(Protocol):
    """What a test does to calls. It may block, and it must not mind being asked by several threads."""

    def before(self, call: Call, /) -> Answer | Cut | None:
        """Before the call is passed on; None: it is."""

    def after(self, call: Call, reply: Answer, /) -> Cut | None:
        """When the whole reply is here, and the operator has nothing of it yet."""


class Proxy:
    """Listens on a loopback port of its own; `fault` says whose business a call is (None: nobody's, pass it on)."""

    def __init__(self, upstream: str, fault: Callable[[Call], Fault | None], authority: str = "") -> None:
        self._upstream = urlsplit(upstream)
        self._trust = ssl.create_default_context(cadata=authority) if authority else None
        self.fault = fault
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections and drop those that there are."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self.drop()

    def drop(self) -> None:
        """Close every connection there is, on both sides."""
        with self._lock:
            sockets, self._sockets = list(self._sockets), set()
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def keep(self, one: socket.socket) -> None:
        with self._lock:
            self._sockets.add(one)

    def forget(self, one: socket.socket) -> None:
        with self._lock:
            self._sockets.discard(one)

    def connect(self) -> http.client.HTTPConnection:
        host, port = self._upstream.hostname or "127.0.0.1", self._upstream.port
        if self._upstream.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=self._trust)
        return http.client.HTTPConnection(host, port, timeout=_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], proxy: Proxy) -> None:
        self.proxy = proxy
        super().__init__(address, _Relay)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is what this is for."""


class _Relay(BaseHTTPRequestHandler):
    """One connection of the operator, kept open between its requests."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.proxy.keep(self.connection)

    def finish(self) -> None:
        self.server.proxy.forget(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Whoever wants to know reads the trace."""

    def _relay(self) -> None:
        call = Call(self.command, self.path, self._body())
        fault = self.server.proxy.fault(call)
        verdict = fault.before(call) if fault is not None else None
        try:
            if isinstance(verdict, Answer):
                self._answer(verdict)
            elif isinstance(verdict, Cut):
                self._cut(call, verdict)
            else:
                self._pass_on(call, fault)
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # either side has gone away: the other one is told by the same

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _relay  # noqa: N815

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(body)

    def _cut(self, call: Call, cut: Cut) -> None:
        self.close_connection = True
        if cut.after is not None:
            with self._upstream() as upstream:
                self._send(upstream, call, call.body[: cut.after])

    @contextmanager
    def _upstream(self) -> Iterator[http.client.HTTPConnection]:
        """A connection for one request; whoever drops the proxy's connections ends it too."""
        upstream = self.server.proxy.connect()
        try:
            upstream.connect()
            self.server.proxy.keep(connection := upstream.sock)
            try:
                yield upstream
            finally:
                self.server.proxy.forget(connection)
        finally:
            upstream.close()

    def _send(self, upstream: http.client.HTTPConnection, call: Call, body: bytes) -> None:
        """The head says how long the whole body is, also when only a part of it follows."""
        upstream.putrequest(call.method, call.path, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in _OURS:
                upstream.putheader(name, value)
        if call.body or call.method in ("POST", "PUT", "PATCH"):
            upstream.putheader("Content-Length", str(len(call.body)))
        upstream.endheaders(body or None)

    def _pass_on(self, call: Call, fault: Fault | None) -> None:
        with self._upstream() as upstream:
            self._send(upstream, call, call.body)
            with upstream.getresponse() as reply:
                if call.watch:
                    self._stream(reply)
                    return
                headers = tuple((name, value) for name, value in reply.getheaders() if name.lower() not in _OURS)
                answer = Answer(reply.status, reply.read(), headers)
        if fault is not None and fault.after(call, answer) is not None:
            self.close_connection = True
        else:
            self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _stream(self, reply: http.client.HTTPResponse) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in _OURS:
                self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := reply.read1(1 << 16):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")
