"""What a client sends: its body, and that it is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.requests import ClientDisconnect, Request

LARGEST = 256 * 1024  # bytes of a body; ONS sends 64 KB at most
MOST_READ = 4 * LARGEST  # bytes of a body that is too large; an answer before its end may be lost on the way


async def read_body(request: Request) -> bytes:
    """Return the body, or raise OverflowError at its end, or at MOST_READ, if it is too large."""
    body, length = b"", 0
    async for piece in request.stream():
        length += len(piece)
        if length <= LARGEST:
            body += piece
        elif length > MOST_READ:
            break
    if length > LARGEST:
        raise OverflowError
    return body


async def while_connected(request: Request, work: Coroutine[Any, Any, bool]) -> bool:
    """Return the outcome, or end the work and raise ClientDisconnect when nobody is there to wait for it."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
