"""A memory in Redis for tests that call it as if it were synchronous."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plugin.connector.redis_memory import RedisMemory
from plugin.ons.check.order import Entry, State

KNOWN = ("_failures", "_retry_at", "_quiet_until", "_failing")  # of failures


class Shared:
    """A RedisMemory for callers with separate event loops (`asyncio.run`)."""

    def __init__(self, url: str, spacing: float = 0.0) -> None:
        self._url, self._spacing = url, spacing
        self._made: RedisMemory | None = None

    async def exchange(self, entries: Sequence[Entry], now: datetime) -> tuple[list[State | None], float]:
        """See `order.Memory`."""
        memory = RedisMemory(self._url, spacing=self._spacing)
        for name in KNOWN if self._made else ():
            setattr(memory, name, getattr(self._made, name))
        self._made = memory
        try:
            return await memory.exchange(entries, now)
        finally:
            await memory._client.aclose()
