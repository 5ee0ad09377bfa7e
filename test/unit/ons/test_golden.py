"""Every fixture is a case: the message, and beside it what becomes of it."""

import json

import pytest

from corpus.cases import CASES, FIXTURES, answer, case_name, events, golden, load, load_case
from corpus.storable import check
from plugin.error import ERROR_ONS
from plugin.ons.kind import KINDS
from plugin.ons.kind.vocabulary import SEVERITIES
from plugin.ons.message import Batch, Message
from plugin.ons.recognise import recognise

SECRET = "secret-value"
FOLDERS = {"refused", "confirmation", "batch", *(kind.name for kind in KINDS)}


def kind_of(path):
    """Return the folder that a case belongs into: its kind, or refused."""
    case = load_case(path)
    try:
        message = recognise(case.data)
    except ERROR_ONS:
        return "refused"
    if isinstance(message, Batch):
        return "batch"
    return message.kind.name if isinstance(message, Message) else "confirmation"


def difference(expected, actual, path=""):
    """Yield a line for each field in which two answers differ."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted({*expected, *actual}):
            yield from difference(expected.get(key), actual.get(key), f"{path}.{key}" if path else key)
    elif expected != actual:
        yield f"{path}: {expected!r} -> {actual!r}"


@pytest.mark.parametrize("path", CASES, ids=case_name)
def test_a_message_becomes_what_its_golden_says(path, request):
    answered, file = answer(load_case(path)), golden(path)
    before = load(file) if file.exists() else None
    if request.config.getoption("--golden") and answered != before:
        assert "error" not in answered or path.parent.name == "refused", f"{case_name(path)} is refused: {answered}"
        assert path.parent.name in ("refused", kind_of(path)), f"{case_name(path)} is of the kind {kind_of(path)}"
        file.write_text(json.dumps(answered, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        changed = list(difference(before, answered)) if before else ["new"]
        request.config.golden_changes[case_name(path)] = changed
        return
    assert before is not None, f"{case_name(path)} has no golden: write it by bin/test --fast --golden, then read it"
    assert answered == before, "\n".join(["the answer has changed:", *difference(before, answered)])


@pytest.mark.parametrize("path", CASES, ids=case_name)
def test_a_case_lies_in_the_folder_of_its_kind(path):
    folder = path.parent.name
    assert folder in FOLDERS, f"there is no kind {folder}: give it a row in KINDS, or move {case_name(path)}"
    if folder != "refused":
        assert kind_of(path) == folder


def test_every_kind_has_a_case():
    assert {folder.name for folder in FIXTURES.iterdir() if any(folder.glob("*.json"))} >= FOLDERS


@pytest.mark.parametrize("path", CASES, ids=case_name)
def test_an_event_can_be_stored_and_a_refusal_quotes_nobody(path):
    answered = answer(load_case(path))
    for event in events(answered):
        check(event)
    if "error" in answered:
        assert SECRET not in answered["error"]["message"]
        assert len(answered["error"]["message"]) < 1500


@pytest.mark.parametrize("path", [p for p in CASES if p.parent.name == "refused"], ids=case_name)
def test_what_lies_among_the_refused_is_refused(path):
    assert "error" in answer(load_case(path))


def test_oracles_severities_are_all_known():
    assert {word: SEVERITIES[word].value for word in ("CRITICAL", "ERROR", "WARNING", "INFO")} == {
        word: word for word in ("CRITICAL", "ERROR", "WARNING", "INFO")
    }
