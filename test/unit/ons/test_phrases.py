"""Our own words: each language has every phrase, and takes the same numbers."""

import string
from dataclasses import asdict, fields

import pytest

from plugin.ons.phrases import ENGLISH, KOREAN, PHRASES, Phrases
from plugin.setting.option import SETTINGS

TAKES = {"moved": ("CRITICAL",), "more": (7,), "batch": (2, 40)}


def gaps(phrase):
    """How many values a phrase takes."""
    return sum(name is not None for _, name, _, _ in string.Formatter().parse(phrase))


def test_the_languages_are_those_of_the_option():
    assert list(PHRASES) == SETTINGS["language"].schema["enum"] == ["en", "ko"]
    assert (PHRASES["en"], PHRASES["ko"]) == (ENGLISH, KOREAN)


@pytest.mark.parametrize("name", [field.name for field in fields(Phrases)])
@pytest.mark.parametrize("language", PHRASES)
def test_every_language_has_each_phrase_and_it_takes_what_it_is_given(language, name):
    phrase = getattr(PHRASES[language], name)
    assert phrase and phrase == phrase.strip() and phrase.isprintable()
    assert gaps(phrase) == len(TAKES.get(name, ()))
    for value in TAKES.get(name, ()):
        assert str(value) in phrase.format(*TAKES[name])


def test_only_english_is_ascii_so_each_phrase_has_its_korean():
    assert all(phrase.isascii() for phrase in asdict(ENGLISH).values())
    assert not any(phrase.isascii() for phrase in asdict(KOREAN).values())


def test_numbers_stand_in_the_order_of_each_language():
    assert ENGLISH.batch.format(2, 40) == "OCI batch: 2 of 40 records could not be read"
    assert KOREAN.batch.format(2, 40) == "OCI 일괄 메시지: 전체 40건 중 2건을 읽을 수 없음"
    assert [phrases.more.format(7) for phrases in PHRASES.values()] == ["and 7 more", "외 7건"]
    assert [phrases.moved.format("ERROR") for phrases in PHRASES.values()] == [
        "The severity is now ERROR",
        "심각도가 ERROR(으)로 변경됨",
    ]


def test_phrases_cannot_be_changed():
    with pytest.raises(AttributeError):
        ENGLISH.alarm = "x"
