"""Fuzz the pure core: mutated messages are understood, ignored or refused, and every event can be stored.

Coverage-guided (atheris): an input is the JSON of a message, and a mutation replaces, removes, copies, multiplies or nests one
value in it. No message may take more than MAX_CPU_SECONDS. A summary is printed at the end.
"""

from __future__ import annotations

import copy
import hashlib
import json
import multiprocessing
import os
import random
import sys
import time
from typing import Any

import atheris

with atheris.instrument_imports(include=["plugin"]):
    from corpus.cases import CASES, FIXTURES, answer, events, load_message

from corpus.spoil import STRANGE_VALUES, parent_of, places
from corpus.storable import check
from plugin_process import ROOT

FAILURES = FIXTURES / "found"
CORPUS, ARTIFACTS = ROOT / ".fuzz/corpus", ROOT / ".fuzz/artifacts"
found: Any = multiprocessing.Array("d", 4)  # seconds of the most expensive message, its bytes, the most levels, messages
MAX_INPUT_BYTES = 64 * 1024  # of an input
MAX_CPU_SECONDS = 0.5  # for a message, the minimum of three tries
MAX_COPIES = 2000  # of a text or of an item
MAX_LEVELS = 100  # of nesting around a value
MAX_NESTED_PLACES = 200  # of a message that gets another envelope


def main() -> None:
    """Fuzz; write a failing message as a fixture, and exit with a status other than 0."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    for folder in (CORPUS, ARTIFACTS):
        folder.mkdir(parents=True, exist_ok=True)
    for path in CASES:
        (CORPUS / f"{path.parent.name}-{path.name}").write_text(json.dumps(load_message(path)), encoding="utf-8")
    limits = [f"-max_total_time={seconds}", f"-max_len={MAX_INPUT_BYTES}", "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"]
    options = [*limits, "-print_final_stats=1", f"-artifact_prefix={ARTIFACTS}/", str(CORPUS)]
    if child := os.fork():  # the fuzzer exits without a summary
        _, status = os.waitpid(child, 0)
        print_summary()
        sys.exit(os.waitstatus_to_exitcode(status))
    atheris.Setup([sys.argv[0], *options], run, custom_mutator=mutate)  # its destructors hang at a normal exit
    atheris.Fuzz()


def run(data: bytes) -> None:
    """Parse one message; write it if that fails."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(body, dict):
        return
    try:
        for event in events(answer(body)):
            check(event)
        check_cost(body, len(data))
    except Exception:
        keep(data)
        raise


def check_cost(body: dict[str, Any], size: int) -> None:
    """Raise AssertionError for a message that takes too long, and update the summary."""
    found[2], found[3] = max(found[2], depth_of(body)), found[3] + 1
    cost = cost_of(body)
    if cost > found[0]:
        cost = min(cost, cost_of(body), cost_of(body))  # the machine may have been busy
    if cost > found[0]:
        found[0], found[1] = cost, size
    assert cost <= MAX_CPU_SECONDS, f"{cost:.2f} s for a message of {size} bytes"


def print_summary() -> None:
    """Print the summary."""
    seconds, size, levels, messages = found[:]
    print(
        f"Of {messages:.0f} messages, the deepest of {levels:.0f} levels, the most expensive has {size:.0f} bytes "
        f"and costs {seconds * 1000:.0f} ms of the CPU; {MAX_CPU_SECONDS * 1000:.0f} ms are allowed.",
        file=sys.stderr,
    )


def depth_of(body: dict[str, Any]) -> int:
    """Return the depth of nested objects and lists."""
    return max(map(len, places(body)), default=0) + 1


def cost_of(body: dict[str, Any]) -> float:
    """Return the seconds of the CPU that the answer to a message takes."""
    before = time.process_time()
    answer(body)
    return time.process_time() - before


def keep(data: bytes) -> None:
    """Write a failing message to test/fixture/found, as a new test case."""
    FAILURES.mkdir(exist_ok=True)
    (FAILURES / f"{hashlib.sha256(data).hexdigest()[:12]}.json").write_bytes(data)


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Return the message with one to three mutations."""
    chance = random.Random(seed)
    try:
        body = json.loads(data)
        if not isinstance(body, dict):
            raise ValueError
    except (ValueError, RecursionError):
        body = load_message(chance.choice(CASES))
    for _ in range(chance.randint(1, 3)):
        body = mutate_once(body, chance)
    try:
        mutated = json.dumps(body).encode()
    except (ValueError, RecursionError):
        return data
    return mutated if len(mutated) <= max_size else data


def mutate_once(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the message with one value replaced, removed, renamed, multiplied, nested or mutated, or in a further envelope."""
    all_places = list(places(body))
    if not all_places:
        return load_message(chance.choice(CASES))
    place = chance.choice(all_places)
    parent, key = parent_of(body, place), place[-1]
    kind = chance.randrange(8)
    if kind == 0:
        del parent[key]
    elif kind == 1:
        parent[key] = copy.deepcopy(chance.choice(STRANGE_VALUES))
    elif kind == 2:
        parent[key] = value_of_another(chance)
    elif kind == 3 and isinstance(parent, dict):  # under another key
        parent[chance.choice(list(load_message(chance.choice(CASES))) or [""])] = parent.pop(key)
    elif kind == 4:  # as text within the text of an envelope
        nested = {"type": "Notification", "message": json.dumps(body)}
        return nested if len(all_places) < MAX_NESTED_PLACES else body
    elif kind == 5:  # many of it
        many = chance.randrange(min(MAX_COPIES, MAX_INPUT_BYTES // max(len(json.dumps(parent[key])), 1)) + 1)
        value = parent[key]
        if isinstance(value, str):  # a part of the text, which may be a word of a pattern
            start, end = sorted(chance.randrange(len(value) + 1) for _ in range(2))
            parent[key] = value[:end] + value[start:end] * many
        else:
            parent[key] = value * many if isinstance(value, list) else [value] * many
    elif kind == 6:  # deep within objects or lists
        for level in range(chance.randrange(MAX_LEVELS)):
            parent[key] = [parent[key]] if level % 2 else {key if isinstance(key, str) else "x": parent[key]}
    else:
        mutated: bytes = atheris.Mutate(json.dumps(parent[key]).encode()[:4096], 4096)
        parent[key] = mutated.decode("utf-8", "surrogateescape")
    return body


def value_of_another(chance: random.Random) -> Any:
    """Return a value of another message, or that message as a whole."""
    other = load_message(chance.choice(CASES))
    place = chance.choice([(), *places(other)])
    return parent_of(other, place)[place[-1]] if place else other


if __name__ == "__main__":
    main()
