"""The page of bin/preview, called over ASGI: it shows what the plugin says, and runs nothing of what was pasted."""

import asyncio
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx
import pytest

from client import MAX_FILE_BYTES
from corpus.cases import CASES, FIXTURES, case_name, events, golden, load, load_case
from plugin import error
from plugin.error import ERROR_DEFECT
from plugin.manager.event_manager import EventManager
from plugin.model.event import IgnoredReason
from plugin.ons.kind import KINDS
from plugin.ons.kind.pairs import PAIRS
from plugin.setting.option import SCHEMA, SETTINGS
from preview import gallery, sequel
from preview.app import MAX_FORM_BYTES, app
from preview.guard import HEADERS
from preview.phrases import ENGLISH, KOREAN, PHRASES
from preview.spaceone import Alerts, Condition, Effect, keys_of

FORM = "application/x-www-form-urlencoded"
ADDRESS = "http://127.0.0.1:8765"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SIGNED = {
    "type": "Notification",
    "message": "a",
    "signature": "YQ==",
    "signingCertURL": "https://notification.ap-seoul-1.oraclecloud.com/certificates/signing.pem",
}
EVENT = load(golden(FIXTURES / "alarm/firing_compute.json"))["event"]
HOSTILE = (
    "<script>hit()</script>",
    "</textarea></title><img src=x onerror=hit()>",
    '" autofocus onfocus="hit()',
    "' onclick='hit()",
    "javascript:hit()",
    "<!--",
    "]]>&lt;b&gt;&#60;i&#62;",
    "\u202e\u0000\u0007\ufffe",
)


def calls(*requests):
    """Return the responses to requests: method, path, and what else httpx takes."""

    async def run():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app()), base_url=ADDRESS) as client:
            return [await client.request(method, path, **more) for method, path, more in requests]

    return asyncio.run(run())


def get(path="/", **parameters):
    (response,) = calls(("GET", path, {"params": parameters}))
    return response


