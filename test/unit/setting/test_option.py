"""The webhook's options: each default, what is accepted, what is refused and in which words."""

from dataclasses import asdict, fields

import pytest

from plugin.error import ERROR_ENVIRONMENT, ERROR_OPTION
from plugin.setting import option
from plugin.setting.option import SCHEMA, SETTINGS, Escalation, Language, OciEvents, Options, Signature, from_environment, merge

TOPIC = "ocid1.onstopic.oc1.ap-seoul-1.mine"
TOPIC_PATTERN = r"^ocid1\.onstopic\.[A-Za-z0-9._-]{1,255}\Z"

SHOWN = {
    "signature": {
        "type": "string",
        "enum": ["ignore", "verify", "require"],
        "default": "ignore",
        "title": "Signature",
        "description": "ignore signatures, verify those that messages carry, or require one of each message.",
    },
    "signature_max_age": {
        "type": "integer",
        "minimum": 1,
        "maximum": 604800,
        "default": 10800,
        "title": "Oldest signature",
        "description": "Seconds after which a signed message is refused.",
    },
    "confirm": {
        "type": "boolean",
        "default": True,
        "title": "Confirm subscriptions",
        "description": "Open the link with which ONS asks to confirm a subscription.",
    },
    "topics": {
        "type": "array",
        "items": {"type": "string", "pattern": TOPIC_PATTERN},
        "maxItems": 100,
        "default": [],
        "title": "Topics",
        "description": "OCIDs of the only topics that may confirm or notify; empty: any.",
    },
    "provider": {
        "type": "string",
        "pattern": r"^[A-Za-z0-9_.-]{1,40}\Z",
        "default": "oci",
        "title": "Provider",
        "description": "The provider that events name.",
    },
    "account": {
        "type": "string",
        "pattern": r"^[^\x00-\x1f\x7f]{0,255}\Z",
        "default": "",
        "title": "Account",
        "description": "The account that events name if their message names no tenancy.",
    },
    "escalation": {
        "type": "string",
        "enum": ["join", "separate"],
        "default": "join",
        "title": "Escalation",
        "description": "join: one alert an alarm; separate: each severity of an alarm is an alert of its own.",
    },
    "language": {
        "type": "string",
        "enum": ["en", "ko"],
        "default": "en",
        "title": "Language",
        "description": "The language of the plugin's own words in titles and descriptions.",
    },
    "oci_events": {
        "type": "string",
        "enum": ["alert", "trouble", "ignore"],
        "default": "alert",
        "title": "OCI events",
        "description": "alert: OCI events become alerts; trouble: those of WARNING and above, and what closes them; ignore: none.",
    },
}
EXPECTED = {
    "signature": "ignore, verify or require",
    "signature_max_age": "a whole number of seconds from 1 to 604800",
    "confirm": "true or false",
    "topics": "a list of topic OCIDs (ocid1.onstopic.…)",
    "extra_domains": "a list of domains in lower case",
    "provider": "1 to 40 letters, digits, dots, hyphens or underscores",
    "account": "at most 255 printable characters",
    "escalation": "join or separate",
    "language": "en or ko",
    "oci_events": "alert, trouble or ignore",
}
OPERATORS = {"extra_domains"}
ACCEPTED = {
    "signature": ["ignore", "verify", "require"],
    "signature_max_age": [1, 604800],
    "confirm": [True, False],
    "topics": [[], [TOPIC], [TOPIC] * 100, ["ocid1.onstopic." + "a" * 255]],
    "extra_domains": [[], ["a.b"], ["oraclecloud77.com"], ["a.b.c.d.e"], ["a" * 63 + ".com"]],
    "provider": ["oci", "oracle_cloud", "a" * 40, "A.b-9"],
    "account": ["", "ocid1.tenancy.oc1..a", "a" * 255, "한글 회사", "x\x80"],
    "escalation": ["join", "separate"],
    "language": ["en", "ko"],
    "oci_events": ["alert", "trouble", "ignore"],
}
REFUSED = {
    "signature": ["", "Verify", "off", True, None, ["verify"]],
    "signature_max_age": [0, -1, 604801, 1.5, "60", True, None],
    "confirm": ["true", 1, 0, None, []],
    "topics": [TOPIC, [""], [TOPIC + "\n"], ["ocid1.onstopic."], ["ocid1.onstopic." + "a" * 256], [TOPIC] * 101, [7], None, {}],
    "extra_domains": ["a.b", ["a.b\n"], ["com"], ["*.com"], ["A.com"], ["a.b.c.d.e.f"], ["a" * 64 + ".com"], ["https://a.b"]],
    "provider": ["", "oci\n", "a" * 41, "o c i", "oci!", 7, None],
    "account": ["a" * 256, "a\nb", "a\n", "\x7f", "\x1f", 7, None, ["a"]],
    "escalation": ["", "Join", "split", True, None],
    "language": ["", "EN", "de", ["en"], None],
    "oci_events": ["Alert", "drop", None],
}


