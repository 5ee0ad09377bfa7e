"""A stand-in for Oracle's Notification Service: an HTTPS server on loopback, and the proxy by which the plugin reaches it.

The plugin looks for real host names on port 443. `HTTPS_PROXY` leads it to the proxy here, which writes down each host
that it is asked for and connects to the stand-in instead; TLS goes from end to end. So nothing of the plugin is replaced.
"""

from __future__ import annotations

import http.server
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
from cryptography.hazmat.primitives.asymmetric import ec

from client import Client
from plugin.connector.ons_connector import MAX_FETCHES_PER_OWNER
from standin.certificates import PrivateKey, certificate, pem, private_pem

HOST = "cell1.notification.us-phoenix-1.oci.oraclecloud.com"
HOSTS = [HOST, "notification.ap-seoul-1.oraclecloud.com", "objectstorage.me-jeddah-1.oraclecloud.com"]
TOKEN = "SECRETtokenMDAwMA=="
CONFIRMATION_URL = (
    f"https://{HOST}/20181201/subscriptions/ocid1.onssubscription.oc1.phx.aaaa/confirmation?token={TOKEN}&protocol=CUSTOM_HTTPS"
)

Behaviour = int | str  # an HTTP status, or one of: slow, reset, drip, endless, refused, wrong name


class Oracle(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Answer each request as `behaviour` says, with `content` as the body.

    `asked` are the hosts that the proxy was asked for, `opened` the paths that were requested.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _OracleHandler)
        authority = ec.generate_private_key(ec.SECP256R1())
        self.authority_file = folder / "authority.pem"
        self.authority_file.write_bytes(pem(certificate(authority, ca=True)))
        self.context = _tls_context(folder / "right.pem", authority, HOSTS)
        self.wrong_name_context = _tls_context(folder / "wrong.pem", authority, ["wrong.example.com"])
        self.reset()
        self.proxy = Proxy(self)
        proxy_url = f"http://127.0.0.1:{self.proxy.server_address[1]}"
        self.environment = {
            "HTTPS_PROXY": proxy_url,
            "https_proxy": proxy_url,
            "SSL_CERT_FILE": str(self.authority_file),
            "NO_PROXY": "",
            "no_proxy": "",
        }

    def reset(self) -> None:
        """Answer 200 without a body again, and forget the requests."""
        self.behaviour: Behaviour = 200
        self.content = b""
        self.on_open: Callable[[str], object] = lambda _path: None
        self.opened: list[str] = []
        self.asked: list[str] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS in the connection's own thread."""
        context = self.wrong_name_context if self.behaviour == "wrong name" else self.context
        request.settimeout(30)
        # An OSError is the plugin hanging up, as some tests expect of it.
        with suppress(OSError), context.wrap_socket(request, server_side=True) as secure:
            _OracleHandler(secure, client_address, self)
            secure.shutdown(socket.SHUT_WR)
            while secure.recv(4096):  # to close with something unread resets the connection, and the answer may be lost
                pass

    def shutdown_request(self, request: Any) -> None:
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing."""


class _OracleHandler(http.server.BaseHTTPRequestHandler):
    server: Oracle

    def do_GET(self) -> None:
        self.server.opened.append(self.path)
        self.server.on_open(self.path)
        behaviour = self.server.behaviour
        if behaviour == "slow":
            time.sleep(6)
        if behaviour == "reset":
            self._reset_connection()
        else:
            self._answer(behaviour)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _reset_connection(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert isinstance(self.connection, ssl.SSLSocket)
        self.connection.unwrap().close()

    def _answer(self, behaviour: Behaviour) -> None:
        self.send_response(behaviour if isinstance(behaviour, int) else 200)
        if behaviour == 301:
            self.send_header("Location", CONFIRMATION_URL + "&moved=true")
        if behaviour != "endless":
            self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        if behaviour == "drip":
            for byte in self.server.content:
                self.wfile.write(bytes([byte]))
                time.sleep(0.5)
        elif behaviour == "endless":
            while True:
                self.wfile.write(b"x" * 65536)
        else:
            self.wfile.write(self.server.content)


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy for CONNECT that leads every host to the stand-in."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(("127.0.0.1", 0), _ProxyHandler)
        self.oracle = oracle


class _ProxyHandler(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        oracle = self.server.oracle
        if not (request := self.rfile.readline().decode()):
            return  # the plugin's process was ended before it asked
        oracle.asked.append(request.split(" ")[1])
        while self.rfile.readline().strip():
            pass
        if oracle.behaviour == "refused":
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", oracle.server_port)) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(upstream, self.connection), daemon=True)
            back.start()
            _copy(self.connection, upstream)
            back.join(30)


@contextmanager
def oracle(folder: Path) -> Iterator[Oracle]:
    """Serve the stand-in and its proxy on free loopback ports; the folder takes the certificates."""
    stand_in = Oracle(folder)
    servers: list[socketserver.TCPServer] = [stand_in, stand_in.proxy]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield stand_in
    finally:
        for server in reversed(servers):
            server.shutdown()
            server.server_close()


@contextmanager
def hanging(ons: Oracle, target: str, callers: int = 32) -> Iterator[list[grpc.RpcError]]:
    """Let Oracle answer nothing while callers ask the plugin for confirmations over and over.

    Yields the refusals that the callers get, once as many confirmations hang as the plugin has under way at most.
    """
    refusals: list[grpc.RpcError] = []
    ended = threading.Event()

    def confirm_repeatedly() -> None:
        while not ended.is_set():
            try:
                client.parse({"ConfirmationURL": CONFIRMATION_URL})
            except grpc.RpcError as e:
                refusals.append(e)
                ended.wait(0.5)

    ons.behaviour = "slow"
    ons.opened.clear()
    with Client(target) as client, ThreadPoolExecutor(callers) as pool:
        loops = [pool.submit(confirm_repeatedly) for _ in range(callers)]
        try:
            deadline = time.monotonic() + 30
            while len(ons.opened) < MAX_FETCHES_PER_OWNER:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{len(ons.opened)} confirmations hang, {MAX_FETCHES_PER_OWNER} expected")
                time.sleep(0.02)
            yield refusals
        finally:
            ended.set()
            ons.behaviour = 200
    for loop in loops:
        loop.result()


def _tls_context(file: Path, authority: PrivateKey, hosts: list[str]) -> ssl.SSLContext:
    """Return a server's TLS context for the hosts; the file takes its key and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(private_pem(key) + pem(certificate(key, issuer_key=authority, hosts=hosts)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes until either side ends, then end both."""
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
