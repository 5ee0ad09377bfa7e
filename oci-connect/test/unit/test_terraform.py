"""deploy/terraform says what the files of alarms say, and its form asks for what it takes."""

import re

import yaml

from oci_connect.definition_fields import FIELDS
from plugin_process import ROOT

TERRAFORM = ROOT / "deploy/terraform"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in TERRAFORM.glob("*.tf")}


def declared():
    return set(re.findall(r'^variable "(\w+)"', TEXTS["variables.tf"], re.MULTILINE))


def test_each_field_of_an_alarm_reaches_terraform():
    assert {field for field in FIELDS if f".{field}" not in TEXTS["main.tf"]} == {"messageFormat"}  # always RAW


def test_what_is_used_is_declared_and_asked_for_by_the_form():
    assert set(re.findall(r"\bvar\.(\w+)", TEXTS["main.tf"])) == declared()
    form = yaml.safe_load((TERRAFORM / "schema.yaml").read_text(encoding="utf-8"))
    grouped = [name for group in form["variableGroups"] for name in group["variables"]]
    assert sorted(grouped) == sorted(declared()) and form["variables"].keys() <= declared()
    assert form["variables"]["webhook_url"]["type"] == "password"
