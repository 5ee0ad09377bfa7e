"""The page: the form and the result of its message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from plugin.setting.option import SCHEMA, Language
from preview import gallery
from preview.form import OPTION, SWITCH, Form
from preview.html import Child, h
from preview.phrases import PHRASES, Phrases

LANGUAGE_NAMES = {Language.ENGLISH: "English", Language.KOREAN: "한국어"}
FORM, RESULT = "form", "result"
_KEY = re.compile(r'(\s*)("(?:[^"\\]|\\.)*")(: .*)', re.DOTALL)


def page(form: Form, result: Sequence[Child] | None, problems: Sequence[str] = ()) -> Element:
    """Return the page. Without a result it has the gallery."""
    phrases = PHRASES[form.language]
    return h(
        "html",
        h(
            "head",
            h("meta", charset="utf-8"),
            h("title", phrases.title),
            h("meta", name="viewport", content="width=device-width, initial-scale=1"),
            h("link", rel="icon", href="/icon.svg"),
            h("link", rel="stylesheet", href="/style.css"),
            h("script", src="/page.js", defer=True),
        ),
        h(
            "body",
            h("a", phrases.skip, href=f"#{RESULT}", class_="skip"),
            _header(form, phrases),
            h(
                "main",
                _form(form, phrases),
                h(
                    "section",
                    h("h2", phrases.result, id=RESULT, tabindex="-1") if result is not None else None,
                    [h("p", each, class_="note problem", role="status") for each in problems],
                    _gallery(form, phrases) if result is None else result,
                    class_="result",
                    aria_label=phrases.result,
                ),
            ),
        ),
        lang=form.language.value,
    )


def json_view(content: Mapping[str, Any]) -> Element:
    """Return an object as JSON with highlighted keys."""
    lines = json.dumps(content, indent=2, ensure_ascii=False).splitlines(keepends=True)
    return h("pre", h("code", map(_line, lines)), class_="json")


def _line(line: str) -> Child:
    match = _KEY.fullmatch(line)
    return [match[1], h("span", match[2], class_="name"), match[3]] if match else line


def _header(form: Form, phrases: Phrases) -> Element:
    def button(language: Language) -> Element:
        is_chosen = language is form.language
        return h(
            "button",
            LANGUAGE_NAMES[language],
            type="submit",
            form=FORM,
            name=SWITCH,
            value=language.value,
            lang=language.value,
            aria_pressed="true" if is_chosen else "false",
        )

    return h(
        "header",
        h("div", h("h1", h("a", phrases.title, href=f"/?language={form.language.value}")), h("p", phrases.lead)),
        # Enter in a field presses the first button of the form.
        h("button", type="submit", form=FORM, hidden=True),
        h("div", map(button, Language), class_="languages", role="group", aria_label=phrases.language),
    )


def _form(form: Form, phrases: Phrases) -> Element:
    return h(
        "form",
        h("input", type="hidden", name="language", value=form.language.value),
        h("h2", h("label", phrases.message, for_="message")),
        h("p", phrases.message_hint, id="message-hint", class_="hint"),
        h(
            "textarea",
            "\n" + form.text,  # a browser drops the first line feed
            id="message",
            name="message",
            spellcheck="false",
            autocomplete="off",
            autocapitalize="off",
            aria_describedby="message-hint",
        ),
        h(
            "p",
            h("button", phrases.show, type="submit", class_="main"),
            h("a", phrases.gallery, href=f"/?language={form.language.value}", class_="button") if form.text else None,
            class_="actions",
        ),
        _options(form, phrases),
        id=FORM,
        method="post",
        action=f"/#{RESULT}",
        autocomplete="off",
    )


def _options(form: Form, phrases: Phrases) -> Element:
    given = json.dumps(form.values, ensure_ascii=False)
    return h(
        "details",
        h("summary", phrases.options),
        h("p", f"{phrases.options_hint} ", h("code", given), class_="hint"),
        (_option(name, schema, form, phrases) for name, schema in SCHEMA["properties"].items()),
        _field("arrival", phrases.arrival, phrases.arrival_hint, h("input", name="arrival", value=form.arrival)),
        open=bool(form.options or form.arrival),
    )


def _option(name: str, schema: Mapping[str, Any], form: Form, phrases: Phrases) -> Element:
    title = phrases.option_names.get(name, schema["title"])
    text = phrases.option_texts.get(name, schema["description"])
    value, default = form.options.get(name, ""), json.dumps(schema["default"]).strip('"') or "—"
    default = phrases.as_page if name == "language" else phrases.by_default.format(default)
    words = ["true", "false"] if schema["type"] == "boolean" else schema.get("enum")
    field = f"{OPTION}{name}"
    if words:
        choices = [h("option", default, value="")]
        choices += [h("option", word, value=word, selected=word == value) for word in words]
        control = h("select", choices, name=field)
    else:
        hint = f"{default}, {phrases.separated}" if schema["type"] == "array" else default
        control = h("input", name=field, value=value, placeholder=hint, spellcheck="false")
    label: list[Child] = [title, " ", h("code", name)]
    return _field(field, label, text, control)


def _field(name: str, label: Child, text: str, control: Element) -> Element:
    control.attrib |= {"id": name, "aria-describedby": f"{name}-hint"}
    return h("div", h("label", label, for_=name), control, h("p", text, id=f"{name}-hint", class_="hint"), class_="field")


def _gallery(form: Form, phrases: Phrases) -> Iterator[Element]:
    def link(name: str, text: str = "") -> Element:
        text = text or name.partition("/")[2].replace("_", " ")
        return h("li", h("a", text, href=f"/?case={name}&language={form.language.value}"))

    yield h("h2", phrases.gallery, id=RESULT, tabindex="-1")
    yield h("p", phrases.gallery_lead)
    yield h("ul", (link(name, text) for name, text in phrases.first.items()), class_="samples first")
    for kind, names in gallery.by_kind().items():
        summary = h("summary", phrases.kinds.get(kind, kind), " ", h("span", str(len(names)), class_="count"))
        yield h("details", summary, h("ul", map(link, names), class_="samples"), class_="kind")
