"""So many requests at once, the most urgent first."""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator

Urgency = tuple[int, int]  # less is more urgent: the stream (later ones finish what earlier ones began), the job in it


class Slots:
    """A semaphore that lets in who is most urgent, and not who came first.

    What was begun is finished before more is begun: where a limit ends a run, most of what was paid for is of use.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @contextlib.asynccontextmanager
    async def hold(self, urgency: Urgency) -> AsyncIterator[None]:
        """Wait for a slot, and hold it for the block."""
        if self._free:
            self._free -= 1
        else:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (urgency, next(self._numbers), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._release()
                raise
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)  # the slot goes from hand to hand
                return
        self._free += 1
