"""Mutated messages: one or two values at any depth replaced or removed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from corpus.cases import CASES, load_message

MESSAGES = [load_message(path) for path in CASES]

STRANGE_VALUES: list[Any] = [
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
VALUES = st.one_of(st.sampled_from(STRANGE_VALUES), st.text(max_size=50), st.floats(), st.integers())

Place = tuple[str | int, ...]  # the keys and indexes on the way to a value


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """Yield the path of each nested value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def parent_of(body: Any, place: Place) -> Any:
    """Return the object or list that holds the value at a place."""
    for step in place[:-1]:
        body = body[step]
    return body


def replace_one(body: dict[str, Any], choice: Callable[[list[Any]], Any]) -> None:
    """Replace one value by an unusual one; `choice` picks from a list."""
    if all_places := list(places(body)):
        place = choice(all_places)
        parent_of(body, place)[place[-1]] = copy.deepcopy(choice(STRANGE_VALUES))


@st.composite
def spoiled_fixtures(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a message of the fixtures in which one or two values are replaced or removed."""
    body: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(MESSAGES)))
    for _ in range(draw(st.integers(1, 2))):
        all_places = list(places(body))
        if not all_places:
            break
        place = draw(st.sampled_from(all_places))
        parent = parent_of(body, place)
        if draw(st.booleans()):
            parent[place[-1]] = copy.deepcopy(draw(VALUES))
        else:
            del parent[place[-1]]
    return body
