"""A request sent until there is an answer, or until it is clear that there is none to be had."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from instructkit.generation.client.budget import Budget
from instructkit.generation.client.faults import GIVEN_UP, REFUSED, EndpointFailed, Fault
from instructkit.generation.client.pacing import Pace
from instructkit.generation.client.request import Answer, Request

if TYPE_CHECKING:
    from instructkit.generation.client.endpoint import Endpoint

GIVEN_UP_IN_A_ROW = 3  # requests that end without an answer, one after another, before the endpoint is held to be down
REFUSED_AT_FIRST = 5  # refused requests, before any was answered, after which the endpoint is asked something harmless
HARMLESS = (("user", "Say yes."),)


@dataclass
class Sender:
    """Sends requests to an endpoint, again where that may help.

    ``under_way`` are the tasks whose request is sent, or answered and not yet kept; ``has_answered``: the endpoint has
    answered once, in this run or in the journal, so what it refuses is the request's own fault; ``closing``: nothing
    is sent any more; nor once the endpoint has ``failed``, whoever has still to hear of it.
    """

    endpoint: "Endpoint"
    pace: Pace
    budget: Budget
    has_answered: bool = False
    closing: bool = False
    failed: EndpointFailed | None = None
    under_way: "set[asyncio.Task[Any]]" = field(default_factory=set)
    _given_up: int = 0  # one after another
    _refused: int = 0

    def settled(self) -> None:
        """What this task has sent is kept, or lost."""
        self.under_way.discard(_this_task())

    async def send(self, request: Request, key: bytes) -> Answer:
        """Send until there is an answer; one that failed says why. Raises `EndpointFailed`."""
        try:
            return await self._send(request, key)
        except EndpointFailed as error:
            self.failed = self.failed or error
            raise

    async def _send(self, request: Request, key: bytes) -> Answer:
        from instructkit.generation.client.endpoint import UnknownModel

        attempts, task = 0, _this_task()

        def sending() -> Awaitable[Answer]:
            if self.failed is not None:
                raise self.failed
            self.under_way.add(task)
            return self.endpoint.send(request, key)

        while True:
            try:
                answer = await self.pace.send(sending)
            except Fault as fault:
                self.under_way.discard(task)
                self.budget.lose(fault.usage)
                attempts += 1
                if self.closing:
                    raise asyncio.CancelledError from fault
                if attempts >= fault.attempts:
                    return self._give_up(fault)
                continue
            except UnknownModel as error:
                raise await self._unknown() from error
            self._given_up = 0
            if answer.failure == REFUSED and not self.has_answered:
                self._refused += 1
                if self._refused == REFUSED_AT_FIRST:
                    await self._try_something_harmless(request, answer)
            self.has_answered |= not answer.failure
            return answer

    async def _try_something_harmless(self, request: Request, refused: Answer) -> None:
        """Tell settings that the endpoint takes for no prompt from prompts that it does not take."""
        shorter = {name: value for name, value in request.parameters.items() if name != "response_format"}
        parameters = shorter | ({"max_tokens": 1} if "max_tokens" in shorter else {})
        harmless = replace(
            request, messages=() if request.raw else HARMLESS, text=HARMLESS[0][1], parameters=parameters
        )
        try:
            answer = await self.endpoint.send(harmless, b"harmless")
        except Fault:
            return  # it tells nothing
        self.budget.lose((answer.prompt_tokens, answer.completion_tokens))
        if answer.failure:
            raise EndpointFailed(
                f"{self.endpoint.name} refused the first {REFUSED_AT_FIRST} requests: {refused.detail}"
            )
        self.has_answered = True

    def _give_up(self, fault: Fault) -> Answer:
        self._given_up += 1
        if self._given_up >= GIVEN_UP_IN_A_ROW or not self.has_answered:
            raise EndpointFailed(
                f"{self.endpoint.name} gives no answers ({fault}); what was answered before is in the journal: run "
                "the same command again to go on"
            )
        return Answer(failure=GIVEN_UP, detail=str(fault))

    async def _unknown(self) -> EndpointFailed:
        known = await self.endpoint.models()
        shown = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
        if known and self.endpoint.model not in known:
            return EndpointFailed(f"{self.endpoint.name} has no model {self.endpoint.model!r}; it has {shown}")
        return EndpointFailed(
            f"{self.endpoint.name} knows no such model or address (404): is --base-url right (mostly it ends in /v1), "
            f"and --model {self.endpoint.model}?"
        )


def _this_task() -> "asyncio.Task[Any]":
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - it runs in one
    return task
