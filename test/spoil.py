"""Real messages, spoiled: one value at any depth replaced or removed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from answer import CASES, load

FIXTURES = [load(path) for path in CASES]

PLAIN_VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    7.0,
    1e308,
    float("nan"),
    float("inf"),
    10**30,
    "",
    " ",
    "\x00",
    "\ud800",
    "null",
    "{}",
    "[]",
    "{",
    '{"alarmId": 1}',
    "&lt;b&gt;",
    "$where",
    "a.b",
    "긴급 🔥",
    "x" * 5000,
    "1e999",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"": ""},
    {"a": {"b": {"c": []}}},
    [1, "2", {"3": 4}],
]
VALUES = st.one_of(st.sampled_from(PLAIN_VALUES), st.text(max_size=50), st.floats(), st.integers())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value within, the whole excepted."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


@st.composite
def spoiled_fixtures(draw: st.DrawFn) -> dict[str, Any]:
    body = copy.deepcopy(draw(st.sampled_from(FIXTURES)))
    for _ in range(draw(st.integers(1, 2))):
        found = list(places(body))
        if not found:
            break
        *way, last = draw(st.sampled_from(found))
        parent = body
        for step in way:
            parent = parent[step]
        if draw(st.booleans()):
            parent[last] = copy.deepcopy(draw(VALUES))
        else:
            del parent[last]
    return body
