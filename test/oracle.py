"""Oracle's side on loopback: an HTTPS server with an authority of its own, and the proxy by which the plugin comes to it.

The plugin looks for real host names on port 443. `HTTPS_PROXY` leads it to the proxy here, which writes down each host
that it is asked for and connects to our server instead; TLS goes from end to end. So nothing of the plugin is replaced.
"""

from __future__ import annotations

import datetime as dt
import http.server
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from client import Client
from plugin.connector.ons_connector import MOST_CALLS

HOST = "cell1.notification.us-phoenix-1.oci.oraclecloud.com"
HOSTS = [HOST, "notification.ap-seoul-1.oraclecloud.com", "objectstorage.me-jeddah-1.oraclecloud.com"]
TOKEN = "SECRETtokenMDAwMA=="
CONFIRMATION_URL = (
    f"https://{HOST}/20181201/subscriptions/ocid1.onssubscription.oc1.phx.aaaa/confirmation?token={TOKEN}&protocol=CUSTOM_HTTPS"
)
CERTIFICATE_URL = "https://notification.ap-seoul-1.oraclecloud.com/certificates/signing.pem"
NOW = dt.datetime.now(dt.timezone.utc)
DAY = dt.timedelta(days=1)


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def certificate(key, *, issuer_key=None, hosts=(), start=NOW - DAY, end=NOW + DAY, ca=False) -> x509.Certificate:
    """Make a certificate for a key, signed by itself or by the issuer."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority" if ca or issuer_key else "test signer")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name if ca or not issuer_key else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test host")]))
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        # Python 3.13 asks for what RFC 5280 does: both key identifiers, and of an authority its usage.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer_key or key).public_key()), critical=False)
    )
    if ca:
        usage = x509.KeyUsage(
            False, False, False, False, False, True, True, False, False
        )  # sixth and seventh: sign certificates, lists
        builder = builder.add_extension(usage, critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256())


def pem(cert: x509.Certificate) -> bytes:
    return cert.public_bytes(serialization.Encoding.PEM)


class Oracle(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Answers as `behaviour` says, `content` being the body; `opened` are the paths that were asked for."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        authority = ec.generate_private_key(ec.SECP256R1())
        self.authority_file = folder / "authority.pem"
        self.authority_file.write_bytes(pem(certificate(authority, ca=True)))
        self.right = self._context(folder, "right", authority, HOSTS)
        self.wrong = self._context(folder, "wrong", authority, ["wrong.example.com"])
        self.reset()
        self.proxy = Proxy(self)
        self.environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.proxy.server_address[1]}",
            "https_proxy": f"http://127.0.0.1:{self.proxy.server_address[1]}",
            "REQUESTS_CA_BUNDLE": str(self.authority_file),
            "NO_PROXY": "",
            "no_proxy": "",
        }

    def reset(self) -> None:
        self.behaviour: object = 200
        self.content = b""
        self.on_open = lambda path: None
        self.opened: list[str] = []
        self.asked: list[str] = []

    @staticmethod
    def _context(folder: Path, name: str, authority, hosts: list[str]) -> ssl.SSLContext:
        key, file = ec.generate_private_key(ec.SECP256R1()), folder / f"{name}.pem"
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(private + pem(certificate(key, issuer_key=authority, hosts=hosts)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def finish_request(self, request: socket.socket, client_address: object) -> None:
        """Speak TLS in the connection's own thread."""
        context = self.wrong if self.behaviour == "wrong name" else self.right
        request.settimeout(30)
        try:
            with context.wrap_socket(request, server_side=True) as secure:
                self.RequestHandlerClass(secure, client_address, self)
        except OSError:  # the plugin hung up, as it should in some tests
            pass

    def shutdown_request(self, request: socket.socket) -> None:
        request.close()

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Oracle

    def do_GET(self) -> None:
        self.server.opened.append(self.path)
        self.server.on_open(self.path)
        behaviour = self.server.behaviour
        if behaviour == "slow":
            time.sleep(6)
        if behaviour == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.unwrap().close()
            return
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

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy for CONNECT that leads all hosts to one server."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.oracle = oracle


class _Tunnel(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        oracle = self.server.oracle
        oracle.asked.append(self.rfile.readline().decode().split(" ")[1])
        while self.rfile.readline().strip():
            pass
        if oracle.behaviour == "refused":
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        with socket.create_connection(oracle.server_address) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(there, self.connection), daemon=True)
            back.start()
            _copy(self.connection, there)
            back.join(30)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def hanging(ons: Oracle, target: str, callers: int = 32) -> Iterator[list[grpc.RpcError]]:
    """Let Oracle answer nothing, and callers ask the plugin for confirmations over and over; yield what it tells them.

    It is yielded when as many confirmations hang as the plugin lets.
    """
    told: list[grpc.RpcError] = []
    ended = threading.Event()

    def confirm() -> None:
        while not ended.is_set():
            try:
                client.parse({"ConfirmationURL": CONFIRMATION_URL})
            except grpc.RpcError as e:
                told.append(e)
                ended.wait(0.5)

    ons.behaviour = "slow"
    ons.opened.clear()
    with Client(target) as client, ThreadPoolExecutor(callers) as pool:
        asked = [pool.submit(confirm) for _ in range(callers)]
        try:
            end = time.monotonic() + 30
            while len(ons.opened) < MOST_CALLS:
                assert time.monotonic() < end, f"{len(ons.opened)} confirmations hang, {MOST_CALLS} expected"
                time.sleep(0.02)
            yield told
        finally:
            ended.set()
            ons.behaviour = 200
    for each in asked:
        each.result()


@contextmanager
def oracle(folder: Path) -> Iterator[Oracle]:
    """Serve Oracle's side and the proxy on free loopback ports."""
    server = Oracle(folder)
    for each in (server, server.proxy):
        threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        for each in (server.proxy, server):
            each.shutdown()
            each.server_close()
