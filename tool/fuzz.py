"""Fuzz the pure core: real messages, spoiled, are understood, silent or refused, and every event can be stored.

Coverage-guided (atheris): an input is the JSON of a message, and a mutation replaces, removes or copies one value in it.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
import sys
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["plugin"]):
    from answer import CASES, FIXTURES, answer, load
    from plugin.ons import message  # noqa: F401 - instrumented

from spoil import PLAIN_VALUES, places
from storable import check

FOUND = FIXTURES / "found"
WORK = Path(__file__).parent.parent / ".fuzz"
CORPUS, ARTIFACTS = WORK / "corpus", WORK / "artifacts"
LONGEST = 64 * 1024


def main() -> None:
    """Fuzz for so many seconds; keep what fails as a fixture and end with a status other than 0."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    for folder in (CORPUS, ARTIFACTS):
        folder.mkdir(parents=True, exist_ok=True)
    for path in CASES:
        (CORPUS / f"{path.parent.name}-{path.name}").write_text(json.dumps(load(path)), encoding="utf-8")
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"]
    options = [*limits, "-print_final_stats=1", f"-artifact_prefix={ARTIFACTS}/", str(CORPUS)]
    atheris.Setup([sys.argv[0], *options], run, custom_mutator=mutate)
    atheris.Fuzz()  # ends the process


def run(data: bytes) -> None:
    """Answer one message; keep it where that fails."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(body, dict):
        return
    try:
        answered = answer(body)
        if "event" in answered:
            check(answered["event"])
    except Exception:
        keep(data)
        raise


def keep(data: bytes) -> None:
    """Write a message that fails to test/fixture/found, where it is a case from now on."""
    FOUND.mkdir(exist_ok=True)
    (FOUND / f"{hashlib.sha256(data).hexdigest()[:12]}.json").write_bytes(data)


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Return the message with one to three of its values replaced, removed, copied or mutated."""
    chance = random.Random(seed)
    try:
        body = json.loads(data)
        if not isinstance(body, dict):
            raise ValueError
    except (ValueError, RecursionError):
        body = load(chance.choice(CASES))
    for _ in range(chance.randint(1, 3)):
        body = spoiled(body, chance)
    try:
        mutated = json.dumps(body).encode()
    except (ValueError, RecursionError):
        return data
    return mutated if len(mutated) <= max_size else data


def spoiled(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the message with one of its values changed."""
    found = list(places(body))
    if not found:
        return load(chance.choice(CASES))
    *way, last = chance.choice(found)
    parent: Any = body
    for step in way:
        parent = parent[step]
    kind = chance.randrange(6)
    if kind == 0:
        del parent[last]
    elif kind == 1:
        parent[last] = copy.deepcopy(chance.choice(PLAIN_VALUES))
    elif kind == 2:  # the value of another place
        other: Any = load(chance.choice(CASES))
        for step in chance.choice([(), *places(other)]):
            other = other[step]
        parent[last] = other
    elif kind == 3 and isinstance(parent, dict):  # under another key
        parent[chance.choice(list(load(chance.choice(CASES))) or [""])] = parent.pop(last)
    elif kind == 4:  # as text within the text of an envelope
        return {"type": "Notification", "message": json.dumps(body)} if len(found) < 200 else body
    else:
        mutated = atheris.Mutate(json.dumps(parent[last]).encode()[:4096], 4096)
        parent[last] = mutated.decode("utf-8", "surrogateescape")
    return body


if __name__ == "__main__":
    main()
