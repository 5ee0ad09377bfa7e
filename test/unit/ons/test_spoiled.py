"""A message that is not as it should be is understood, ignored or refused, and nothing else."""

import json

from hypothesis import given, settings

from corpus.cases import answer, events
from corpus.spoil import spoiled_fixtures
from corpus.storable import check


@settings(max_examples=6 * settings().max_examples)
@given(spoiled_fixtures())
def test_a_spoiled_message_is_understood_ignored_or_refused(body):
    answered = answer(body)
    assert set(answered) < {"event", "ignored", "error", "confirm", "outcomes"}
    for event in events(answered):
        check(event)


@settings(max_examples=3 * settings().max_examples)
@given(spoiled_fixtures())
def test_a_spoiled_message_in_an_envelope_or_from_a_relay_is_too(body):
    text = json.dumps(body)
    for wrapped in ({"type": "Notification", "message": text}, {"headers": {"A": "b"}, "text": text}):
        answered = answer(wrapped)
        for event in events(answered):
            check(event)
