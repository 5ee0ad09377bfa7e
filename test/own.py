"""Cases with alarms of their own: a served plugin remembers the recoveries of the others'."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from corpus.cases import Case, golden, load_case

SHARED = ("1c2d3e4f", "ocid1.alarm.oc1.ap-seoul-1.aaaa", "cloudguardproblem.oc1.iad.1q2w", "examplebudgetid")


def own(path: Path) -> tuple[Case, dict[str, Any]]:
    """Return the case in a fixture file and the expected answer, with keys that no other call has returned."""
    case, unique = load_case(path), uuid.uuid4().hex[:12]

    def renamed(text: str) -> Any:
        for shared in SHARED:
            text = text.replace(shared, f"{shared}{unique}")
        return json.loads(text)

    data, answer = renamed(json.dumps(case.data)), renamed(golden(path).read_text(encoding="utf-8"))
    return Case(data, case.options, case.now), answer
