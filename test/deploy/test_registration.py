"""deploy/spacectl, run by the real spacectl against SpaceONE's real repository service."""

import re

import pytest
import yaml

from spaceone_repository import repository
from standin.plugin_process import ROOT

SPACECTL = ROOT / "deploy/spacectl"


def fields(text):
    """Return what YAML says; spacectl prints pages without their last line's end."""
    found = yaml.safe_load(text)
    return found | {"docs": {language: page.rstrip() for language, page in found["docs"].items()}} if "docs" in found else found


REGISTRATION = fields((SPACECTL / "register_plugin.yaml").read_text(encoding="utf-8"))
UPDATE = fields((SPACECTL / "update_plugin.yaml").read_text(encoding="utf-8"))
IMAGE = "somebody/plugin-oci-ons-mon-webhook"
REGISTER = ["exec", "register", "repository.Plugin", "-f", "deploy/spacectl/register_plugin.yaml"]
VERSION = (ROOT / "src/VERSION").read_text(encoding="utf-8").strip()


def answer(run):
    assert run.returncode == 0, run.stdout + run.stderr
    return fields(run.stdout)


@pytest.mark.slow
def test_the_repository_registers_updates_and_lists_the_plugin(tmp_path):
    with repository(tmp_path, "0.0.9", VERSION) as service:
        registered = answer(service.spacectl(*REGISTER, "-p", f"image={IMAGE}", "-p", "name=Old name"))
        assert registered["image"] == IMAGE
        assert registered["state"] == "ENABLED"
        updated = answer(service.spacectl("exec", "update", "repository.Plugin", "-f", "deploy/spacectl/update_plugin.yaml"))
        assert {key: updated[key] for key in UPDATE} == UPDATE
        assert {key: updated[key] for key in REGISTRATION} == REGISTRATION | {"image": IMAGE}
        versions = answer(
            service.spacectl("exec", "get_versions", "repository.Plugin", "-p", f"plugin_id={UPDATE['plugin_id']}")
        )
        assert VERSION in versions["results"]


@pytest.mark.slow
def test_the_repository_refuses_an_image_that_was_not_pushed(tmp_path):
    with repository(tmp_path) as service:
        run = service.spacectl(*REGISTER, "-p", f"image={IMAGE}")
    assert run.returncode != 0
    assert IMAGE in run.stdout + run.stderr


def test_the_update_says_what_the_registration_says():
    assert UPDATE.keys() == {"plugin_id", "name", "capability", "labels", "tags", "docs"}
    assert {key: REGISTRATION[key] for key in UPDATE} == UPDATE


def test_the_registration_is_this_plugins():
    assert REGISTRATION["resource_type"] == "monitoring.Webhook"
    assert len(REGISTRATION["image"].partition("/")[2]) <= 40
    assert {"icon", "description", "long_description", "url"} == REGISTRATION["tags"].keys()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_documentation_is_markdown_with_links_that_lead_somewhere(language):
    page, url = REGISTRATION["docs"][language], REGISTRATION["tags"]["url"]
    assert re.match(r"## .+\n\n1\. ", page)
    links = re.findall(r"\]\((\S+?)\)", page)
    assert len(links) == 3
    for link in links:
        path, _, anchor = link.removeprefix(f"{url}/blob/main/").partition("#")
        target = ROOT / path
        assert target.is_file(), link
        assert not anchor or f"\n## {anchor.title()}\n" in target.read_text(encoding="utf-8")


def test_all_places_name_one_address_of_the_repository():
    url = REGISTRATION["tags"]["url"]
    for name in ("src/setup.py", "Dockerfile", "src/plugin/error.py"):
        assert set(re.findall(r"https://github\.com/[\w.-]+/plugin-[\w-]+", (ROOT / name).read_text(encoding="utf-8"))) == {url}
