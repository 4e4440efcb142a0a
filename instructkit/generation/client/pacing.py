"""When requests may be sent: one wait shared by all after a fault, and then one request that tries alone.

A request that meets "429 too many requests" tells something of the endpoint, not of itself. Were each to wait by
itself, sixty-four of them would burn their attempts inside one window of the limit.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from instructkit.generation.client.faults import EndpointFailed, Fault

Result = TypeVar("Result")


@dataclass
class Pace:
    """The shared wait: ``first_seconds`` after a first fault, twice as long after each next, up to ``longest_seconds``.

    A random quarter is added (jitter), so that several processes don't come back together. ``patience_seconds`` bounds
    how long an endpoint may give no answer at all.
    """

    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    patience_seconds: float = 600.0
    troubles: int = 0  # waits since the last answer
    _until: float = 0.0
    _noted: float = 0.0
    _since: float = 0.0  # when the trouble began
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, sending: Callable[[], Awaitable[Result]]) -> Result:
        """Wait for this request's turn and send it once; raises what it raised."""
        if not self.troubles:
            return await self._try(sending)
        async with self._alone:  # in the order of asking: each is tried in its turn, and none twice in a row
            if self.troubles:
                await asyncio.sleep(max(self._until - time.monotonic(), 0))
                return await self._try(sending)
        return await self._try(sending)

    async def _try(self, sending: Callable[[], Awaitable[Result]]) -> Result:
        started = time.monotonic()
        try:
            result = await sending()
        except Fault as fault:
            self._note(fault, started)
            raise
        self.troubles = 0
        return result

    def _note(self, fault: Fault, started: float) -> None:
        now = time.monotonic()
        if started < self._noted:
            return  # sent before the last fault was known: it tells nothing new
        if not self.troubles:
            self._since = now  # what was sent before may have been long under way
        wait = min(self.first_seconds * 2**self.troubles, self.longest_seconds)
        wait *= 1 + random.random() / 4  # noqa: S311 - jitter decides no result
        if fault.retry_after_seconds is not None:
            wait = max(fault.retry_after_seconds, 0.0) + wait / 8
        if now + wait - self._since > self.patience_seconds:
            raise EndpointFailed(
                f"the endpoint has given no answer for {now - self._since:.0f} s ({fault}), and is not to be asked for "
                f"another {wait:.0f} s; what was answered before is in the journal: run the same command again to go on"
            ) from fault
        self.troubles += 1
        self._until, self._noted = now + wait, now
