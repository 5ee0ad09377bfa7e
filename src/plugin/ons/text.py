"""What a person on call reads: titles and descriptions."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from plugin.model.event import LONGEST_DESCRIPTION, LONGEST_TITLE, shorten

MOST_LINES = 20
LONGEST_LINE = 120
LONGEST_NAME = 80


def titled(title: str, names: Sequence[str], form: str = " ({})") -> str:
    """Return `title`, `title (name)` or `title (name +2)`, with room for the names; `form` is how they are put behind it."""
    if not names:
        return title
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    suffix = form.replace("{}", shorten(names[0], LONGEST_NAME) + more)
    return shorten(title, LONGEST_TITLE - len(suffix)) + suffix


def described(head: Iterable[str], lines: Sequence[str], url: str = "", more: int = 0) -> str:
    """Return what a person on call reads: the head, at most MOST_LINES lines, the link. A long head is cut first.

    `more` is the number of further lines that the caller did not even write.
    """
    known = list(filter(None, lines))
    tail = [shorten(line, LONGEST_LINE) for line in known[:MOST_LINES]]
    more += len(known) - len(tail)
    below = "\n".join(filter(None, (*tail, f"and {more} more" if more else "", url)))
    above = "\n".join(dict.fromkeys(filter(None, head)))
    return "\n".join(filter(None, (shorten(above, LONGEST_DESCRIPTION - len(below) - 1), below)))


def unescape_html(title: str) -> str:
    """Return a title with its HTML entities undone: ONS writes `<` as `&lt;`. What is cut anyway is not looked at."""
    return html.unescape(title[: LONGEST_TITLE * 10])
