"""Text for a terminal: without escape sequences, and wrapped at words.

Continuation lines are indented below the text.
"""

from __future__ import annotations

import re
import textwrap

COLUMNS = re.compile(r"( *)((?:- |\S+ {2,})*)")
MIN_TEXT = 30  # columns that are left for the text beside its indent


def printable(text: str, keep: str = "") -> str:
    """Return a text without unprintable characters, except those in `keep`."""
    return "".join(c if c.isprintable() or c in keep else "?" for c in text)


def hanging(text: str, width: int) -> str:
    """Return a text wrapped at words to a width."""
    return "\n".join(_hang(line, width) for line in text.split("\n"))


def _hang(line: str, width: int) -> str:
    found = COLUMNS.match(line)
    spaces, columns = (len(group) for group in found.groups()) if found else (0, 0)
    indent = spaces + (columns or (2 if spaces else 0))
    indent = indent if indent <= width - MIN_TEXT else spaces + 2
    return textwrap.fill(line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
