"""bin/preview says of SpaceONE what its monitoring service does: with conditions of event rules, and with what comes next."""

import asyncio
import itertools
import json
import subprocess
from datetime import UTC, datetime

import pytest

from corpus.cases import FIXTURES, golden, load, load_case
from monitoring import PYTHON
from preview.sequel import sequels
from preview.spaceone import ERROR_TITLE, OPERATORS, RULE_KEYS, WINDOW, Condition, Effect, is_urgent

ASK = """
import copy, json, sys, types
from spaceone.monitoring.manager.event_rule_manager import EventRuleManager
from spaceone.monitoring.service import event_rule_service as rules
from spaceone.monitoring.service.event_service import EventService
asked = json.load(sys.stdin)
check = EventRuleManager._check_condition
def supported(each):
    try:
        rules.EventRuleService._check_conditions([each])
    except Exception:
        return False
    return True
json.dump({
    "keys": rules._SUPPORTED_CONDITION_KEYS,
    "operators": rules._SUPPORTED_CONDITION_OPERATORS,
    "holds": [check(asked["event"], types.SimpleNamespace(**each)) for each in asked["conditions"]],
    "supported": [supported(each) for each in asked["conditions"]],
    "urgency": [EventService._get_urgency_from_severity(each) for each in asked["severities"]],
    "error": EventService._create_error_event("a webhook", "why")["results"][0]["title"],
}, sys.stdout)
"""
EVENT = load(golden(FIXTURES / "alarm/firing_compute.json"))["event"]
VALUES = ("CRITICAL", "critical", "cpu", "web-server-01", "oci_computeagent", "absent", "", "a")
SEVERITIES = ("CRITICAL", "ERROR", "WARNING", "INFO")
SEQUENCES = [
    ("alarm/firing_compute", {}),
    ("alarm/separate_warning_korean", {}),
    ("alarm/separate_warning_korean", {"escalation": "join"}),
    ("cloud_guard/detected", {}),
    ("oci_event/pair_database_down_begins", {}),
    ("notice/json_with_dedupe_key", {}),
    ("log_record/custom", {}),
]


def as_the_service_has_it(event):
    """Return an event as `_create_event` passes it to the rules; what is empty does not come out of protobuf."""
    return {"account": "", **{name: value for name, value in event.items() if value and name != "resource"}}


def test_a_condition_holds_where_the_service_says_so():
    keys = [*RULE_KEYS, "additional_info.namespace", "additional_info.absent", "additional_info", "resource_id", "resources"]
    conditions = [
        Condition(*each)
        for each in itertools.product(keys, [*OPERATORS, "in"], VALUES)
        if each[0] not in ("additional_info", "resources") or each[1] in ("eq", "in")  # the service fails at what is no text
    ]
    asked = {
        "event": as_the_service_has_it(EVENT),
        "conditions": [{"key": each.key, "operator": each.operator, "value": each.value} for each in conditions],
        "severities": SEVERITIES,
    }
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", ASK], input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=True
    )
    told = json.loads(done.stdout)
    assert [each.matches(EVENT) for each in conditions] == told["holds"]
    assert [each.is_supported for each in conditions] == told["supported"]
    assert [*RULE_KEYS, "additional_info.<key>"] == told["keys"]
    assert [*OPERATORS] == told["operators"]
    assert [("LOW", "HIGH")[is_urgent(each)] for each in SEVERITIES] == told["urgency"]
    assert told["error"] == f"{ERROR_TITLE} - a webhook"


@pytest.mark.parametrize(("name", "options"), SEQUENCES, ids=lambda value: str(value))
def test_what_happens_next_happens_in_the_service(platform, name, options):
    case = load_case(FIXTURES / f"{name}.json")
    options = {**case.options, **options}
    platform.url = platform.webhook(options=options)
    told = asyncio.run(sequels(case.data, options, datetime.now(UTC)))
    assert told
    opened, resolved = 0, 0
    for each in told:
        assert platform.post(body=dict(each.data)) == 200
        opened += each.effects.count(Effect.OPENS)
        resolved += each.effects.count(Effect.CLOSES)
        states = [alert["state"] for alert in platform.alerts()]
        assert (len(states), states.count("RESOLVED")) == (opened, resolved), each.name
        platform.age(seconds=WINDOW - 1)
