"""Titles, descriptions and numbers, at each of their limits."""

import pytest

from plugin.model.event import MAX_DESCRIPTION
from plugin.ons.phrases import ENGLISH, KOREAN
from plugin.ons.text import MIN_HEAD, describe, format_measurement, label_value, title_with, unescape_html


@pytest.mark.parametrize(
    ("names", "title"),
    [
        ([], "High CPU"),
        (["web-1"], "High CPU (web-1)"),
        (["web-1", "web-2"], "High CPU (web-1 +1)"),
        (["web-1", "web-2", "web-3"], "High CPU (web-1 +2)"),
        (["n" * 80], f"High CPU ({'n' * 80})"),
        (["n" * 81], f"High CPU ({'n' * 79}…)"),
    ],
)
def test_a_title_names_the_first_resource_and_how_many_more(names, title):
    assert title_with("High CPU", names) == title


def test_a_long_title_leaves_room_for_the_names():
    assert title_with("t" * 300, ["web-1", "web-2"]) == "t" * 188 + "… (web-1 +1)"
    assert len(title_with("t" * 300, ["web-1"])) == 200
    assert title_with("t" * 192, ["web-1"]) == "t" * 192 + " (web-1)"


def test_braces_in_a_name_are_not_read_as_a_form():
    assert title_with("t", ["{}{0}"]) == "t ({}{0})"


def test_a_description_is_head_lines_and_tail():
    text = describe(ENGLISH, ["head", "", "more"], ["- a", "", "- b"], ["Rule: x", "", "https://x"])
    assert text == "head\nmore\n- a\n- b\nRule: x\nhttps://x"


def test_what_is_empty_leaves_no_line():
    assert describe(ENGLISH, ["head"], []) == "head"
    assert describe(ENGLISH, [], ["- a"]) == "- a"
    assert describe(ENGLISH, [], [], ["https://x"]) == "https://x"
    assert describe(ENGLISH, [], []) == ""


def test_a_line_of_the_head_stands_once():
    assert describe(ENGLISH, ["same", "same", "other", "same"], []) == "same\nother"


def test_at_most_20_lines_are_written_and_the_rest_is_counted():
    lines = [f"- {number}" for number in range(25)]
    assert describe(ENGLISH, [], lines[:20]).splitlines() == lines[:20]
    assert describe(ENGLISH, [], lines[:21]).splitlines() == [*lines[:20], "and 1 more"]
    assert describe(ENGLISH, [], lines, ["tail"]).splitlines() == [*lines[:20], "and 5 more", "tail"]
    assert describe(ENGLISH, [], lines, omitted=3).splitlines()[-1] == "and 8 more"
    assert describe(ENGLISH, [], lines[:2], omitted=1).splitlines() == ["- 0", "- 1", "and 1 more"]
    assert describe(KOREAN, [], lines).splitlines()[-1] == "외 5건"


def test_empty_lines_are_not_counted_among_the_20():
    lines = ["", *[f"- {number}" for number in range(20)], ""]
    assert describe(ENGLISH, [], lines).splitlines() == lines[1:-1]


def test_a_line_of_more_than_240_characters_is_cut_in_its_middle():
    assert describe(ENGLISH, [], ["x" * 240]) == "x" * 240
    assert describe(ENGLISH, [], ["- name" + "x" * 240 + ": cpu = 90 %"]).startswith("- name")
    assert describe(ENGLISH, [], ["- name" + "x" * 240 + ": cpu = 90 %"]).endswith("x: cpu = 90 %")
    assert describe(ENGLISH, [], ["x" * 241]) == "x" * 80 + "…" + "x" * 159


def test_a_link_is_whole_or_left_out():
    links = ["https://a/" + "a" * 800, "https://b/" + "b" * 800, "https://c/", "https://c/"]
    assert describe(ENGLISH, ["head"], [], [], links).splitlines() == ["head", links[0]]
    assert describe(ENGLISH, ["head"], [], ["Rule: x"], links[2:]).splitlines() == ["head", "Rule: x", "https://c/"]


