"""Titles and descriptions, at each of their limits."""

import pytest

from plugin.ons.text import described, titled, unescape_html


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
    assert titled("High CPU", names) == title


def test_a_long_title_leaves_room_for_the_names():
    assert titled("t" * 300, ["web-1", "web-2"]) == "t" * 188 + "… (web-1 +1)"
    assert len(titled("t" * 300, ["web-1"])) == 200
    assert titled("t" * 192, ["web-1"]) == "t" * 192 + " (web-1)"


def test_the_names_may_be_put_in_another_form():
    assert titled("Log", ["a", "b"], ": {}") == "Log: a +1"


def test_braces_in_a_name_are_not_read_as_a_form():
    assert titled("t", ["{}{0}"]) == "t ({}{0})"


def test_a_description_is_head_lines_and_link():
    assert described(["head", "", "more"], ["- a", "", "- b"], "https://x") == "head\nmore\n- a\n- b\nhttps://x"


def test_what_is_empty_leaves_no_line():
    assert described(["head"], []) == "head"
    assert described([], ["- a"]) == "- a"
    assert described([], [], "https://x") == "https://x"
    assert described([], []) == ""


def test_a_line_of_the_head_stands_once():
    assert described(["same", "same", "other", "same"], []) == "same\nother"


def test_at_most_20_lines_are_written_and_the_rest_is_counted():
    lines = [f"- {number}" for number in range(25)]
    assert described([], lines[:20]).splitlines() == lines[:20]
    assert described([], lines).splitlines() == [*lines[:20], "and 5 more"]
    assert described([], lines, more=3).splitlines()[-1] == "and 8 more"
    assert described([], lines[:2], more=1).splitlines() == ["- 0", "- 1", "and 1 more"]


def test_a_line_is_cut_at_120_characters():
    assert described([], ["x" * 120]) == "x" * 120
    assert described([], ["x" * 121]) == "x" * 119 + "…"


def test_a_long_head_is_cut_before_lines_and_link():
    text = described(["h" * 5000], ["- a"], "https://x")
    assert len(text) == 4000
    assert text == "h" * 3985 + "…\n- a\nhttps://x"
    assert described(["h" * 3999], []) == "h" * 3999
    assert described(["h" * 4000], []) == "h" * 3998 + "…"


def test_html_entities_of_a_title_are_undone():
    assert unescape_html("CPU &lt; 5 &amp; &#39;x&#39;") == "CPU < 5 & 'x'"


def test_only_the_first_2000_characters_of_a_title_are_looked_at():
    assert unescape_html("x" * 1996 + "&lt;&lt;") == "x" * 1996 + "<"
