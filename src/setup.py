"""Package the plugin, so that `python -m plugin` works wherever it is installed.

README.md and LICENSE stand here as links to those of the repository, which a source distribution holds as files. Where only
this directory was copied, as into the image, the links lead nowhere and the package has no long description.
"""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"

setup(
    name="plugin-oci-ons-mon-webhook",
    version=(HERE / "VERSION").read_text(encoding="utf-8").strip(),
    description="SpaceONE monitoring webhook plugin for Oracle Cloud (OCI) alarms sent by ONS",
    long_description=README.read_text(encoding="utf-8") if README.exists() else "",
    long_description_content_type="text/markdown",
    url="https://github.com/cloudforet-io/plugin-oci-ons-mon-webhook",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["plugin", "plugin.*"]),
    package_data={"plugin.ons.kind": ["*.tsv"]},
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
        "httptools",
    ],
    zip_safe=False,
)