def pairs(table):
    return [(name, value) for name, values in table.items() for value in values]


def test_each_option_has_its_default():
    assert asdict(Options()) == {
        "signature": "ignore",
        "signature_max_age": 10800,
        "confirm": True,
        "topics": (),
        "extra_domains": (),
        "provider": "oci",
        "account": "",
        "escalation": "join",
        "language": "en",
        "oci_events": "alert",
    }


def test_the_schema_that_is_shown_says_all_of_each_option():
    assert SCHEMA == {"type": "object", "properties": SHOWN, "additionalProperties": False}


def test_each_default_is_one_that_its_own_schema_accepts():
    for each in fields(Options):
        default = list(each.default) if isinstance(each.default, tuple) else each.default
        assert SETTINGS[each.name].accepts(default), each.name


def test_doors_are_the_operators_alone():
    assert {name for name, setting in SETTINGS.items() if setting.operator_only} == OPERATORS


@pytest.mark.parametrize("value", [["a.b"], [], "a.b", None, ["*.com"]])
def test_a_webhook_cannot_set_what_is_the_operators(value):
    defaults = Options(extra_domains=("mine.com",))
    options, (error,) = merge({"extra_domains": value}, defaults)
    assert options == defaults
    assert error.message == (
        "The option extra_domains is refused: the operator of the plugin alone sets it, as ONS_EXTRA_DOMAINS. "
        "Change the webhook's options."
    )


def test_only_signature_and_topics_fail_closed():
    assert {name for name, setting in SETTINGS.items() if setting.fails_closed} == {"signature", "topics"}


@pytest.mark.parametrize(("name", "value"), pairs(ACCEPTED))
def test_a_valid_option_overrides_the_default(name, value):
    options, errors = merge({name: value}, Options(), by_operator=name in OPERATORS)
    assert errors == []
    assert getattr(options, name) == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(("name", "value"), pairs(REFUSED))
def test_a_bad_option_is_an_error_in_words_and_leaves_the_default(name, value):
    defaults = Options(provider="mine", signature_max_age=60)
    options, (error,) = merge({name: value}, defaults, by_operator=name in OPERATORS)
    assert options == defaults
    assert type(error) is ERROR_OPTION
    assert error.name == name
    assert error.message == f"The option {name} is refused: {EXPECTED[name]} expected. Change the webhook's options."


def test_an_unknown_option_is_an_error_that_names_those_there_are():
    options, (error,) = merge({"signatur": "require"}, Options())
    assert options == Options()
    assert error.reason == (
        "unknown option; known options are signature, signature_max_age, confirm, topics, provider, account, escalation, "
        "language, oci_events"
    )
    assert "require" not in error.message.replace("signature", "")


def test_good_options_count_beside_bad_ones_and_each_bad_one_is_an_error():
    options, errors = merge({"provider": "x", "confirm": "no", "nothing": 1, "topics": [TOPIC]}, Options())
    assert options == Options(provider="x", topics=(TOPIC,))
    assert [error.name for error in errors] == ["confirm", "nothing"]


def test_what_is_not_among_the_options_stays_as_the_defaults_have_it():
    assert merge({"confirm": False}, Options(provider="mine"))[0] == Options(provider="mine", confirm=False)


