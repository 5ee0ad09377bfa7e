"""The relay behind a real nginx, with the file of deploy/nginx and the commands of docs/relay.md."""

import contextlib
import hashlib
import json
import re
import shlex
import socket
import ssl
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization

from corpus.cases import FIXTURES, load
from plugin_process import ROOT, free_port
from standin.certificates import certificate, pem, rsa_key
from standin.relay_process import HEADERS, SpaceOne, basic, relay

CONFIGURATION = ROOT / "deploy/nginx/oci-ons-relay.conf"
FIRING = load(FIXTURES / "alarm/firing_compute.json")
USERS = {"RELAY_USERS": "ons:sha256$" + hashlib.sha256(b"PASSWORD").hexdigest()}
HALF_A_BODY = b"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"


class Nginx:
    """nginx with our file, and a certificate of its own."""

    def __init__(self, folder, upstream):
        self.port, self.folder, key = free_port(), folder, rsa_key()
        (folder / "chain.pem").write_bytes(pem(certificate(key, hosts=["oci-relay.example.com"])))
        encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "key.pem").write_bytes(encoded)
        text = CONFIGURATION.read_text(encoding="utf-8")
        for found, own in (
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            ("/etc/nginx/oci-ons-relay.pem", str(folder / "chain.pem")),
            ("/etc/nginx/oci-ons-relay.key", str(folder / "key.pem")),
            ("127.0.0.1:8080", f"127.0.0.1:{upstream}"),
        ):
            assert text.count(found) == 1
            text = text.replace(found, own)
        paths = "".join(f"{name}_temp_path {folder / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "site.conf").write_text(text)
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder / 'pid'}; error_log {folder / 'error.log'};"
            f"events {{ worker_connections 1024; }} http {{ access_log off; {paths} include {folder / 'site.conf'}; }}"
        )

    def __enter__(self):
        self.process = subprocess.Popen(
            ["nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        )
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return self
            assert self.process.poll() is None
            time.sleep(0.05)
        raise AssertionError("nginx did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def connect(self, address="127.0.0.1"):
        """Open a connection of TLS from an address of this machine."""
        raw = socket.create_connection(("127.0.0.1", self.port), 10, (address, 0))
        context = ssl.create_default_context(cafile=self.folder / "chain.pem")
        return context.wrap_socket(raw, server_hostname="oci-relay.example.com")

    def post(self, body=FIRING, path="/webhook/oci", address="127.0.0.1", **headers):
        """Return the status and the headers of the answer to a delivery."""
        content = json.dumps(body).encode()
        own = {"Host": "x", "Content-Type": "application/json", "Content-Length": len(content), **HEADERS, **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in own.items())
        with self.connect(address) as connection:
            connection.sendall(f"POST {path} HTTP/1.0\r\n{head}\r\n".encode() + content)
            answer = connection.makefile("rb").read().decode()
        return int(answer.split()[1]), answer


@pytest.fixture(scope="module")
def spaceone():
    server = SpaceOne()
    yield server
    server.stop()


@pytest.fixture
def endpoint(spaceone, tmp_path):
    spaceone.taken = []
    with relay(spaceone.url, tmp_path / "log", **USERS, RELAY_PROXIES="127.0.0.1") as endpoint:
        yield endpoint


@pytest.fixture
def nginx(endpoint, tmp_path):
    with Nginx(tmp_path, endpoint.port) as nginx:
        yield nginx


def test_a_delivery_passes_with_its_headers_and_the_log_names_its_client(nginx, endpoint, spaceone):
    status, answer = nginx.post(address="127.0.0.9")
    assert status == 401 and "basic realm=" in answer.lower()
    assert nginx.post(FIRING | {"body": "x" * 64_000}, Authorization=basic("ons", "PASSWORD"))[0] == 200
    assert {name.lower() for name in HEADERS if name != "X-Other"} == spaceone.taken[0]["headers"].keys()
    assert "client=127.0.0.9" in endpoint.log.read_text()


@pytest.mark.parametrize("path", ["/health", "/metrics", "/", "/webhook/oci/x"])
def test_nothing_else_of_the_relay_can_be_reached(nginx, path):
    assert nginx.post(path=path)[0] == 404


def test_a_body_that_is_too_large_ends_at_nginx(nginx, endpoint):
    assert nginx.post("x" * 300_000, Authorization=basic("ons", "PASSWORD"))[0] == 413
    assert endpoint.counted("too_large") == 0


def test_unfinished_requests_end_at_nginx_and_hold_up_nothing(nginx, endpoint):
    with contextlib.ExitStack() as stack:
        for number in range(100):
            stack.enter_context(nginx.connect(f"127.0.1.{1 + number // 10}")).sendall(HALF_A_BODY)
        assert nginx.post(Authorization=basic("ons", "PASSWORD"))[0] == 200
    assert endpoint.counted("refused") == endpoint.counted("unavailable") == 0


def test_who_guesses_passwords_is_limited_and_another_is_not(nginx, endpoint):
    answers = [nginx.post(address="127.0.0.8", Authorization=basic("ons", f"wrong{n}"))[0] for n in range(180)]
    assert set(answers) == {401, 429} and answers.count(429) > 20
    assert nginx.post(Authorization=basic("ons", "PASSWORD"))[0] == 200


def test_the_commands_of_the_page_show_that_it_lives(nginx, spaceone):
    page = (ROOT / "docs/relay.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (curl .*)$", page, re.MULTILINE)
    said = []
    for command in commands:
        url = f"https://oci-relay.example.com:{nginx.port}"
        words = shlex.split(command.replace("https://oci-relay.example.com", url))
        more = ["--cacert", nginx.folder / "chain.pem", "--resolve", f"oci-relay.example.com:{nginx.port}:127.0.0.1", "-sS"]
        said.append(subprocess.run([*words, *more, "--noproxy", "*"], capture_output=True, text=True, timeout=30).stdout)
    assert len(commands) == 2
    assert "401" in said[0].split("\n")[0] and "basic realm=" in said[0].lower()
    assert json.loads(said[1]) == {"status": "processed"}
    assert [json.loads(taken["text"])["title"] for taken in spaceone.taken] == ["The relay lives"]
