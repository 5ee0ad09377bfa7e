"""The pages agree with the code, their links resolve, and what they tell a reader to type works."""

import os
import re
import subprocess
from dataclasses import fields

import pytest

import show
from corpus.cases import CASES, events, golden, load
from pages import DOCS, GUIDES, KOREAN_README, PAGES, README, anchors, blocks, code, name, table, typed, without_code
from plugin import error
from plugin.model.event import Severity
from plugin.observe import metrics
from plugin.ons.kind import KINDS, announcement, notice
from plugin.ons.kind.alarm.units import BY_METRIC
from plugin.ons.message import Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Reader
from plugin.ons.transform import transform
from plugin.relay.app import ANSWERS, DEFECT
from plugin.setting import option, process, relay
from plugin.setting.option import SETTINGS, Options
from plugin.setting.process import ProcessSettings
from plugin_process import ROOT, free_port

RUN_HERE = {  # command -> arguments that make it end
    "bin/run": ["--once"],
    "bin/run --once": [],
    "bin/run --once test/fixture/alarm/firing_compute.json": [],
}
RUN_ELSEWHERE = {  # command -> where
    "bin/bench": "its own test runs a short one",
    "bin/test": "it runs this",
    "bin/test-slow": "it runs the rest of this",
    "bin/test --fast": "it runs a part of this",
    "bin/test --fast -k budget": "it runs a part of this",
    "bin/test --fast --golden": "the tests of the goldens",
    "bin/preview": "its own tests, in Chromium",
    "bin/check --fix": "CI runs bin/check",
    "bin/image": "its own tests, with stand-ins for the builders",
    "IMAGE=ACCOUNT/plugin-oci-ons-mon-webhook bin/image": "its own tests, with stand-ins for the builders",
    "bin/image --push": "its own tests, with stand-ins for the builders",
    "bin/image --stand-in": "by hand; docs/evidence/image.md shows what it printed",
    "bin/relay password": "the tests of the relay",
    'bin/run --once --options \'{"language": "ko"}\' cpu.json': "the test of the Korean README's example",
    "SPACEONE_WEBHOOK_URL=https://spaceone.internal/monitoring/v1/webhook/…/events RELAY_USERS='ons:sha256$…' bin/relay": "these too",
    **dict.fromkeys(
        (
            f"bin/oci-connect {words}"
            for words in (
                *(f"{command} --compartment OCID" for command in ("plan", "apply", "test", "status", "apply --no-alarms")),
                *(
                    f"{command} --compartment OCID --subtree"
                    for command in ("plan attach", "attach", "doctor", "drift", "reconcile")
                ),
                "reconcile --compartment OCID --subtree --every 5m --yes",
            )
        ),
        "the tests of bin/oci-connect, against a stand-in for OCI",
    ),
}
RUN_BY_TESTS = re.compile(
    r"spacectl exec [a-z_]+ (monitoring|repository)\.|spacectl (list monitoring\.Webhook|config init)|oci ons message publish"
)  # of guides, of registration
READMES = ((README, "kind", "option"), (KOREAN_README, "종류", "옵션"))
NEVER_RAN = "verification.md#deployment"  # says why docker, kubectl and spacectl do not run here


