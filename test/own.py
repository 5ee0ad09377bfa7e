"""Cases with unique alarms, because a served plugin remembers recoveries of earlier tests."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

from corpus.cases import Case, events, golden, load_case

SHORT = 3  # characters; such a key stands in other words too


def own(path: Path) -> tuple[Case, dict[str, Any]]:
    """Return the case in a fixture file and the expected answer, with keys that no other call has returned."""
    case, unique = load_case(path), uuid.uuid4().hex[:12]
    answer = golden(path).read_text(encoding="utf-8")
    # What stands before a slash is the identifier that the message names; a key may have it in lower case, and a hash is in none.
    said = json.dumps(case.data).lower()
    keys = {event["event_key"].partition("/")[0] for event in events(json.loads(answer))}
    names = {key for key in keys if json.dumps(key)[1:-1].lower() in said and len(key) > SHORT}

    def renamed(text: str) -> Any:
        for name in names:
            text = re.sub(re.escape(json.dumps(name)[1:-1]), lambda found: f"{found[0]}{unique}", text, flags=re.IGNORECASE)
        return json.loads(text)

    return Case(renamed(json.dumps(case.data)), case.options, case.now), renamed(answer)
