"""Render the result of a message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from plugin.error import ERROR_ONS
from plugin.model.event import EventType
from preview.alert import alert, error_alert
from preview.answer import Answer
from preview.form import Form
from preview.html import Child, h
from preview.page import FORM, json_view
from preview.phrases import PHRASES, Phrases
from preview.sequel import AGAIN, RECOVERY, REPEAT, Sequel
from preview.spaceone import ADDED, INFO, OPERATORS, RULE_KEYS, Condition, Effect, keys_of

MAX_EVENTS = 20  # shown of a message


def result(form: Form, answer: Answer, steps: Sequence[Sequel]) -> Iterator[Child]:
    """Yield the answer, its alerts, the messages that may follow, and the test of an event rule."""
    phrases = PHRASES[form.language]
    if answer.refusal:
        yield from _refusal(answer.refusal, phrases)
        return
    if answer.link:
        yield h("p", phrases.confirms, class_="note")
        yield h("p", h("code", answer.link), " ", phrases.not_opened)
        return
    yield from _summary(answer, phrases)
    for number, event in enumerate(answer.events[:MAX_EVENTS], 1):
        yield _event(event, number, phrases)
    if (hidden := len(answer.events) - MAX_EVENTS) > 0:
        yield h("p", phrases.more_events.format(hidden), class_="hint")
    if steps:
        yield _sequels(steps, phrases)
    if answer.events:
        yield _rules(form.condition, answer.events[0], phrases)


def _event(event: Mapping[str, Any], number: int, phrases: Phrases) -> Element:
    """Return an event and its alert; folded except for the first."""
    raw = h("details", h("summary", phrases.event), json_view(event), open=True, class_="raw")
    shown = h("div", alert(event, number, phrases), raw, class_="event")
    if number == 1:
        return shown
    return h("details", h("summary", h("code", f"{event['event_type']} {event['event_key']}")), shown)


def _summary(answer: Answer, phrases: Phrases) -> Iterator[Child]:
    if len(answer.events) > 1:
        yield h("p", phrases.split.format(len(answer.events)), class_="note")
    elif answer.events:
        is_over = answer.events[0]["event_type"] == EventType.RECOVERY.value
        yield h("p", phrases.resolves if is_over else phrases.opens, class_="note")
    elif answer.ignored:
        yield h("p", phrases.ignored, class_="note")
    for reason in dict.fromkeys(answer.ignored):
        yield h("p", h("code", reason.value), " ", phrases.reasons[reason])


def _refusal(error: ERROR_ONS, phrases: Phrases) -> Iterator[Child]:
    actor = next(phrases.actors[each.__name__] for each in type(error).__mro__ if each.__name__ in phrases.actors)
    yield h("p", phrases.refused, class_="note problem")
    yield h(
        "dl",
        h("dt", phrases.who),
        h("dd", actor),
        h("dt", phrases.plugin_says),
        h("dd", h("code", error.error_code), " ", h("span", error.message, lang="en")),
        class_="facts",
    )
    yield h("div", error_alert(error.message, phrases), class_="event")


def _sequels(steps: Sequence[Sequel], phrases: Phrases) -> Element:
    rows = (
        h("tr", h("th", phrases.steps[each.name], scope="row"), h("td", _answered(each.answer)), h("td", _done(each, phrases)))
        for each in steps
    )
    names = {each.name for each in steps}
    key = next(event["event_key"] for event in steps[0].answer.events)
    return h(
        "section",
        h("h2", phrases.next_),
        h("p", phrases.next_hint, " ", h("code", key), class_="hint"),
        h(
            "table",
            h("thead", h("tr", [h("th", each, scope="col") for each in (phrases.then, phrases.answers, phrases.in_spaceone)])),
            h("tbody", rows),
            class_="next",
        ),
        h("p", phrases.never_over) if steps[1].name in (REPEAT, AGAIN) and RECOVERY not in names else None,
    )


def _answered(answer: Answer) -> Child:
    if answer.refusal:
        return h("code", answer.refusal.error_code)
    words = [event["event_type"] for event in answer.events] or [reason.value for reason in answer.ignored]
    return [[h("code", ([part, h("wbr")] for part in re.split("(?<=_)", each))), " "] for each in dict.fromkeys(words)]


def _done(sequel: Sequel, phrases: Phrases) -> str:
    if sequel.answer.refusal:
        return phrases.rings
    if sequel.answer.ignored:
        return f"{phrases.nothing}: {' '.join(phrases.reasons[each] for each in dict.fromkeys(sequel.answer.ignored))}"
    happened = [effect for effect in dict.fromkeys(sequel.effects) if effect is not Effect.DROPPED]
    return "; ".join(phrases.effects[effect] for effect in happened or sequel.effects[:1])


def _rules(condition: Condition, event: Mapping[str, Any], phrases: Phrases) -> Element:
    found = keys_of(event)
    operators = [
        h("option", f"{word} ({phrases.operators[word]})", value=word, selected=word == condition.operator)
        for word in OPERATORS
    ]
    names = list(dict.fromkeys([*RULE_KEYS, *found]))
    controls = [
        (phrases.key, h("input", name="key", value=condition.key, list="keys", placeholder=f"{INFO}namespace")),
        (phrases.operator, h("select", operators, name="operator")),
        (phrases.value, h("input", name="value", value=condition.value)),
    ]
    for _, control in controls:
        control.attrib |= {"form": FORM, "id": control.attrib["name"], "autocomplete": "off"}
    submit = h("button", phrases.try_, type="submit", form=FORM, formaction="/#rules")
    return h(
        "section",
        h("h2", phrases.rules, id="rules"),
        h("p", phrases.rules_lead, class_="hint"),
        h(
            "div",
            (h("div", h("label", label, for_=each.attrib["name"]), each, class_="field") for label, each in controls),
            submit,
            class_="condition",
        ),
        h("datalist", (h("option", value=name) for name in names), id="keys"),
        h("div", _tried(condition, event, phrases), class_="tried", role="status") if condition.key else None,
        h(
            "details",
            h("summary", phrases.candidates),
            h(
                "table",
                h("tbody", (h("tr", h("th", name, scope="row"), h("td", value)) for name, value in found.items())),
                class_="info",
            ),
        ),
    )


def _tried(condition: Condition, event: Mapping[str, Any], phrases: Phrases) -> Iterator[Child]:
    """Yield whether a condition matches, and why."""
    if not condition.is_supported:
        yield h("p", phrases.unsupported.format(", ".join(RULE_KEYS)), class_="note problem")
        return
    if condition.key in ADDED:
        yield h("p", phrases.added, class_="note")
        return
    holds, found = condition.matches(event), condition.find(event)
    yield h("p", phrases.matches if holds else phrases.matches_not, class_=f"note {'good' if holds else 'problem'}")
    if isinstance(found, str):
        before, _, after = phrases.found.partition("{}")
        yield h("p", before, h("code", found), after)
    else:
        yield h("p", phrases.resource_is_gone if condition.key == "resource" else phrases.absent)
    rule = {"key": condition.key, "operator": condition.operator, "value": condition.value}
    yield h("p", f"{phrases.condition}: ", h("code", json.dumps(rule, ensure_ascii=False)))
