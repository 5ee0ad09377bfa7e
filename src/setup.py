"""Package the plugin, so that `spaceone run plugin-server plugin` works wherever it is installed."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent

setup(
    name="plugin-oci-ons-mon-webhook",
    version=(HERE / "VERSION").read_text(encoding="utf-8").strip(),
    description="SpaceONE monitoring webhook plugin for Oracle Cloud (OCI) alarms sent by ONS",
    url="https://cloudforet.io/",
    license="Apache License 2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["plugin", "plugin.*"]),
    install_requires=[
        "spaceone-core",
        "spaceone-api",
        "grpcio",
        "cryptography",
        "python-dateutil",
        "redis",
        "cachetools",
        "jsonschema",
        "prometheus-client",
        "grpcio-health-checking",
        "grpcio-reflection",
        "starlette",
        "uvicorn",
        "httpx",
        "bcrypt",
    ],
    zip_safe=False,
)
