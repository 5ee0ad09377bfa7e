"""The guides say the same in both languages, quote the plugin's words as they are, and name messages that it knows."""

import json
import re

import pytest
import yaml

from pages import (
    ALERTS,
    KOREAN,
    KOREAN_README,
    OPERATOR_GUIDES,
    SOURCES,
    TRANSLATED,
    TROUBLESHOOTING,
    blocks,
    name,
    table,
    without_code,
)
from plugin import error
from plugin.ons.kind import KINDS
from plugin.setting import option
from plugin.setting.process import ProcessSettings

TITLES = {"title", "body"}  # of the messages that a reader publishes: in his language
KIND_BY_BLOCK = ("cloud_guard", "budget", "oci_event")  # of the conditions for rules of the Events service, in their order


def parts(page):
    """Return what a page consists of, in order, without the words of its language."""
    found, fence, block = [], None, []
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            if fence is not None:
                found.append(("block", fence, untranslated("\n".join(block), fence)))
            fence, block = (line[3:], []) if fence is None else (None, [])
        elif fence is not None:
            block.append(line)
        elif mark := re.match(r"(#+|\d+\.|-|!\[) ?", line):
            found.append(("mark", mark[1]))
        elif line.startswith("|"):
            found.append(("row", line.count("|")))
    return found


def untranslated(text, language):
    if language != "json":
        return text
    content = json.loads(text)
    return {key: "" if key in TITLES else value for key, value in content.items()}


def facts(page):
    """Return the words in code style of each table's row: options, settings, commands, defaults."""
    rows = [line for line in without_code(page).splitlines() if line.startswith("|")]
    return [[word for cell in row.split("|") for word in re.findall(r"`([^`가-힣]+)`", cell)] for row in rows]


@pytest.mark.parametrize(("english", "korean"), TRANSLATED, ids=[page.stem for page in KOREAN])
def test_both_languages_have_the_same_parts(english, korean):
    assert parts(english) == parts(korean)


@pytest.mark.parametrize(("english", "korean"), TRANSLATED, ids=[page.stem for page in KOREAN])
def test_the_tables_of_both_languages_name_the_same_things(english, korean):
    assert [sorted(row) for row in facts(english)] == [sorted(row) for row in facts(korean)]


@pytest.mark.parametrize(("english", "korean"), TRANSLATED, ids=[page.stem for page in KOREAN])
def test_both_languages_lead_to_each_other(english, korean):
    for page, other, words in ((english, korean, "한국어"), (korean, english, "English")):
        (link,) = re.findall(rf"^\[{words}\]\((\S+)\)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert (page.parent / link).resolve() == other


@pytest.mark.parametrize("page", [*KOREAN, KOREAN_README], ids=name)
def test_a_korean_page_leads_to_korean_pages_or_says_that_a_page_is_english(page):
    for text, link, after in re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)(\(영문\))?", without_code(page)):
        target = (page.parent / link.partition("#")[0]).resolve()
        if text == "English" or link.startswith("#") or target.suffix != ".md" or target in (*KOREAN, KOREAN_README):
            continue
        assert target not in dict(TRANSLATED), link
        assert after or " ".join(text.split()).endswith("(영문)"), link


def test_both_languages_have_the_same_figures_of_late_repeats():
    english, korean = table(ALERTS[0], "repeat notification"), table(ALERTS[1], "알림 반복")
    assert [row[1:] for row in english] == [row[1:] for row in korean]
    assert [re.findall(r"\d+", row[0]) for row in english] == [re.findall(r"\d+", row[0]) for row in korean]


@pytest.mark.parametrize("page", KOREAN, ids=name)
def test_what_is_pressed_in_a_console_has_its_english_name_in_brackets(page):
    bold = re.findall(r"\*\*([^*]+)\*\*", page.read_text(encoding="utf-8"))
    pressed = [" ".join(each.split()) for each in bold if not re.search(r"[.?]$|\[", each)]  # others are sentences
    assert [each for each in pressed if re.search("[가-힣]", each) and not re.search(r"\([A-Z][\w &]+\)$", each)] == []


@pytest.mark.parametrize("page", SOURCES, ids=name)
def test_the_conditions_of_event_rules_name_events_of_their_kind(page):
    conditions = [content["eventType"] for content in map(json.loads, blocks(page, "json")) if "eventType" in content]
    assert len(conditions) == len(KIND_BY_BLOCK)
    for event_types, kind in zip(conditions, KIND_BY_BLOCK, strict=True):
        for event_type in event_types:
            body = {"eventType": event_type, "cloudEventsVersion": "0.1", "data": {}}
            assert next(each.name for each in KINDS if each.fits(body)) == kind


@pytest.mark.parametrize("page", TROUBLESHOOTING, ids=name)
def test_a_guide_quotes_errors_as_the_plugin_writes_them(page):
    texts = [getattr(error, name)._message for name in error.ERROR_CODES] + [str(error.ERROR_UNKNOWN_KIND(["key"]).message)]
    quotes = [
        quote
        for row in table(page, "symptom" if page == TROUBLESHOOTING[0] else "증상")
        for quote in re.findall(r"ERROR.*?: `(.+?)`", row[0])
    ]
    assert len(quotes) > 5
    for quote in quotes:
        parts = [part for part in re.split(r"…|<[^>]+>", quote) if part.strip()]
        assert any(all(part in text for part in parts) for text in texts), quote


@pytest.mark.parametrize("page", OPERATOR_GUIDES, ids=name)
def test_what_the_supervisor_is_configured_with_are_settings_of_the_plugin(page):
    found = [values for values in map(yaml.safe_load, blocks(page, "yaml")) if "supervisor" in values]
    assert len(found) == 2
    known = {option.variable(key) for key in option.SETTINGS} | {
        f"ONS_{key.upper()}" for key in ProcessSettings.__annotations__
    }
    for values in found:
        connector = values["supervisor"]["application_scheduler"]["CONNECTORS"]["KubernetesConnector"]
        names = {each["name"] for each in connector["env"]}
        assert names <= known
        assert all(isinstance(each["value"], str) for each in connector["env"])
        ((plugin, replicas),) = connector["replica"].items()
        assert plugin == "monitoring.Webhook?plugin-oci-ons-mon-webhook"
        assert replicas == 1 or "ONS_STATE_URL" in names


@pytest.mark.parametrize("page", OPERATOR_GUIDES, ids=name)
def test_the_variables_that_the_operators_guide_names_exist(page):
    known = {option.variable(key) for key in option.SETTINGS} | {
        f"ONS_{key.upper()}" for key in ProcessSettings.__annotations__
    }
    assert set(re.findall(r"ONS_[A-Z_]+[A-Z]", page.read_text(encoding="utf-8"))) <= known