def test_a_huge_head_is_cut_and_lines_and_tail_are_kept():
    text = describe(ENGLISH, ["h" * 5000], ["- a"], ["Rule: y", "https://x"])
    assert text == "h" * 3977 + "…\n- a\nRule: y\nhttps://x"
    assert len(text) == 4000
    lines = [f"- {number:02} " + "x" * 100 for number in range(20)]
    text = describe(ENGLISH, ["h" * 100_000], lines, ["https://x"])
    assert len(text) == 4000
    assert text.splitlines()[1:] == [*lines, "https://x"]


def test_a_head_alone_has_all_but_one_of_4000_characters():
    assert describe(ENGLISH, ["h" * 3999], []) == "h" * 3999
    assert describe(ENGLISH, ["h" * 4000], []) == "h" * 3998 + "…"
    assert describe(ENGLISH, ["h" * 3995], ["- a"]) == "h" * 3995 + "\n- a"  # wholly, without a line to spare
    assert len(describe(ENGLISH, ["h" * 3996], ["- a"])) <= 4000


def test_each_part_of_a_description_keeps_some_room():
    lines = [f"{number:02}" + "l" * 300 for number in range(40)]
    written = describe(ENGLISH, ["h" * 60_000], lines, ["Rule: " + "r" * 1900], ["https://x/" + "y" * 900]).split("\n")
    assert len("\n".join(written)) <= MAX_DESCRIPTION
    assert len(written[0]) >= MIN_HEAD
    assert [line[:2] for line in written[1:21]] == [f"{number:02}" for number in range(20)]
    assert written[21] == "and 20 more"
    assert written[22].startswith("Rule: r") and written[23] == "https://x/" + "y" * 900


def test_a_value_has_its_label_and_without_a_value_there_is_none():
    assert label_value("Rule", "x") == "Rule: x"
    assert label_value("Rule", "") == ""


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("91.123456", "%", "91.12 %"),
        ("91.126", "%", "91.13 %"),
        ("85.5", "%", "85.5 %"),
        ("7", "", "7"),
        ("7.0", "", "7"),
        ("100", "%", "100 %"),
        ("0.00", "%", "0 %"),
        ("-0.0", "", "0"),
        ("-3.14159", "", "-3.142"),
        ("1234567", "", "1234567"),
        ("1234567.89", "", "1234568"),
        ("12345.6", "ms", "12346 ms"),
        ("1234.5678", "", "1235"),
        ("123.456", "", "123.5"),
        ("9.99999", "", "10"),
        ("0.123456", "s", "0.1235 s"),
        ("0.0001234567", "s", "0.0001235 s"),
        ("0.00001234567", "s", "1.235e-05 s"),
        ("0.0000001", "s", "1e-07 s"),
        ("1000000", "", "1000000"),
        ("1e22", "", "10000000000000000000000"),
        ("1023", "B", "1023 B"),
        ("1024", "B", "1 KiB"),
        ("-1024", "B", "-1 KiB"),
        ("1536", "B/s", "1.5 KiB/s"),
        ("1610612736", "B", "1.5 GiB"),
        ("1048576", "B", "1 MiB"),
        ("1073741824", "B", "1 GiB"),
        ("1099511627776", "B", "1 TiB"),
        ("1125899906842624", "B", "1 PiB"),
        ("1152921504606846976", "B", "1024 PiB"),
        ("0", "B", "0 B"),
        ("0.5", "B", "0.5 B"),
        ("2048", "MB/s", "2048 MB/s"),
        ("NaN", "%", "NaN %"),
        ("inf", "B", "inf B"),
        ("-Infinity", "", "-Infinity"),
        ("1e999", "B", "1e999 B"),
        ("many", "%", "many %"),
        ("many", "", "many"),
        ("92 %", "", "92 %"),
        ("", "%", " %"),
    ],
)
def test_a_number_is_written_with_four_significant_digits_and_its_unit(value, unit, text):
    assert format_measurement(value, unit) == text


def test_html_entities_of_a_title_are_undone():
    assert unescape_html("CPU &lt; 5 &amp; &#39;x&#39;") == "CPU < 5 & 'x'"


def test_an_entity_brings_no_control_character_into_a_title():
    assert unescape_html("a&#27;b&#x9f;c&#0;") == "abŸc\ufffd"
