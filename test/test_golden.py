"""Every fixture is a case: the message, and beside it what becomes of it."""

import json

import pytest

from corpus.cases import CASES, answer_case, case_name, golden, load, load_case
from corpus.storable import check
from plugin.ons.message import KINDS, Kind
from plugin.ons.state import SEVERITIES
from plugin.ons.transform import TRANSFORMERS

SECRET = "secret-value"


@pytest.mark.parametrize("path", CASES, ids=case_name)
def test_a_message_becomes_what_its_golden_says(path, request):
    answered = answer_case(load_case(path))
    if request.config.getoption("--golden") and not golden(path).exists():
        golden(path).write_text(json.dumps(answered, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert answered == load(golden(path))


@pytest.mark.parametrize("path", CASES, ids=case_name)
def test_an_event_can_be_stored_and_a_refusal_quotes_nobody(path):
    answered = answer_case(load_case(path))
    if "event" in answered:
        check(answered["event"])
    if "error" in answered:
        assert SECRET not in answered["error"]["message"]
        assert len(answered["error"]["message"]) < 1500


@pytest.mark.parametrize("path", [p for p in CASES if p.parent.name == "refused"], ids=case_name)
def test_what_lies_among_the_refused_is_refused(path):
    assert "error" in load(golden(path))


def test_every_kind_that_can_be_an_event_has_a_transformer_and_a_way_to_be_recognised():
    assert set(TRANSFORMERS) == set(Kind) - {Kind.CONFIRMATION} == {kind for kind, _ in KINDS}


def test_oracles_severities_are_all_known():
    assert set(SEVERITIES) == {"CRITICAL", "ERROR", "WARNING", "INFO"}