def post(message, **fields):
    text = message if isinstance(message, str) else json.dumps(message)
    (response,) = calls(("POST", "/", {"data": {"message": text, **fields}}))
    assert response.status_code == 200
    return response


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and the text in each class."""

    VOID = ("br", "input", "link", "meta", "wbr")

    def __init__(self, response):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(response.text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, text):
        self.texts += [(dict(each).get("class"), tag, text) for tag, each in self.open[-1:]]

    def text(self, *, tag=None, class_=None):
        return "".join(text for name, each, text in self.texts if tag in (None, each) and class_ in (None, name))


SAMPLES = [path for number, path in enumerate(CASES) if number % 5 == 0 or case_name(path) == "alarm/firing_compute"]


@pytest.fixture(scope="module")
def gallery_pages():
    """The pages of some samples of each kind, in each language."""
    wanted = [(path, language) for path in SAMPLES for language in PHRASES]
    responses = calls(*(("GET", "/", {"params": {"case": case_name(path), "language": word}}) for path, word in wanted))
    return {(case_name(path), word): response for (path, word), response in zip(wanted, responses, strict=True)}


def test_samples_of_the_gallery_are_shown_as_their_goldens_say(gallery_pages):
    for path in SAMPLES:
        answer, page = load(golden(path)), Page(gallery_pages[case_name(path), "en"])
        if "error" in answer and answer["error"]["code"] != "ERROR_CERTIFICATE":
            code = page.text(tag="code")
            assert answer["error"]["code"] in code or "ERROR_CERTIFICATE" in code, path
        for event in events(answer)[:1]:
            assert page.text(class_="description").startswith(event["description"]), path
            assert json.dumps(event["title"], ensure_ascii=False) in page.text(), path
        if "ignored" in answer:
            assert ENGLISH.reasons[IgnoredReason(answer["ignored"])] in page.text(), path
        if "confirm" in answer:
            assert answer["confirm"] in page.text(tag="code"), path


def test_a_page_is_in_its_language_alone(gallery_pages):
    for (_, language), response in gallery_pages.items():
        other = {"en": KOREAN, "ko": ENGLISH}[language]
        assert f'<html lang="{language}">' in response.text
        assert other.lead not in response.text
    assert "조건: CpuUtilization" in gallery_pages["alarm/firing_compute", "ko"].text
    assert get(language="xx").text == get().text


def test_both_languages_have_words_for_everything():
    for phrases in PHRASES.values():
        assert phrases.reasons.keys() == set(IgnoredReason)
        assert phrases.effects.keys() == set(Effect)
        assert phrases.kinds.keys() == gallery.by_kind().keys() >= {kind.name for kind in KINDS}
        assert phrases.steps.keys() >= {step for steps in sequel.STEPS.values() for step in steps}
        assert all(gallery.sample(name) for name in phrases.first)
    assert KOREAN.option_names.keys() == KOREAN.option_texts.keys() == SCHEMA["properties"].keys()
    assert sequel.STEPS.keys() == {kind.name for kind in KINDS} - {"metric_data"}


def test_each_refusal_says_who_must_act():
    for name in error.ERROR_CODES:
        family = {each.__name__ for each in getattr(error, name).__mro__}
        assert len(family & ENGLISH.actors.keys()) == len(family & KOREAN.actors.keys()) == 1, name


def shapes(page):
    """Return the elements of a page, without the values of their attributes."""
    return {(tag, frozenset(attributes)) for tag, attributes in page.elements}


@pytest.fixture(scope="module")
def known_shapes(gallery_pages):
    """The elements that pages of harmless messages have."""
    message, rule = load(FIXTURES / "alarm/firing_compute.json"), {"key": "title", "operator": "eq", "value": "a"}
    options = {"option.provider": "two words", "option.oci_events": "alert", "arrival": "never"}
    pages = [post(message, **rule, **options), post("a", **rule), *(gallery_pages[key] for key in gallery_pages if "en" in key)]
    return set().union(*(shapes(Page(page)) for page in pages))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_becomes_no_markup(text, known_shapes):
    message = load(FIXTURES / "alarm/firing_compute.json")
    meta = message["alarmMetaData"][0]
    message |= {"title": text, "body": text, "dedupeKey": text, text: text}
    meta |= {"query": text, "alarmUrl": text, "alarmSummary": text, "dimensions": [{"resourceDisplayName": text, text: text}]}
    rule = {"key": text, "operator": text, "value": text, "to": text, "language": text, "arrival": text}
    options = {f"option.{name}": text for name in SETTINGS}
    harmless = {"option.account": text, "key": f"additional_info.{text}", "operator": "eq", "value": text}
    responses = [post(message), post(message, **harmless), post(message, **rule, **options), post(text), post({text: text})]
    for response in responses:
        page = Page(response)
        assert shapes(page) - known_shapes == set()
        assert [each["src"] for tag, each in page.elements if tag == "script"] == ["/page.js"]


def test_a_pasted_message_comes_back_as_it_was():
    for text in ('\n\n{"title": "a"}\n', "  plain\n<b>", "\\ud800", "𝄞"):
        assert Page(post(text)).text(tag="textarea").removeprefix("\n") == text


def test_what_is_no_json_object_is_shown_as_the_relay_takes_it():
    page = Page(post("disk full"))
    assert "HTTP 500" in page.text()
    assert page.text(class_="description") == "disk full"
    assert ENGLISH.no_json.format(1, 1) in page.text()
    records = [{"title": "a"}, {"title": "b"}]
    page = Page(post(records))
    assert "HTTP 500" in page.text()
    assert ENGLISH.split.format(2) in page.text()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": "\\ud800"}', "half a character"),
        ('{"a": ' * 40 + "1" + "}" * 40, "ERROR_MESSAGE"),
        ('{"a": ' * 5000 + "1" + "}" * 5000, "nested more deeply than protobuf allows"),
        ('{"a": 1%s}' % ("0" * 400), "larger than protobuf allows"),
        ('{"title": "%s"}' % ("a" * MAX_FILE_BYTES), "larger than the 1 MiB"),
    ],
)
def test_what_cannot_reach_the_plugin_is_said_to(text, sentence):
    page = Page(post(text))
    assert sentence in page.text()
    assert ENGLISH.gallery_lead not in page.text()


def test_an_empty_form_shows_the_gallery():
    assert post("  \n").text.count('class="kind"') == len(gallery.by_kind())


def test_options_are_those_of_the_plugin_and_are_given_to_it():
    fields = {each["name"] for tag, each in Page(get()).elements if tag in ("input", "select")}
    assert {name.removeprefix("option.") for name in fields if name.startswith("option.")} == SCHEMA["properties"].keys()
    message = load(FIXTURES / "alarm/firing_compute.json")
    page = Page(post(message, **{"option.account": "acme", "option.language": "ko", "option.provider": "oracle_cloud"}))
    assert '"account": "acme"' in page.text()
    assert '"provider": "oracle_cloud"' in page.text()
    assert "조건" in page.text(class_="description")
    page = Page(post(message, **{"option.topics": "ocid1.onstopic.oc1..a, ocid1.onstopic.oc1..b"}))
    assert "ERROR_TOPIC" in page.text(tag="code")


def test_a_bad_option_is_named_and_its_default_taken_or_the_message_refused():
    message = load(FIXTURES / "alarm/firing_compute.json")
    page = Page(post(message, **{"option.provider": "two words"}))
    assert "The option provider is refused" in page.text()
    assert '"provider": "oci"' in page.text()
    page = Page(post(message, **{"option.topics": "none"}))
    assert "ERROR_OPTION" in page.text(tag="code")
    assert ENGLISH.actors["ERROR_OPTION"] in page.text()


def test_a_time_of_arrival_that_cannot_be_read_is_said_to():
    assert ENGLISH.bad_arrival in post({"title": "a"}, arrival="yesterday").text
    assert ENGLISH.bad_arrival not in post({"title": "a"}, arrival="2026-03-02T09:15:00").text


def test_nobody_is_called(monkeypatch):
    async def call(*_, **__):
        raise AssertionError("a call")

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", call)
    page = Page(get(case="confirmation/body"))
    assert load(golden(FIXTURES / "confirmation/body.json"))["confirm"] in page.text(tag="code")
    assert ENGLISH.not_opened in page.text()
    page = Page(post(SIGNED, **{"option.signature": "verify"}))
    assert "the preview calls nobody" in page.text()


def test_a_defect_is_shown_without_the_text_of_its_error(monkeypatch):
    async def parse(*_, **__):
        raise KeyError("secret")

    monkeypatch.setattr(EventManager, "parse", parse)
    response = post({"title": "a"})
    assert ERROR_DEFECT.__name__ in Page(response).text(tag="code")
    assert "secret" not in response.text


def effects(name, **options):
    case = load_case(FIXTURES / f"{name}.json")
    told = asyncio.run(sequel.sequels(case.data, {**case.options, **options}, case.now or NOW))
    return {each.name: [*dict.fromkeys(each.effects)] for each in told}


def test_what_happens_next_to_an_alarm():
    joined = {"this": [Effect.OPENS], "repeat": [Effect.JOINS], "recovery": [Effect.CLOSES], "late": []}
    assert effects("alarm/firing_compute") == joined
    told = effects("alarm/separate_warning_korean", escalation="join")
    assert told == joined | {"rises": [Effect.JOINS]}
    told = effects("alarm/separate_warning_korean")
    assert told["rises"] == [Effect.OPENS, Effect.DROPPED, Effect.CLOSES]
    assert told["recovery"] == [Effect.CLOSES, Effect.DROPPED]


@pytest.mark.parametrize(
    "name",
    [
        "alarm/relayed",
        "alarm_specification/firing_in_envelope",
        "budget/actual",
        "cloud_guard/detected",
        "notice/json_with_dedupe_key",
        *(case_name(path) for path in CASES if re.search("pair_.*(begins|down|lost|needs|unhealthy)$", path.stem)),
    ],
)
def test_what_has_an_end_is_closed_by_it(name):
    told = effects(name)
    assert told["this"] == [Effect.OPENS]
    assert told["again"] == [Effect.JOINS] if "again" in told else told["repeat"] == [Effect.JOINS]
    assert told["recovery"] == [Effect.CLOSES]


PAIRS_THAT_BEGIN = [  # of each row of the plugin's table: event type, the event's own name, lifecycleState
    ("databaseservice.autonomous.database.critical", "DatabaseDownBegin", ""),
    ("databaseservice.autonomous.database.critical", "DATABASE_DOWN_BEGIN", ""),
    ("databaseservice.dbnode.critical", "AVAILABILITY.DB_GUEST.CRS_INSTANCE.DOWN", ""),
    ("databaseservice.exadatainfrastructureconnectstatus", "", "DISCONNECTED"),
    ("DataSafe.StateChangeTargetDatabase", "", "NEEDS_ATTENTION"),
    ("mysqlaas.automaticrecovery.begin", "", ""),
    ("GoldenGate.stateNeedsAttention", "", ""),
    ("goldengate.deployment.statefailed", "", ""),
    ("osmh.managementstationhealthstate.unhealthy", "", ""),
    ("osmh.managementstationhealthstate.unavailable", "", ""),
]


@pytest.mark.parametrize("place", ["data", "additionalDetails"])
@pytest.mark.parametrize(("event_type", "name", "state"), PAIRS_THAT_BEGIN)
def test_the_end_of_each_pair_of_oci_events_is_found(event_type, name, state, place):
    inner = {"eventName": name, "lifecycleState": state}
    data = {"resourceId": "ocid1.thing.oc1.iad.a", **(inner if place == "data" else {"additionalDetails": inner})}
    head = {"eventType": f"com.oraclecloud.{event_type}", "cloudEventsVersion": "0.1", "eventID": "1"}
    body = head | {"eventTime": "2026-03-02T09:15:00Z", "data": data}
    told = asyncio.run(sequel.sequels(body, {}, NOW))
    assert [each.effects[0] for each in told if each.name == "recovery"] == [Effect.CLOSES]


def test_each_row_of_the_table_of_pairs_has_such_an_event():
    types = [event_type.lower() for event_type, _, _ in PAIRS_THAT_BEGIN]
    assert all(any(re.fullmatch(pattern, event_type) for event_type in types) for pattern, _ in PAIRS)


@pytest.mark.parametrize(
    ("name", "again"), [("log_record/custom", Effect.JOINS), ("oci_event/compute_instance_action_end", Effect.OPENS)]
)
def test_what_has_no_end_is_said_to_be_closed_by_a_person(name, again):
    assert effects(name) == {"this": [Effect.OPENS], "again": [again], "late": [Effect.JOINS]}
    assert ENGLISH.never_over in get(case=name).text


def test_of_a_batch_it_is_not_said_that_nothing_ends_it():
    assert ENGLISH.never_over not in get(case="batch/from_a_relay").text


def test_nothing_follows_what_opens_no_alert():
    assert effects("alarm/recovery_compute") == effects("alarm/insufficient_data") == effects("refused/foreign") == {}


def test_alerts_are_kept_by_key():
    alerts = Alerts()
    fires, over = ({"event_key": "a", "event_type": kind} for kind in ("ALERT", "RECOVERY"))
    other = fires | {"event_key": "b"}
    taken = [alerts.take(event) for event in (over, fires, fires, other, over, over, fires)]
    assert [effect.value for effect in taken] == ["dropped", "opens", "joins", "opens", "closes", "dropped", "opens"]


@pytest.mark.parametrize(
    ("key", "operator", "value", "holds"),
    [
        ("title", "contain", "CPU usage", True),
        ("title", "eq", "High CPU", False),
        ("severity", "eq", "CRITICAL", True),
        ("severity", "eq", "critical", False),
        ("severity", "not", "INFO", True),
        ("additional_info.namespace", "contain", "computeagent", True),
        ("additional_info.namespace", "not_contain", "COMPUTE", False),
        ("additional_info.absent", "not", "a", False),
        ("resource", "contain", "web-server-01", False),
        ("account", "not", "acme", True),
    ],
)
def test_a_condition_holds_or_not(key, operator, value, holds):
    assert Condition(key, operator, value).matches(EVENT) is holds
    page = post(load(FIXTURES / "alarm/firing_compute.json"), key=key, operator=operator, value=value)
    assert (ENGLISH.matches in page.text, ENGLISH.matches_not in page.text) == (holds, not holds)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("resource", "a", ENGLISH.resource_is_gone),
        ("additional_info.absent", "a", ENGLISH.absent),
        ("resource_id", "a", "SpaceONE refuses a rule"),
        ("title", "", "SpaceONE refuses a rule"),
        ("webhook_id", "a", ENGLISH.added),
    ],
)
def test_a_condition_that_cannot_hold_is_explained(key, value, sentence):
    page = Page(post(load(FIXTURES / "alarm/firing_compute.json"), key=key, operator="eq", value=value))
    assert sentence in page.text()


def test_each_key_that_is_offered_holds_what_it_is_said_to():
    found = keys_of(EVENT)
    assert "additional_info.namespace" in found
    assert all(Condition(key, "eq", value).matches(EVENT) for key, value in found.items())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 400),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 400),
        ({"Host": "localhost:8765"}, 200),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=a"}, 415),
    ],
)
def test_no_other_site_may_use_the_page(headers, status):
    content = urlencode({"message": '{"title": "a secret"}'})
    (response,) = calls(("POST", "/", {"content": content, "headers": {"Content-Type": FORM, **headers}}))
    assert response.status_code == status
    assert ("a secret" in response.text) is (status == 200)


def test_a_name_that_rebinding_leads_here_is_refused_to_read_too():
    (response,) = calls(("GET", "/", {"headers": {"Host": "evil.example:8765"}}))
    assert response.status_code == 400


def test_each_answer_has_the_headers_that_keep_it_here():
    responses = calls(
        ("GET", "/", {}),
        ("POST", "/", {"data": {"message": "a"}}),
        ("POST", "/", {"headers": {"Origin": "null"}}),
        ("GET", "/style.css", {}),
        ("GET", "/page.js", {}),
        ("GET", "/icon.svg", {}),
        ("GET", "/nothing", {}),
        ("PUT", "/", {}),
        ("GET", "/?case=../../README", {}),
        ("GET", "/", {"headers": {"Host": "evil.example"}}),
    )
    assert [response.status_code for response in responses] == [200, 200, 403, 200, 200, 200, 404, 405, 404, 400]
    for response in responses:
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


def test_what_is_too_large_is_refused():
    (response,) = calls(("POST", "/", {"content": b"a" * (MAX_FORM_BYTES + 1), "headers": {"Content-Type": FORM}}))
    assert response.status_code == 413
    (response,) = calls(("POST", "/", {"content": b"&a=" * 1000, "headers": {"Content-Type": FORM}}))
    assert response.status_code == 413


def test_nothing_of_a_message_is_in_an_address():
    page = Page(post({"title": "secret"}))
    addresses = [each[name] for _, each in page.elements for name in ("href", "src", "action", "formaction") if name in each]
    assert [address for address in addresses if "secret" in address] == []
    assert {("post", "/#result")} == {(each["method"], each["action"]) for tag, each in page.elements if tag == "form"}
