"""What a person on call reads: titles, descriptions, numbers."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence

from plugin.model.event import MAX_DESCRIPTION, MAX_TITLE, shorten
from plugin.ons.phrases import Phrases
from plugin.ons.read import clean

_VARIABLE = re.compile(r"\{\{[^{}]{0,200}\}\}(?: ?%)?")
_ORPHANED_SPACE = re.compile(r" ([.,;:!?)])")  # left by a variable
_LABEL = re.compile(r"[\w ]{1,40}[:=]$")  # "Value: " without a value

MAX_LINES = 20
MAX_LINE = 240  # of a metric stream; less if there are many
MAX_TAIL = 1000  # characters for rules and place
MAX_LINKS = 1200
MAX_HEAD_LINES = 3  # above the lines of the metric streams
MIN_HEAD = 300  # kept of the alarm author's text
MAX_NAME_IN_TITLE = 80  # of a resource in a title
DIGITS = 4  # significant, of a number
BINARY_UNITS = ("B", "B/s")
BINARY_PREFIXES = ("", "Ki", "Mi", "Gi", "Ti", "Pi")


def title_with(title: str, names: Sequence[str]) -> str:
    """Return `title`, `title (name)` or `title (name +2)`, cut so that the names fit."""
    if not names:
        return title
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    suffix = f" ({shorten(names[0], MAX_NAME_IN_TITLE)}{more})"
    return shorten(title, MAX_TITLE - len(suffix)) + suffix


def describe(
    phrases: Phrases,
    head: Iterable[str],
    lines: Sequence[str],
    tail: Sequence[str] = (),
    links: Sequence[str] = (),
    omitted: int = 0,
) -> str:
    """Return what a person on call reads: the head, at most MAX_LINES lines, the tail (rules, place) and the links.

    What is too long is cut, the head first. A line is cut in its middle, because it begins with a name and ends with a value;
    a link is whole or left out. `omitted` is the number of lines that the caller left out.
    """
    shown, rules = list(filter(None, lines)), list(filter(None, tail))
    omitted += max(0, len(shown) - MAX_LINES)
    more = phrases.more.format(omitted) if omitted else ""
    rules = [shorten_middle(rule, MAX_TAIL // len(rules)) for rule in rules]
    ending = "\n".join(filter(None, (more, *rules, *_fit_links(links))))
    available = MAX_DESCRIPTION - MIN_HEAD - len(ending)
    line_limit = min(MAX_LINE, available // max(1, min(len(shown), MAX_LINES)) - 1)
    written = _cut_lines(shown[:MAX_LINES], line_limit)
    below = "\n".join(filter(None, (*written, ending)))
    above = shorten("\n".join(dict.fromkeys(filter(None, head))), MAX_DESCRIPTION - len(below) - 1)
    if above.count("\n") >= MAX_HEAD_LINES and written:
        first, _, rest = above.partition("\n")  # SpaceONE's console folds what follows the fifth line
        return "\n".join(filter(None, (first, *written, rest, ending)))
    return "\n".join(filter(None, (above, below)))


def shorten_middle(text: str, limit: int) -> str:
    """Return the text, cut in its middle to the limit if it is longer; a third of the rest is its beginning."""
    if len(text) <= limit:
        return text
    start = limit // 3
    return f"{text[:start]}…{text[len(text) - (limit - start - 1) :]}"


def _cut_lines(lines: Iterable[str], limit: int) -> list[str]:
    """Cut each line in its middle to the limit; number lines that only look alike once cut."""
    counts: dict[str, int] = {}
    written = []
    for line in lines:
        short = shorten_middle(line, limit)
        count = counts[short] = counts.get(short, 0) + 1
        number = f" #{count}" if count > 1 and short != line else ""
        written.append(shorten_middle(line, limit - len(number)) + number)
    return written


def _fit_links(links: Iterable[str]) -> list[str]:
    """Return the distinct links that fit, in order."""
    fitting, available = [], MAX_LINKS
    for link in dict.fromkeys(filter(None, links)):
        available -= len(link) + 1
        if available >= 0:
            fitting.append(link)
    return fitting


def label_value(label: str, value: str) -> str:
    """Return `label: value`, or "" where there is no value."""
    return f"{label}: {value}" if value else ""


def unescape_html(text: str) -> str:
    """Return a text with its HTML entities unescaped once: ONS writes `<` as `&lt;`."""
    try:
        return clean(html.unescape(text)) if "&" in text else text
    except ValueError:  # Python reads no number of more than 4,300 digits
        return text


def without_variables(text: str) -> str:
    """Return a text without unresolved variables of OCI Monitoring, and without lines that have nothing else.

    https://docs.oracle.com/en-us/iaas/Content/Monitoring/Tasks/dynamic-variables.htm
    """
    if "{{" not in text:
        return text
    lines = []
    for line in text.split("\n"):
        remaining = _VARIABLE.sub("", line)
        words = " ".join(remaining.split())
        if remaining == line:
            lines.append(line)
        elif _LABEL.sub("", words).strip(" :=-,.()[]"):
            lines.append(_ORPHANED_SPACE.sub(r"\1", words))
    return "\n".join(lines).strip()


def format_measurement(value: str, unit: str) -> str:
    """Return a readable value: `91.12 %`, `1.5 GiB`; text that is no number is unchanged."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        return f"{value} {unit}".rstrip()
    if unit in BINARY_UNITS and abs(number) >= 1024:
        power = min(int(math.log(abs(number), 1024)), len(BINARY_PREFIXES) - 1)
        return f"{_round(number / 1024**power)} {BINARY_PREFIXES[power]}{unit}"
    return f"{_round(number)} {unit}".rstrip()


def _round(number: float) -> str:
    """Write a number with DIGITS significant digits, but all of its integer digits."""
    if number == 0:
        return "0"
    before_point = math.floor(math.log10(abs(number))) + 1
    written = f"{number:.{max(DIGITS - before_point, 0)}f}" if before_point > -DIGITS else f"{number:.{DIGITS}g}"
    return written.rstrip("0").rstrip(".") if "." in written and "e" not in written else written
