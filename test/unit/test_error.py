"""The tree of refusals: its codes, its status codes, its texts, and the keys of strangers that a text may show."""

import re

import pytest

from plugin import error
from plugin.error import (
    ERROR_BUSY,
    ERROR_CERTIFICATE,
    ERROR_CODES,
    ERROR_CONFIRMATION_OFF,
    ERROR_CONFIRMATION_URL,
    ERROR_DEFECT,
    ERROR_ENVIRONMENT,
    ERROR_FIELD,
    ERROR_MESSAGE,
    ERROR_ONS,
    ERROR_OPTION,
    ERROR_SIGNATURE,
    ERROR_TOO_LARGE,
    ERROR_TOPIC,
    ERROR_UNCONFIRMED,
    ERROR_UNKNOWN_KIND,
    ERROR_UNTRUSTED,
    limit_bytes,
    printable_key,
)

DRAWN = re.compile(r"^([ |]*)[|`]-- (ERROR_[A-Z_]+)(?:\s+([A-Z]+(?:_[A-Z]+)?)\s)?", re.MULTILINE)
TEXTS = [
    (ERROR_MESSAGE(reason="why"), "The message cannot be read: why. Its sender must change it."),
    (ERROR_FIELD("a.b", "text"), "The message cannot be read: a.b: text expected. Its sender must change it."),
    (ERROR_TOO_LARGE(reason="why"), "The message is too large: why. Its sender must make it smaller."),
    (
        ERROR_UNKNOWN_KIND(["b", "a"]),
        "Unknown message type: its keys are a, b. Its sender must publish one that is listed at "
        "https://github.com/cloudforet-io/plugin-oci-ons-mon-webhook#kinds-of-message.",
    ),
    (ERROR_OPTION("topics", "why"), "The option topics is refused: why. Change the webhook's options."),
    (
        ERROR_ENVIRONMENT("ONS_X", "why"),
        "The environment variable ONS_X is refused: why. Change it and start again.",
    ),
    (ERROR_UNTRUSTED("why"), "The sender is not trusted: why."),
    (ERROR_SIGNATURE("why"), "The signature check failed: why. If you trust the sender, have the message signed again."),
    (ERROR_TOPIC("why"), "The topic is not trusted: why. If it is yours, add its OCID to the option topics."),
    (
        ERROR_CONFIRMATION_URL(),
        "The confirmation link is not one of Oracle's Notification Service, so it was not opened. If your realm's domain is "
        "new, let the operator add it to ONS_EXTRA_DOMAINS, and choose Resend confirmation in the OCI console.",
    ),
    (
        ERROR_CONFIRMATION_OFF(),
        "ONS asks to confirm a subscription, but the option confirm is false. If the subscription is yours, open the link in "
        "the event's raw data.",
    ),
    (
        ERROR_UNCONFIRMED(reason="why"),
        "The subscription is not confirmed: why. Choose Resend confirmation in the OCI console, or open the link in the "
        "event's raw data.",
    ),
    (
        ERROR_CERTIFICATE(reason="why"),
        "The signature cannot be checked, because its certificate cannot be fetched: why. Let the plugin reach it, or set "
        "the option signature to ignore.",
    ),
    (
        ERROR_BUSY(),
        "Too many large messages are being read at once. Send this one again later, or make it smaller.",
    ),
    (
        ERROR_DEFECT(kind="KeyError"),
        "A defect of the plugin (KeyError). Report it with the event's raw data and the log line `defect: …`.",
    ),
]


def family(root=ERROR_ONS):
    """All classes of the family that the plugin has, its root first."""
    ours = [root] if root.__module__ == error.__name__ else []
    return ours + [member for child in root.__subclasses__() for member in family(child)]


def drawn():
    """Yield (name, name of the base, status) for each line of the tree in the docstring."""
    bases = {}
    for line in DRAWN.finditer(error.__doc__):
        depth = len(line[1])
        bases[depth] = line[2]
        nearest = max((d for d in bases if d < depth), default=None)
        yield line[2], bases[nearest] if nearest is not None else "ERROR_ONS", line[3]


