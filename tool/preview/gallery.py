"""The gallery: the messages of the tests, by kind."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.cases import CASES, case_name, load, load_message


@dataclass(frozen=True)
class Sample:
    """A message of the gallery, the options of its webhook, and its arrival ("" for any time)."""

    text: str
    options: Mapping[str, Any] = field(default_factory=dict)
    arrival: str = ""


@functools.cache
def by_kind() -> Mapping[str, tuple[str, ...]]:
    """Return the names of the samples, `kind/case`, by kind."""
    names: dict[str, list[str]] = {}
    for path in CASES:
        names.setdefault(path.parent.name, []).append(case_name(path))
    return {kind: tuple(each) for kind, each in names.items()}


def sample(name: str) -> Sample | None:
    """Return a sample, or None if there is none of that name."""
    path = _paths().get(name)
    if path is None:
        return None
    content, message = load(path), load_message(path)
    text = json.dumps(message, indent=2, ensure_ascii=False)
    return Sample(text) if message == content else Sample(text, content.get("options", {}), content.get("now", ""))


@functools.cache
def _paths() -> Mapping[str, Path]:
    return {case_name(path): path for path in CASES}
