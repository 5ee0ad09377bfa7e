"""The relay in a process of its own, and ONS's side of its door."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from standin.plugin_process import ROOT, free_port

HEADERS = {"X-OCI-NS-MessageType": "Notification", "X-OCI-NS-TopicOcid": "ocid1.onstopic.oc1.iad.x", "X-Other": "not handed on"}


@contextmanager
def relay(url, log, **settings):
    port = free_port()
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "SPACEONE_WEBHOOK_URL": url, "RELAY_PORT": str(port), **settings}
    environment["PYTHONPATH"] = str(ROOT / "src")
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "plugin.relay"], env=environment, stdout=output, stderr=output)
    try:
        door = Door(port, process, log)
        door.wait()
        yield door
    finally:
        process.kill()
        process.wait()


class Door:
    def __init__(self, port, process, log):
        self.port, self.process, self.log = port, process, log

    def wait(self):
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", self.port)):
                    return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.05)
        raise AssertionError("the relay did not start")

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as reply:
            return reply.status, reply.read().decode()

    def post(self, body, content_type="application/json", timeout=10, **headers):
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        own = {"Content-Type": content_type, **HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/webhook/oci", data, own, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return reply.status, json.loads(reply.read()), reply.headers
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"{}"), e.headers
