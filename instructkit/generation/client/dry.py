"""A dry run: what would be asked, without asking."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from instructkit.generation.client.budget import UNSAID_ANSWER_TOKENS, answer_bound, usage
from instructkit.generation.client.endpoint import Endpoint
from instructkit.generation.client.journal import Journal
from instructkit.generation.client.model import Ask, Job, Model, Stopped
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.client.settings import ModelSettings, is_local
from instructkit.generation.client.spent import Spent

Item = TypeVar("Item")
Result = TypeVar("Result")


class DryModel(Model):
    """Counts the requests that a step would begin with; those that the journal holds are answered from it."""

    dry = True

    def __init__(self, settings: ModelSettings, spent: Spent) -> None:
        self.settings, self.spent = settings, spent
        self.name, self.at = _address(settings)
        self._held = Journal(settings.journal) if Path(settings.journal).is_file() else None  # none is made

    def __enter__(self) -> "DryModel":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._held is not None:
            self._held.__exit__(kind, error, trace)

    def in_order(self, draw: Callable[[], Job[Result] | None], window: Callable[[], int]) -> Iterator[Result | Stopped]:
        """Draw jobs as the model does, and run each up to the first request that is not in the journal."""
        drawn: deque[Job[Result]] = deque()
        while True:
            while len(drawn) < window() and (job := draw()) is not None:
                drawn.append(job)
            if not drawn:
                return
            missed: list[Request] = []
            found = _driven(drawn.popleft()(self._asking(missed)))
            if missed:
                self.spent.plan.first = self.spent.plan.first or missed[0]
            yield found

    def map(
        self,
        items: Iterator[Item],
        job: Callable[[Item, Ask], Awaitable[Result]],
        *,
        calls: float = 1.0,
        ahead: int = 0,
    ) -> Iterator[tuple[Item, Result | Stopped]]:
        """Run each job up to the first request that is not in the journal; ``calls`` is what a job asks on average."""
        for item in items:
            missed: list[Request] = []
            found = _driven(job(item, self._asking(missed)))
            if missed:
                self.plan(missed[0], 1, calls - 1)
            yield item, found

    def plan(self, request: Request, times: float, more: float = 0) -> None:
        """Book ``times`` requests like this one, and ``more`` of its size after them."""
        plan, limits = self.spent.plan, self.settings.limits
        request = self.as_sent(request)
        plan.first = plan.first or request
        prompt, _ = usage(request, "", None)
        answer = float(answer_bound(request) or UNSAID_ANSWER_TOKENS)
        plan.requests += times + more
        plan.prompt_tokens += (times + more) * prompt
        plan.answer_tokens += (times + more) * answer
        plan.cost = limits.cost(plan.prompt_tokens, plan.answer_tokens)

    def _asking(self, missed: list[Request]) -> Ask:
        async def ask(request: Request) -> Answer:
            request = self.as_sent(request)
            kept = self._held.get(request.key(self.at, self.name)) if self._held is not None else None
            if kept is None:
                missed.append(request)
                raise _NotAsked
            self.spent.plan.kept += 1
            return kept

        return ask


class _NotAsked(Exception):
    """A request that a dry run does not send."""


def _driven(job: Awaitable[Result]) -> Result | Stopped:
    """Run a coroutine that waits for nothing."""
    going = job.__await__()
    try:
        next(going)
    except StopIteration as done:
        result: Result = done.value
        return result
    except _NotAsked:
        return Stopped("--dry-run")
    raise AssertionError("a job of a dry run waits for nothing but answers")


def _address(settings: ModelSettings) -> tuple[str, str]:
    """The model's name and place as the journal has them."""
    assert settings.model is not None  # noqa: S101 - the settings have checked it
    if is_local(settings.model):
        from instructkit.generation.client.local import find_local

        return find_local(settings.model).name, "local"
    return settings.model, Endpoint(settings.base_url, settings.model).name
