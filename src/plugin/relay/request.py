"""Read the body of a delivery, with limits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from plugin.setting.limits import ONS_MAX_BYTES

JSON, TEXT = "application/json", "text/plain"  # for messages published as plain text
HEADER_PREFIX = "x-oci-ns-"
MAX_BODY_BYTES = 4 * ONS_MAX_BYTES
MAX_BYTES_IN_FLIGHT = 32 * 1024 * 1024  # of all bodies that are read and forwarded


class BodyReader:
    """Read the bodies of requests; the total size of unanswered bodies is bounded."""

    def __init__(self) -> None:
        self._in_flight = 0  # bytes

    @asynccontextmanager
    async def read(self, request: Request, *, keep: bool) -> AsyncIterator[bytes]:
        """Read a body to its end, because an earlier answer may be lost, and yield it, or nothing if `keep` is false.

        Raise HTTPException at the end of a body that is too large, or if too many bytes are in flight. Reading stops at four
        times the limit.
        """
        body, length, busy = bytearray(), 0, False
        try:
            async for piece in request.stream():
                length += len(piece)
                if length > 4 * MAX_BODY_BYTES:
                    break
                busy = busy or self._in_flight + len(piece) > MAX_BYTES_IN_FLIGHT
                if keep and not busy and length <= MAX_BODY_BYTES:
                    body += piece
                    self._in_flight += len(piece)
            if length > MAX_BODY_BYTES:
                raise HTTPException(413, "Body too large")
            if keep and busy:
                raise HTTPException(503, "Busy")
            yield bytes(body)
        except ClientDisconnect:
            raise HTTPException(400, "Cut off") from None
        finally:
            self._in_flight -= len(body)


def check_headers(request: Request) -> None:
    """Refuse duplicate headers of ONS. The HTTP parser refuses other ambiguous ones (request smuggling)."""
    names = [name for name, _ in request.headers.items() if name.startswith(HEADER_PREFIX)]
    if len(names) > len(set(names)):
        raise HTTPException(400, "Ambiguous headers")


def text_of(request: Request, body: bytes) -> str:
    """Return the body as text; raise HTTPException unless it is JSON or plain text, as its content type says."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in (JSON, TEXT):
        raise HTTPException(400, "Invalid content type")
    try:
        text = body.decode()
        if content_type == JSON:
            json.loads(text)
    except UnicodeDecodeError:
        raise HTTPException(400, "Body is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "Body is not JSON") from None
    return text
