"""What the relay answers to a delivery, and how answers are counted."""

from __future__ import annotations

from prometheus_client import Counter
from starlette.responses import JSONResponse

from plugin.observe.metrics import REGISTRY
from plugin.setting.build import NAME

RETRY_AFTER = {"Retry-After": "60"}
CHALLENGE = {"WWW-Authenticate": f'Basic realm="{NAME}", charset="UTF-8"'}  # ONS sends credentials only after it
ANSWERS = {  # HTTP status -> label of the metric
    200: "taken",
    400: "refused",
    401: "unauthorized",
    413: "too_large",
    502: "refused_by_spaceone",
    503: "unavailable",
}
DEFECT = "defect"  # a 503 too: the relay failed in a way that nobody foresaw

answers = Counter("ons_relay_answers", "Deliveries of ONS, by answer.", ["answer"], registry=REGISTRY)
answers_by_status = {status: answers.labels(answer) for status, answer in ANSWERS.items()}
defects = answers.labels(DEFECT)


def refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer to what was not taken. ONS keeps the message; after 502 and 503 a further try may succeed."""
    return JSONResponse({"error": reason}, status, headers or (RETRY_AFTER if status in (502, 503) else None))