def test_the_docstring_draws_the_tree_as_it_is():
    assert {(name, base) for name, base, _ in drawn()} == {
        (member.__name__, member.__bases__[0].__name__) for member in family() if member is not ERROR_ONS
    }


@pytest.mark.parametrize(("name", "base", "status"), list(drawn()))
def test_each_error_has_the_status_that_the_docstring_draws(name, base, status):
    assert getattr(error, name)._status_code == (status or getattr(error, base)._status_code)


def test_the_codes_are_those_of_each_class_with_a_message():
    assert set(ERROR_CODES) == {member.__name__ for member in family() if "_message" in vars(member)}
    assert len(ERROR_CODES) == len(set(ERROR_CODES)) == 15


@pytest.mark.parametrize(("refusal", "text"), TEXTS, ids=lambda value: getattr(value, "error_code", ""))
def test_each_error_says_who_must_act(refusal, text):
    assert refusal.message == text
    assert refusal.error_code == type(refusal).__name__


def test_each_error_with_a_message_is_held_to_its_words():
    assert {refusal.error_code for refusal, _ in TEXTS} == set(ERROR_CODES)


def test_untrusted_and_options_carry_the_facts_of_their_text():
    assert ERROR_TOPIC("why").reason == ERROR_SIGNATURE(reason="why").reason == "why"
    refused = ERROR_OPTION("na\nme", "why")
    assert (refused.name, refused.reason) == ("na\nme", "why")
    assert "The option name is refused" in refused.message


def test_braces_of_a_stranger_are_not_read_as_a_format():
    assert "{0.__class__}" in ERROR_UNKNOWN_KIND(["{0.__class__}"]).message
    assert "{x}" in ERROR_OPTION("{x}", "why").message


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("", ""),
        ("dedupeKey", "dedupeKey"),
        ("키 🔑", "키 🔑"),
        ("a\nb\x1b[31m\u202ec", "ab[31mc"),
        ("k" * 40, "k" * 40),
        ("k" * 41, "k" * 40 + "…"),
        ("k" * 40 + "\n" + "k", "k" * 40),
        ("k" * 1000, "k" * 40 + "…"),
    ],
)
def test_a_strangers_key_is_shown_printable_and_at_most_40_long(key, shown):
    assert printable_key(key) == shown


@pytest.mark.parametrize(
    ("count", "end"),
    [(1, "k00"), (20, "k19"), (21, "k19 and 1 more"), (100, "k19 and 80 more")],
)
def test_a_message_of_no_kind_names_at_most_20_keys(count, end):
    text = ERROR_UNKNOWN_KIND(f"k{number:02}" for number in reversed(range(count))).message
    listed = ", ".join(f"k{number:02}" for number in range(min(count, 20)))
    assert f"its keys are {listed}" in text
    assert f"{end}. Its sender" in text


def test_a_message_without_keys_is_said_to_be_empty():
    assert "Unknown message type: it is empty. Its sender" in ERROR_UNKNOWN_KIND({}).message


def test_a_long_or_unprintable_key_is_cut_in_the_list_too():
    assert "its keys are ab, " + "k" * 40 + "…." in ERROR_UNKNOWN_KIND(["a\nb", "k" * 50]).message


def written(text):
    """How many bytes gRPC writes: all but printable ASCII, and the percent sign, is percent-encoded."""
    return sum(1 if " " <= chr(byte) <= "~" and byte != ord("%") else 3 for byte in text.encode(errors="replace"))


@pytest.mark.parametrize("character", ["a", " ", "~", "%", "\n", "\x7f", "é", "한", "🔥"])
def test_a_refusal_is_cut_to_2000_bytes_as_grpc_writes_them(character):
    size = written(character)
    fitting = character * (1991 // size)
    assert limit_bytes(fitting) == fitting
    cut = limit_bytes(character * 5000)
    assert cut == fitting + "…"
    assert 2000 - size < written(cut) <= 2000


def test_half_of_a_surrogate_pair_is_counted_as_what_it_is_replaced_by():
    assert written(limit_bytes("\ud800" * 5000)) <= 2000
