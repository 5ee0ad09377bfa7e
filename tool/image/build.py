"""The image, built by buildah on a base of Debian's packages."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
RELEASE = "bookworm"  # Debian's that the Dockerfile's base is made of; its Python is 3.11
BASE = f"localhost/stand-in-base:{RELEASE}"
NAME = "localhost/plugin-oci-ons-mon-webhook"
# Python with pip, as in the real base, because the Dockerfile removes it.
BASE_STEPS = """
container=$(buildah from scratch)
system=$(buildah mount "$container")
debootstrap --variant=minbase --include=ca-certificates,python3-pip,python3-venv "$1" "$system"
ln -s python3 "$system/usr/bin/python"
rm -rf "$system"/var/cache/apt/* "$system"/var/lib/apt/lists/*
buildah umount "$container"
buildah commit --rm "$container" "$2"
"""
CERTIFICATES = "/etc/ssl/certs"  # of this machine, to reach the package index
PIP_CONF = f"[global]\ncert = {CERTIFICATES}/ca-certificates.crt\n"


def base() -> None:
    """Build the base if it is not there yet."""
    if BASE not in _run("buildah", "images", "--format", "{{.Name}}:{{.Tag}}").split():
        _run("bash", "-euc", BASE_STEPS, "base", RELEASE, BASE)


def image() -> str:
    """Build the image, and return its name with its tag."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as pip_conf:
        pip_conf.write(PIP_CONF)
        pip_conf.flush()
        os.chmod(pip_conf.name, 0o644)
        volumes = [f"--volume={CERTIFICATES}:{CERTIFICATES}:ro", f"--volume={pip_conf.name}:/etc/pip.conf:ro"]
        environment = {"ENGINE": "buildah", "BASE": BASE, "IMAGE": NAME}
        printed = _run("bin/image", "--isolation=chroot", "--pull-never", "--no-cache", *volumes, **environment)
    return printed.splitlines()[-1]


def layers(name: str, directory: Path) -> list[Path]:
    """Write the image's layers into a directory, and return these archives, lowest first."""
    _run("buildah", "push", "--disable-compression", name, f"dir:{directory}")
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    return [directory / layer["digest"].removeprefix("sha256:") for layer in manifest["layers"]]


def config(name: str) -> dict[str, Any]:
    """Return the image's configuration in Docker's words: Labels, Healthcheck, Cmd, User."""
    found: dict[str, Any] = json.loads(_run("buildah", "inspect", "--type", "image", name))["Docker"]["config"]
    return found


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
