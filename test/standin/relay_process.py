"""The relay in a process of its own, ONS on one side of it and SpaceONE on the other."""

import asyncio
import base64
import itertools
import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route

from plugin_process import ROOT, free_port

HEADERS = {"X-OCI-NS-MessageType": "Notification", "X-OCI-NS-TopicOcid": "ocid1.onstopic.oc1.iad.x", "X-Other": "not handed on"}
SECRET = "SECRETaccessKey"


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class SpaceOne:
    """A stand-in for SpaceONE's REST API on real uvicorn: it can be slow, fail, cut connections, stop and start again."""

    def __init__(self):
        self.port, self.behaviour, self.taken, self.tries = free_port(), [], [], 0
        self.start()

    async def events(self, request):
        self.tries += 1
        body = await request.body()
        behaviour = self.behaviour.pop(0) if self.behaviour else 200
        if behaviour == "endless":
            return StreamingResponse(itertools.repeat(b"x" * 65536))
        if behaviour == "redirect":
            return RedirectResponse(self.url)
        if behaviour == "slow":
            await asyncio.sleep(5)
        if behaviour == 200:
            self.taken.append(json.loads(body))
            return PlainTextResponse("")
        return PlainTextResponse("", behaviour if isinstance(behaviour, int) else 200)

    def start(self):
        app = Starlette(routes=[Route(f"/{SECRET}/events", self.events, methods=["POST"])])
        self.server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="critical"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def stop(self):
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/{SECRET}/events"


@contextmanager
def relay(url, log, *, files=None, python=(sys.executable,), **settings):
    """Serve on free ports; `files` is how many file descriptors the process may have."""
    ports = {"RELAY_PORT": str(free_port()), "RELAY_STATUS_PORT": str(free_port())}
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "SPACEONE_WEBHOOK_URL": url, **ports, **settings}
    environment["PYTHONPATH"] = str(ROOT / "src")
    with log.open("wb") as output:
        process = subprocess.Popen([*python, "-m", "plugin.relay"], env=environment, stdout=output, stderr=output)
    try:
        endpoint = Door(*map(int, ports.values()), process, log)
        endpoint.wait()
        if files:
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (files, files))
        yield endpoint
    finally:
        process.kill()
        process.wait()


class Door:
    def __init__(self, port, status_port, process, log):
        self.port, self.status_port, self.process, self.log = port, status_port, process, log

    def wait(self):
        for _ in range(400):
            try:
                with socket.create_connection(("127.0.0.1", self.port)):
                    return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.05)
        raise AssertionError("the relay did not start")

    def get(self, path, port=None):
        """Ask the public port, or another."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=10) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def counted(self, answer):
        metrics = self.get("/metrics", self.status_port)[1]
        return next(
            float(line.split()[1])
            for line in metrics.splitlines()
            if line.startswith(f'ons_relay_answers_total{{answer="{answer}"}}')
        )

    def connect(self, begun=b"", address="127.0.0.1"):
        """Connect from an address of this machine, and begin with a request."""
        connection = socket.create_connection(("127.0.0.1", self.port), 10, (address, 0))
        try:
            connection.sendall(begun)
        except OSError:
            connection.close()
            raise
        return connection

    def post(self, body, content_type="application/json", timeout=10, **headers):
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        own = {"Content-Type": content_type, **HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/webhook/oci", data, own, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return reply.status, json.loads(reply.read()), reply.headers
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"{}"), e.headers
