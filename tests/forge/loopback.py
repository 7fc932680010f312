"""A server on loopback for the answers that a real forge cannot be made to give."""

import http.server
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Answer:
    """What to answer; `pause` seconds lie between the bytes of the body, `hang_up` answers nothing."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0
    hang_up: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    authorization: str
    body: bytes


@dataclass
class Loopback:
    """Its address, and every request that arrived."""

    url: str
    asked: list[Asked] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked]


class Handler(http.server.BaseHTTPRequestHandler):
    """Notes the request and answers as the server was told to."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        asked = Asked(self.command, self.path, self.headers.get("Authorization", ""), content)
        self.server.loopback.asked.append(asked)
        reply = self.server.answer(asked)
        self.close_connection = True
        if not reply.hang_up:
            with suppress(OSError):  # the client has had enough, which is what is tested
                self.tell(reply)

    def tell(self, reply: Answer) -> None:
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), "Connection": "close", **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in [bytes([byte]) for byte in reply.body] if reply.pause else [reply.body]:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(reply.pause)

    do_GET = do_POST = do_PATCH = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[Asked], Answer], certificate: Path | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.loopback = Loopback(f"http{'s' if certificate else ''}://127.0.0.1:{self.server_port}")
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news here."""


@contextmanager
def serving(answer: Callable[[Asked], Answer], certificate: Path | None = None) -> Iterator[Loopback]:
    """Serve until the end of the block; `certificate` is a PEM file with its key."""
    with Server(answer, certificate) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.loopback
        finally:
            server.shutdown()
            thread.join(10)


def always(answer: Answer) -> Callable[[Asked], Answer]:
    return lambda _: answer


def a_certificate(directory: Path) -> Path:
    """Self-signed, for 127.0.0.1; certificate and key in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate of this test")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    both = directory / "both.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both