def test_an_option_is_read_from_the_environment_variable_of_its_name():
    assert [option.variable(name) for name in SETTINGS] == [
        "ONS_SIGNATURE",
        "ONS_SIGNATURE_MAX_AGE",
        "ONS_CONFIRM",
        "ONS_TOPICS",
        "ONS_EXTRA_DOMAINS",
        "ONS_PROVIDER",
        "ONS_ACCOUNT",
        "ONS_ESCALATION",
        "ONS_LANGUAGE",
        "ONS_OCI_EVENTS",
    ]


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("ONS_SIGNATURE", "verify", "signature", Signature.VERIFY),
        ("ONS_SIGNATURE", " verify\n", "signature", Signature.VERIFY),
        ("ONS_SIGNATURE_MAX_AGE", " 60 ", "signature_max_age", 60),
        ("ONS_CONFIRM", "false", "confirm", False),
        ("ONS_CONFIRM", "False", "confirm", False),
        ("ONS_CONFIRM", "TRUE", "confirm", True),
        ("ONS_TOPICS", TOPIC, "topics", (TOPIC,)),
        ("ONS_TOPICS", f" {TOPIC} , {TOPIC}2,", "topics", (TOPIC, TOPIC + "2")),
        ("ONS_EXTRA_DOMAINS", "a.b,c.d", "extra_domains", ("a.b", "c.d")),
        ("ONS_PROVIDER", "oracle_cloud", "provider", "oracle_cloud"),
        ("ONS_ACCOUNT", " ocid1.tenancy.oc1..a ", "account", "ocid1.tenancy.oc1..a"),
        ("ONS_ESCALATION", "separate", "escalation", Escalation.SEPARATE),
        ("ONS_LANGUAGE", "ko", "language", Language.KOREAN),
        ("ONS_OCI_EVENTS", "ignore", "oci_events", OciEvents.IGNORE),
    ],
)
def test_the_text_of_a_variable_becomes_a_value_of_the_options_type(variable, text, name, value):
    options = from_environment({variable: text})
    assert getattr(options, name) == value
    assert type(getattr(options, name)) is type(value)


def test_of_many_unknown_options_few_are_named_and_no_known_one_is_missed():
    options = {f"unknown_{i}": 1 for i in range(50_000)} | {"signature": "off"}
    _, errors = merge(options, Options())
    assert [error.name for error in errors] == ["signature", *(f"unknown_{i}" for i in range(5))]


def test_an_empty_variable_counts_as_not_set():
    assert from_environment({option.variable(name): "" for name in SETTINGS} | {"ELSE": "x"}) == Options()


@pytest.mark.parametrize(
    ("variable", "text", "name"),
    [
        ("ONS_SIGNATURE", "private", "signature"),
        ("ONS_SIGNATURE_MAX_AGE", "-60", "signature_max_age"),
        ("ONS_SIGNATURE_MAX_AGE", "60.5", "signature_max_age"),
        ("ONS_CONFIRM", "yes", "confirm"),
        ("ONS_TOPICS", "private,other", "topics"),
        ("ONS_EXTRA_DOMAINS", "*.private", "extra_domains"),
        ("ONS_PROVIDER", "private value", "provider"),
        ("ONS_ACCOUNT", "private\nother", "account"),
        ("ONS_ESCALATION", "private", "escalation"),
        ("ONS_LANGUAGE", "private", "language"),
        ("ONS_OCI_EVENTS", "private", "oci_events"),
    ],
)
def test_a_bad_variable_is_named_and_its_value_is_not(variable, text, name):
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        from_environment({variable: text})
    assert caught.value.message == (
        f"The environment variable {variable} is refused: {EXPECTED[name]} expected. Change it and start again."
    )


def test_a_required_signature_without_topics_is_refused_at_the_start():
    with pytest.raises(ERROR_ENVIRONMENT, match="require needs the option topics"):
        from_environment({"ONS_SIGNATURE": "require"})
    assert from_environment({"ONS_SIGNATURE": "require", "ONS_TOPICS": TOPIC}).signature is Signature.REQUIRE


def test_the_oldest_signature_follows_the_time_for_which_ons_tries():
    assert from_environment({}, retry_hours=24).signature_max_age == 25 * 3600
    assert from_environment({"ONS_SIGNATURE_MAX_AGE": "60"}, retry_hours=24).signature_max_age == 60
