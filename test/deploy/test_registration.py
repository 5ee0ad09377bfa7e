"""deploy/spacectl and deploy/marketplace: the real spacectl against SpaceONE's real repository service."""

import base64
import re

import pytest
import yaml

from pages import DOCS, OPERATOR_GUIDES, blocks, both, name, typed
from plugin_process import ROOT
from spaceone_repository import repository, spacectl

SPACECTL = ROOT / "deploy/spacectl"
ENTRY = ROOT / "deploy/marketplace/plugin-oci-ons-mon-webhook.yaml"
MARKETPLACE = ("-p", "repository_id=repo-managed")


def fields(text):
    """Return what YAML says; spacectl prints pages without their last line's end."""
    found = yaml.safe_load(text)
    return found | {"docs": {language: page.rstrip() for language, page in found["docs"].items()}} if "docs" in found else found


REGISTRATION = fields((SPACECTL / "register_plugin.yaml").read_text(encoding="utf-8"))
UPDATE = fields((SPACECTL / "update_plugin.yaml").read_text(encoding="utf-8"))
IMAGE = "somebody/plugin-oci-ons-mon-webhook"
COMMANDS = [
    command for page in (DOCS / "release.md", *OPERATOR_GUIDES) for command in typed(page) if "repository.Plugin" in command
]
VERSION = (ROOT / "src/VERSION").read_text(encoding="utf-8").strip()


def answer(run):
    assert run.returncode == 0, run.stdout + run.stderr
    return fields(run.stdout)


def command(verb):
    """Return the arguments of the one command with this verb that the pages show, for our account."""
    (shown,) = {each for each in COMMANDS if f" {verb} " in each}
    return shown.replace("ACCOUNT/", "somebody/").split()[1:]


@pytest.mark.slow
def test_the_repository_takes_what_the_pages_tell_it(tmp_path, database):
    with repository(tmp_path, "0.0.9", VERSION, database=database) as service:
        registered = answer(service.spacectl(*command("register"), "-p", "name=Old name"))
        assert registered["image"] == IMAGE
        assert registered["state"] == "ENABLED"
        assert VERSION in answer(service.spacectl(*command("get_versions")))["results"]
        updated = answer(service.spacectl(*command("update")))
        assert {key: updated[key] for key in UPDATE} == UPDATE
        assert {key: updated[key] for key in REGISTRATION} == REGISTRATION | {"image": IMAGE}
        service.spacectl(*command("deregister"))
        assert "does not exist" in service.spacectl(*command("get_versions")).stderr
    assert {each.split()[2] for each in COMMANDS} == {"register", "get_versions", "update", "deregister"}


@pytest.mark.slow
def test_the_repository_refuses_an_image_that_was_not_pushed(tmp_path, database):
    with repository(tmp_path, database=database) as service:
        run = service.spacectl(*command("register"))
    assert "Image does not found" in run.stderr
    assert IMAGE in run.stderr


@pytest.mark.slow
def test_the_marketplace_lists_our_entry_beside_the_others_and_finds_its_versions(tmp_path, database):
    entry = fields(ENTRY.read_text(encoding="utf-8"))
    with repository(tmp_path, VERSION, database=database, entry=ENTRY) as service:
        webhooks = service.spacectl("list", "repository.Plugin", *MARKETPLACE, "-p", "resource_type=monitoring.Webhook").stdout
        one = (*MARKETPLACE, "-p", f"plugin_id={entry['plugin_id']}")
        columns = service.spacectl("list", "repository.Plugin", *one, "-c", "plugin_id,name").stdout
        shown = answer(service.spacectl("exec", "get", "repository.Plugin", *one))
        assert VERSION in answer(service.spacectl("exec", "get_versions", "repository.Plugin", *one))["results"]
    assert {key: shown[key] for key in entry} == entry | {"image": f"cloudforet/{entry['image']}"}
    assert all(plugin in webhooks for plugin in ("plugin-grafana-mon-webhook", entry["plugin_id"]))
    assert entry["name"] in columns


def test_the_entry_of_the_marketplace_says_what_the_registration_says():
    entry = fields(ENTRY.read_text(encoding="utf-8"))
    assert ENTRY.stem == entry["plugin_id"] == entry["image"]
    assert entry.keys() == REGISTRATION.keys() - {"registry_type"}
    assert entry | {"image": REGISTRATION["image"]} == {key: REGISTRATION[key] for key in entry}


@pytest.mark.parametrize("page", both("spacectl"), ids=name)
def test_spacectl_reads_the_file_of_its_page(tmp_path, page):
    (tmp_path / "spacectl_config.yaml").write_text(blocks(page, "yaml")[0], encoding="utf-8")
    (shown,) = (each.split()[1:-1] for each in typed(page) if " config init " in each)
    run = spacectl(tmp_path, *shown, str(tmp_path / "spacectl_config.yaml"), module="config")
    assert run.returncode == 0, run.stderr
    assert yaml.safe_load(spacectl(tmp_path, "config", "show", module="config").stdout) == yaml.safe_load(
        blocks(page, "yaml")[0]
    )


def test_the_update_says_what_the_registration_says():
    assert UPDATE.keys() == {"plugin_id", "name", "capability", "labels", "tags", "docs"}
    assert {key: REGISTRATION[key] for key in UPDATE} == UPDATE


def test_the_registration_is_this_plugins():
    assert REGISTRATION["resource_type"] == "monitoring.Webhook"
    assert len(REGISTRATION["image"].partition("/")[2]) <= 40
    assert {"icon", "description", "long_description", "url"} == REGISTRATION["tags"].keys()
    icon = base64.b64decode(REGISTRATION["tags"]["icon"].removeprefix("data:image/svg+xml;base64,"))
    assert icon.strip() == (SPACECTL / "icon.svg").read_bytes().strip()


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
    for file in ("src/setup.py", "Dockerfile", "src/plugin/error.py"):
        assert set(re.findall(r"https://github\.com/[\w.-]+/plugin-[\w-]+", (ROOT / file).read_text(encoding="utf-8"))) == {url}
