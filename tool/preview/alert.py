"""Render an alert as SpaceONE's console does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from plugin.model.event import EventType, Severity
from preview.html import Child, h
from preview.phrases import Phrases
from preview.spaceone import ERROR_TITLE, is_urgent, resources

TRIGGERED, RESOLVED, ERROR = "TRIGGERED", "RESOLVED", "ERROR"


def alert(event: Mapping[str, Any], number: int, phrases: Phrases) -> Element:
    """Return the alert of an event; of a recovery, the alert that it resolves."""
    is_over = event["event_type"] == EventType.RECOVERY.value
    facts = [
        (phrases.urgency, phrases.high if is_urgent(event["severity"]) else phrases.low),
        (phrases.resource, ", ".join(resources(event))),
        (phrases.occurred, event.get("occurred_at", "")),
        (phrases.rule, event["rule"]),
    ]
    return _card(
        phrases,
        number,
        state=RESOLVED if is_over else TRIGGERED,
        severity=event["severity"],
        title=event["title"],
        description=event["description"],
        rest=[
            h("p", phrases.recovery_shows, class_="hint") if is_over else None,
            h("dl", ([h("dt", name), h("dd", value)] for name, value in facts if value), class_="facts"),
            _info(event["additional_info"], phrases),
        ],
    )


def error_alert(sentence: str, phrases: Phrases) -> Element:
    """Return the alert that SpaceONE opens for a message that was refused."""
    severity = Severity.CRITICAL.value
    facts = h("dl", h("dt", phrases.urgency), h("dd", phrases.high), class_="facts")
    return _card(phrases, 1, state=ERROR, severity=severity, title=f"{ERROR_TITLE} - …", description=sentence, rest=facts)


def _card(phrases: Phrases, number: int, *, state: str, severity: str, title: str, description: str, rest: Child) -> Element:
    name, text = f"alert-{number}", f"description-{number}"
    labels = {"data-more": phrases.unfold, "data-less": phrases.fold}
    button = h("button", phrases.unfold, type="button", class_="unfold", hidden=True, aria_expanded="false", aria_controls=text)
    button.attrib.update(labels)
    return h(
        "article",
        h(
            "p",
            _badge(phrases.severity, severity, f"severity {severity.lower()}"),
            _badge(phrases.state, phrases.states[state], f"state {state.lower()}"),
            class_="badges",
        ),
        h("h3", title, id=name),
        h("h4", phrases.description),
        h("p", description, class_="description", id=text),
        button,
        rest,
        class_="alert",
        aria_labelledby=name,
    )


def _badge(label: str, word: str, kind: str) -> Element:
    return h("span", h("span", f"{label} ", class_="label"), h("b", word), class_=f"badge {kind}")


def _info(info: Mapping[str, str], phrases: Phrases) -> Child:
    if not info:
        return None
    return [
        h("h4", phrases.info),
        h(
            "table",
            h("thead", h("tr", h("th", phrases.key, scope="col"), h("th", phrases.value, scope="col"))),
            h("tbody", (h("tr", h("th", name, scope="row"), h("td", value)) for name, value in sorted(info.items()))),
            class_="info",
        ),
    ]
