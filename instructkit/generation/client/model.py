"""A model that is asked: concurrently, within its limits, each answer kept before it is used.

The step that asks is plain Python in its own thread; the requests run in an event loop beside it. What comes back is in
the order of asking, so nothing that is made of answers depends on how the network behaved.
"""

import asyncio
import functools
import itertools
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from instructkit.generation.client.budget import Budget
from instructkit.generation.client.faults import LimitReached
from instructkit.generation.client.pacing import Pace
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.client.sending import Sender
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.slots import Slots, Urgency
from instructkit.generation.client.spent import Spent

if TYPE_CHECKING:
    from instructkit.generation.client.endpoint import Endpoint
    from instructkit.generation.client.journal import Journal

log = logging.getLogger("instructkit")

FEW_REQUESTS = 4  # of a limit, for each one at once: what is begun should be finished within it
CLAIM_SECONDS = 0.05  # between two looks at a request that another process asks

Item = TypeVar("Item")
Result = TypeVar("Result")
Ask = Callable[[Request], Awaitable[Answer]]
Job = Callable[[Ask], Awaitable[Result]]


@dataclass(frozen=True)
class Stopped:
    """In place of a job's result: a limit was reached before its last request."""

    limit: str


class Model:
    """Answers requests, from the journal or from the endpoint; a context manager.

    Inside the ``with``, `ask` is for coroutines and `in_order` for the step's own thread.
    """

    dry = False

    def __init__(
        self, endpoint: "Endpoint", journal: "Journal", settings: ModelSettings, spent: Spent, *, name: str, at: str
    ) -> None:
        self._endpoint, self._journal, self.settings, self.spent = endpoint, journal, settings, spent
        self.name = name  # as lineage and the journal have it
        self.at = at
        self._flying: dict[bytes, asyncio.Task[Answer]] = {}
        self._streams = 0  # of jobs, so far
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)

    def __enter__(self) -> "Model":
        self._thread.start()
        self._submit(self._prepare()).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the answers under way, which are paid for: they go to the journal."""
        if kind is KeyboardInterrupt and self._sender.under_way:
            log.warning("waiting for %d answers under way; Ctrl+C again gives them up", len(self._sender.under_way))
        try:
            self._submit(self._finish()).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def ask(self, request: Request, urgency: Urgency = (0, 0)) -> Answer:
        """Answer a request; equal ones are asked once. Raises `LimitReached`, `EndpointFailed`, `OutputFailed`."""
        request = self.as_sent(request)
        key = request.key(self.at, self.name)
        kept = self._journal.get(key)
        if kept is not None:
            return self._from_journal(kept)
        if key not in self._flying:
            self._flying[key] = asyncio.ensure_future(self._asked(request, key, urgency))
            self._flying[key].add_done_callback(functools.partial(self._landed, key))
        return await asyncio.shield(self._flying[key])

    def in_order(
        self, draw: Callable[[], Job[Result] | None], window: Callable[[], int]
    ) -> "Iterator[Result | Stopped]":
        """Run jobs that ask, several at once; gives their results in the order they were drawn.

        ``draw`` gives the next job, or None where there is none for now. Before each result is handed out jobs are
        drawn until ``window()`` of them are under way: as both are called only between results, what they decide
        depends on the results so far and not on the network.
        """
        self._streams += 1  # now, and not with the first result: what is begun later finishes what was begun before
        return self._in_order(draw, window, self._streams)

    def _in_order(
        self, draw: Callable[[], Job[Result] | None], window: Callable[[], int], stream: int
    ) -> "Iterator[Result | Stopped]":
        under_way: deque[Future[Result | Stopped]] = deque()
        numbers = itertools.count()
        try:
            while True:
                while len(under_way) < window() and (job := draw()) is not None:
                    ask = functools.partial(self.ask, urgency=(-stream, next(numbers)))
                    under_way.append(self._submit(_until_stopped(job, ask)))
                if not under_way:
                    return
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()

    def map(
        self,
        items: Iterator[Item],
        job: Callable[[Item, Ask], Awaitable[Result]],
        *,
        calls: float = 1.0,
        ahead: int = 0,
    ) -> "Iterator[tuple[Item, Result | Stopped]]":
        """Run a job for each item; gives items and results in order, a few ahead of what is taken.

        ``calls`` is what a job asks on average, for a dry run; ``ahead`` bounds the jobs under way.
        """
        waiting: deque[Item] = deque()

        def draw() -> Job[Result] | None:
            item = next(items, waiting)  # the deque itself: what no item is
            if item is waiting:
                return None
            waiting.append(item)  # type: ignore[arg-type]
            return lambda ask: job(item, ask)  # type: ignore[arg-type]

        size = ahead or max(4 * self.settings.concurrency, 64)
        for result in self.in_order(draw, lambda: size):
            yield waiting.popleft(), result

    def plan(self, request: Request, times: float, more: float = 0) -> None:
        """In a dry run: book requests that can't be told one by one."""

    def _submit(self, coroutine: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _prepare(self) -> None:
        settings = self.settings
        most = settings.concurrency
        if settings.max_requests is not None:
            most = max(min(most, settings.max_requests // FEW_REQUESTS), 1)
        self._slots = Slots(most)
        self._budget = Budget(settings.limits)
        pace = Pace(settings.first_wait_seconds, patience_seconds=settings.patience_seconds)
        self._sender = Sender(self._endpoint, pace, self._budget)

    async def _finish(self) -> None:
        self._sender.closing = True
        for task in self._flying.values():
            if task not in self._sender.under_way:
                task.cancel()
        await asyncio.gather(*self._flying.values(), return_exceptions=True)
        await self._endpoint.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def as_sent(self, request: Request) -> Request:
        """A request as this model is asked: with the parameters given for all, as a raw text where it takes such."""
        if self.settings.api == "completions":
            request = request.as_text()
        if not self.settings.parameters:
            return request
        given = {**request.parameters, **dict(self.settings.parameters)}
        return replace(request, parameters={name: value for name, value in given.items() if value is not None})

    def _from_journal(self, kept: Answer) -> Answer:
        self._sender.has_answered |= not kept.failure
        self.spent.from_journal += 1
        self.spent.told()
        return kept

    def _landed(self, key: bytes, task: "asyncio.Task[Answer]") -> None:
        self._flying.pop(key, None)
        if not task.cancelled():
            task.exception()  # looked at: who waited for it may have gone

    async def _asked(self, request: Request, key: bytes, urgency: Urgency) -> Answer:
        async with self._slots.hold(urgency):
            while not self._journal.claim(key):
                await asyncio.sleep(CLAIM_SECONDS)
            try:
                kept = self._journal.get(key)  # another process may just have asked it
                return self._from_journal(kept) if kept is not None else await self._paid(request, key)
            finally:
                self._journal.release(key)

    async def _paid(self, request: Request, key: bytes) -> Answer:
        try:
            number = await self._budget.admit(request)
        except LimitReached as limit:
            self.spent.stopped = str(limit)
            raise
        answer: Answer | None = None
        try:
            answer = await self._sender.send(request, key)
            # a refusal before any answer may be the settings' fault
            if not answer.failure or self._sender.has_answered:
                await asyncio.wrap_future(self._journal.put(key, self.at, self.name, request, answer))
        finally:
            self._sender.settled()
            await self._budget.settle(number, request, answer)
            self._count(answer)
        return replace(answer, key=key.hex())

    def _count(self, answer: Answer | None) -> None:
        if answer is None:
            return
        self.spent.asked += 1
        self.spent.failed += bool(answer.failure)
        budget = self._budget
        self.spent.prompt_tokens, self.spent.completion_tokens = budget.prompt_tokens, budget.completion_tokens
        self.spent.cost = budget.cost
        self.spent.told()


async def _until_stopped(job: Job[Result], ask: Ask) -> Result | Stopped:
    try:
        return await job(ask)
    except LimitReached as limit:
        return Stopped(str(limit))