def documented(default):
    """Return a default as the tables spell it."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return "[]" if default == () else ", ".join(default)
    return "unset" if default in (None, "") else str(default)


def test_the_readme_is_short():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 160
    assert [line for line in lines if len(line) > 128] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(page)):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


def test_each_page_can_be_reached_from_the_readme():
    reached, new = set(), {README}
    while new:
        reached |= new
        links = {(page.parent / link).resolve() for page in new for link in re.findall(r"\]\(([^)#\s]+)", without_code(page))}
        new = (links & set(PAGES)) - reached
    assert set(PAGES) - reached == set()


@pytest.mark.parametrize("guide", GUIDES, ids=name)
def test_the_drawing_numbers_each_step_of_the_guide(guide):
    numbers = re.findall(r'class="number".*?>(\d+)<', (guide.parent / "setup.svg").read_text(encoding="utf-8"))
    steps = re.findall(r"^## (\d+)\. ", guide.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(numbers) == steps


def test_the_page_that_an_unknown_kind_is_told_of_exists():
    assert error.KINDS_PAGE.partition("#")[2] in anchors(README)


def test_the_readme_lists_each_kind_in_the_order_of_recognition():
    assert [code(row[0]) for row in table(README, "kind")] == ["confirmation", *(kind.name for kind in KINDS)]


def test_messages_md_tells_of_each_kind_what_becomes_of_it():
    assert [code(row[0]) for row in table(DOCS / "messages.md", "kind")][: len(KINDS)] == [kind.name for kind in KINDS]


def test_the_readme_lists_each_option_with_its_twin_and_its_default():
    rows = {code(row[0]): (code(row[1]), code(row[-1])) for row in table(README, "option")}
    assert rows == {key: (option.variable(key), documented(getattr(Options(), key))) for key in SETTINGS}


def test_the_readme_lists_each_word_that_an_option_may_be():
    for row in table(README, "option"):
        for word in SETTINGS[code(row[0])].schema.get("enum", ()):
            assert f"`{word}`" in row[2], row[0]


def test_the_readme_lists_each_field_that_makes_a_notice():
    (row,) = (row for row in table(README, "kind") if code(row[0]) == "notice")
    assert re.findall(r"`(\w+)`", row[1]) == [*notice.TITLE_KEYS, *notice.TEXT_KEYS]


def test_messages_md_shows_an_event_of_each_kind_as_its_golden_has_it():
    page = (DOCS / "messages.md").read_text(encoding="utf-8")
    section = page.partition("## One example of each kind")[2].partition("\n## ")[0]
    kinds = re.findall(r"^\*\*`(\w+)`\*\*$", section, re.MULTILINE)
    assert sorted(kinds) == sorted(kind.name for kind in KINDS)
    shown = {
        f"{each['event_type']}, {each['severity']}\n{each['title']}\n\n{each['description']}\n"
        for path in CASES
        for each in events(load(golden(path)))
        if path.parent.name in kinds
    }
    examples = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    assert len(examples) == len(kinds) - 1  # metric data becomes no event
    assert [example for example in examples if not any(_beginning(example) in _beginning(each) for each in shown)] == []


def _beginning(example):
    """Return an example without its links, which are long."""
    return "\n".join(line for line in example.splitlines() if not line.startswith("https://"))


def test_messages_md_counts_the_metrics_whose_units_are_known():
    page = " ".join((DOCS / "messages.md").read_text(encoding="utf-8").split())
    assert f"{sum(map(len, BY_METRIC.values()))} metrics with a unit, of {len(BY_METRIC)} namespaces" in page


def test_messages_md_names_the_announcements_that_are_no_info():
    (row,) = (row for row in table(DOCS / "messages.md", "kind") if code(row[0]) == "announcement" and len(row) == 2)
    emergencies = {type_ for type_ in announcement.SEVERITIES if type_.startswith("EMERGENCY")}
    assert set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", row[1])) == announcement.SEVERITIES.keys() - emergencies
    assert {announcement.SEVERITIES[type_] for type_ in emergencies} == {Severity.WARNING}


def test_messages_md_quotes_the_plugins_own_words():
    page = (DOCS / "messages.md").read_text(encoding="utf-8")
    english = PHRASES["en"]
    quotes = (english.recovered, f"{english.rule}:", f"{english.region}:", f"{english.compartment}:", english.more.format(5))
    assert [quote for quote in quotes if f"`{quote}`" not in page] == []


def test_operations_md_lists_each_setting_of_the_process_with_its_default():
    rows = {code(row[0]): code(row[-1]) for row in table(DOCS / "operations.md", "environment")}
    frameworks = {"grpc_port": process.GRPC_PORT}
    defaults = {frameworks.get(each.name, f"ONS_{each.name.upper()}"): each.default for each in fields(ProcessSettings)}
    assert rows == {variable: documented(default) for variable, default in defaults.items()}


def test_relay_md_lists_each_setting_of_the_relay_with_its_default():
    rows = {code(row[0]): code(row[-1]) for row in table(DOCS / "relay.md", "environment")}
    settings = relay.from_environment({"SPACEONE_WEBHOOK_URL": "https://spaceone.example.com/"})
    assert not settings.users
    assert rows == {
        "SPACEONE_WEBHOOK_URL": "required",
        "RELAY_USERS": "unset",
        "RELAY_FORMAT": settings.format,
        "RELAY_CA_FILE": "unset",
        "RELAY_PORT": str(settings.port),
        "RELAY_STATUS_PORT": str(settings.status_port),
        "RELAY_PROXIES": "unset",
    }


def test_operations_md_lists_each_metric_with_its_labels():
    rows = {code(row[0]) for row in table(DOCS / "operations.md", "metric")}
    suffixes = {"counter": "_total", "info": "_info"}
    families = [family for family in metrics.REGISTRY.collect() if family.name.startswith(metrics.NAMESPACE)]
    labels = {family.name: ",".join(label for label in family.samples[0].labels if label != "le") for family in families}
    assert rows == {
        f"{f.name}{suffixes.get(f.type, '')}" + (f"{{{labels[f.name]}}}" if labels[f.name] else "") for f in families
    }


@pytest.mark.parametrize("page", [DOCS / "architecture.md", DOCS / "adding-a-kind.md"], ids=name)
def test_each_file_that_a_page_names_exists(page):
    known = {path.name for path in ROOT.glob("src/plugin/**/*.py")}
    named = re.findall(r"`(?:[\w/]+/)?(\w+\.py)`", page.read_text(encoding="utf-8"))
    assert named
    assert set(named) <= known


def test_the_example_of_a_kind_works():
    (example,) = re.findall(r"^```python$(.*?)^```$", (DOCS / "adding-a-kind.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    names = {}
    exec(example, names)
    kind, body = names["KIND"], {"windowId": "1", "title": "Maintenance", "text": "From 1 to 2", "state": "BEGUN"}
    assert kind.fits(body)
    bodies = [body, body | {"state": "ENDED"}, body | {"text": {"broken": 1}}]
    events = [transform(Message(kind=kind, fields=Reader(body)), Options()).to_dict() for body in bodies]
    assert [event["event_type"] for event in events] == ["ALERT", "RECOVERY", "ALERT"]
    assert [event["description"] for event in events] == ["From 1 to 2", "From 1 to 2", "Maintenance"]
    assert [event["additional_info"].get("unreadable") for event in events] == [None, None, "text"]
    with pytest.raises(error.ERROR_FIELD):
        transform(Message(kind=kind, fields=Reader({"windowId": {}})), Options())


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_command_is_run_or_is_said_never_to_have_run(page):
    for command in typed(page):
        if "bin/" in command:
            assert command in {*RUN_HERE, *RUN_ELSEWHERE}
        elif not RUN_BY_TESTS.match(command):
            assert NEVER_RAN in page.read_text(encoding="utf-8"), command


def run(*command):
    words = [*command, "--port", str(free_port())]
    environment = {**os.environ, "COLUMNS": str(show.DEFAULT_WIDTH)}
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_of_the_pages_prints_an_alert(command):
    done = run(*command.split(), *RUN_HERE[command])
    assert done.returncode == 0, done.stderr
    assert "ALERT" in done.stdout


def test_bin_run_once_prints_an_alert_and_its_recovery():
    printed = run("bin/run", "--once").stdout
    assert re.findall(r"^  (ALERT|RECOVERY)  CRITICAL", printed, re.MULTILINE) == ["ALERT", "RECOVERY"]


def test_the_korean_readme_lists_the_kinds_and_options_of_the_english_one():
    english, korean = ((table(page, kind), table(page, option)) for page, kind, option in READMES)
    assert [row[0] for row in english[0]] == [row[0] for row in korean[0]]
    assert [[row[0], row[1], code(row[-1])] for row in english[1]] == [[row[0], row[1], code(row[-1])] for row in korean[1]]
    for row, translated in zip(english[1], korean[1], strict=True):
        assert re.findall(r"`\w+`", row[2]) == re.findall(r"`\w+`", translated[2])


@pytest.mark.slow
def test_the_korean_readmes_example_is_what_bin_run_prints(tmp_path):
    page = KOREAN_README.read_text(encoding="utf-8")
    (message,), (printed,) = (
        blocks(KOREAN_README, "json"),
        re.findall(r"^```\n(  ALERT  .*?)^```$", page, re.MULTILINE | re.DOTALL),
    )
    (tmp_path / "cpu.json").write_text(message, encoding="utf-8")
    assert printed in run("bin/run", "--once", "--options", '{"language": "ko"}', tmp_path / "cpu.json").stdout


def test_the_readmes_example_is_what_bin_run_prints():
    (example,) = re.findall(r"^```\n(  ALERT\n.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    printed = run("bin/run", "--once", "-v", "test/fixture/alarm/firing_compute.json").stdout
    pieces = re.split(r"^ *…\n", example, flags=re.MULTILINE)  # dots stand for lines that are left out
    assert len(example.splitlines()) > 10
    assert re.search(".*?\n".join(map(re.escape, pieces)), printed, re.DOTALL)


def test_the_relays_page_names_each_answer_of_the_metric():
    page = (DOCS / "relay.md").read_text(encoding="utf-8")
    assert all(f"`{each}`" in page for each in (*ANSWERS.values(), DEFECT))
