"""bin/oci-connect run as a process, with the real SDK, against the stand-in for OCI."""

import json
import os
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

from plugin_process import ENVIRONMENTS, ROOT
from shared import database, databases, served  # noqa: F401 - fixtures
from standin.certificates import rsa_key
from standin.oci import COMPARTMENT, MODELS, StandinOci

SECRET = "SECRETaccessKey"
URL = f"https://spaceone.example.com/monitoring/v1/webhook/webhook-1/{SECRET}/events"
PYTHON = ENVIRONMENTS / "oci/bin/python"
ALARM_FILE = ROOT / "oci-connect/src/oci_connect/alarms/default.yaml"


@pytest.fixture(scope="session")
def models():
    """Fields and required fields of the SDK's own models."""
    code = f"""
import json, oci
every = {{**vars(oci.ons.models), **vars(oci.monitoring.models), **vars(oci.events.models)}}
def facts(model):
    names = model().attribute_map
    required = [wire for name, wire in names.items() if "**[Required]**" in (getattr(model, name).__doc__ or "")]
    return {{"fields": list(names.values()), "required": required}}
print(json.dumps({{name: facts(every[name]) for name in {sorted(set(MODELS.values()))!r}}}))
"""
    run = subprocess.run([PYTHON, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(run.stdout)


@pytest.fixture(scope="session")
def identity(tmp_path_factory):
    """A profile with its own key, and the public key."""
    folder, key = tmp_path_factory.mktemp("oci"), rsa_key()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    lines = ["[DEFAULT]", "user=ocid1.user.oc1..aaaa", "tenancy=ocid1.tenancy.oc1..aaaa", "region=us-phoenix-1"]
    lines += [f"key_file={folder / 'key.pem'}", "fingerprint=" + ":".join(["00"] * 16)]
    (folder / "config").write_text("\n".join(lines))
    (folder / "config").chmod(0o600)
    (folder / "key.pem").chmod(0o600)
    return folder / "config", key.public_key()


@pytest.fixture
def oci(identity, models):
    server = StandinOci(identity[1], models)
    server.confirms_itself = True
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def forks():
    """A process that runs command lines, with Oracle's SDK loaded."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "oci-connect/src")}
    command = [PYTHON, "-W", "ignore", ROOT / "oci-connect/test/service/forks.py"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


class Command:
    """Call it with the words of a command line; the webhook URL is in the environment."""

    def __init__(self, oci, config, forks, folder):
        self.oci, self.config, self.forks, self.folder = oci, config, forks, folder

    def words(self, command, *more, compartment=COMPARTMENT, endpoint=None, config=""):
        words = [*command.split(), "--endpoint", endpoint or self.oci.url, "--rate", "0"]
        words += [] if config is None else ["--config", str(self.config)]
        return [*words, *(["--compartment", compartment] if compartment else []), *more]

    def environment(self, url=URL, **more):
        kept = {k: v for k, v in os.environ.items() if k != "SPACEONE_WEBHOOK_URL" and not k.startswith("OCI_")}
        known = {"PYTHONPATH": str(ROOT / "oci-connect/src"), "NO_PROXY": "127.0.0.1"}
        return {**kept, **known, **({"SPACEONE_WEBHOOK_URL": url} if url else {}), **more}

    def start(self, command, *more, url=URL, compartment=COMPARTMENT, endpoint=None, stdin=subprocess.PIPE, **environment):
        return subprocess.Popen(
            [
                PYTHON,
                "-W",
                "ignore",
                "-m",
                "oci_connect",
                *self.words(command, *more, compartment=compartment, endpoint=endpoint),
            ],
            env=self.environment(url, **environment),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # without the terminal of whoever runs the tests
        )

    def finish(self, process, answer=None):
        """Return the ended process."""
        stdout, stderr = process.communicate(answer, timeout=180)
        return self.checked(subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr))

    @staticmethod
    def checked(run):
        """Nothing secret and no stack trace may have been printed."""
        printed = run.stdout + run.stderr
        assert "Traceback" not in printed
        assert SECRET not in printed
        assert "PRIVATE KEY" not in printed
        return run

    def __call__(self, command, *more, answer="", url=URL, compartment=COMPARTMENT, endpoint=None, config="", **environment):
        """Run it in a fork."""
        (self.folder / "stdin").write_text(answer)
        for name in ("stdout", "stderr"):
            (self.folder / name).write_text("")
        words = self.words(command, *more, compartment=compartment, endpoint=endpoint, config=config)
        request = {"words": words, "environment": self.environment(url, **environment), "folder": str(self.folder)}
        print(json.dumps(request), file=self.forks.stdin, flush=True)
        status = int(self.forks.stdout.readline())
        stdout, stderr = ((self.folder / name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        return self.checked(subprocess.CompletedProcess(words, status, stdout, stderr))

    def result(self, command, *more, status=0, **keywords):
        """Run it with --json; return the one JSON object."""
        run = self(command, "--json", *more, **keywords)
        assert run.returncode == status, run.stdout + run.stderr
        return json.loads(run.stdout)

    def steps(self, command, *more, **keywords):
        """Run it with --json; return action and kind of each step."""
        return [(step["action"], step["what"]) for step in self.result(command, *more, **keywords)["steps"]]


@pytest.fixture
def connect(oci, identity, forks, tmp_path_factory):
    return Command(oci, identity[0], forks, tmp_path_factory.mktemp("run"))
