"""What a run may spend: requests, tokens and money, never passed."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from instructkit.errors import UsageError
from instructkit.generation.client.faults import LimitReached
from instructkit.generation.client.request import Answer, Request
from instructkit.records.lengths import estimated_tokens

MARGIN = 1.25  # how much denser than all before the next prompt may be
MOST_TOKENS = 10**9  # that an answer may claim: more is a fault of the endpoint
MESSAGE_TOKENS = 8  # what a chat template puts around a message, at most
UNSAID_ANSWER_TOKENS = 4096  # of an answer without max_tokens, for an estimate


@dataclass(frozen=True)
class Limits:
    """What a run may spend beyond what the journal holds; None: no bound. Prices are in USD a million tokens."""

    max_requests: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    price_input: float = 0.0
    price_output: float = 0.0

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        """USD."""
        return (prompt_tokens * self.price_input + completion_tokens * self.price_output) / 1e6


@dataclass
class Budget:
    """What was spent and what is reserved for requests under way.

    A request reserves the most it can cost before it is sent: its prompt at a token a byte, or a quarter more than the
    densest that the endpoint has counted so far, and max_tokens of answer. Where that would pass a limit it waits for
    those under way, whose answers are mostly shorter; with none left the run ends.
    """

    limits: Limits
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    stopped: str = ""  # the limit that ended the run
    _reserved: dict[int, tuple[float, float]] = field(default_factory=dict)
    _densest: float | None = None  # tokens a byte
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def admit(self, request: Request) -> int:
        """Reserve what a request may cost; gives the number to settle it by.

        Raises `LimitReached`, and `UsageError` where tokens are limited and an answer is not.
        """
        dense = 1.0 if self._densest is None else min(self._densest * MARGIN, 1.0)
        prompt = request.size * dense + MESSAGE_TOKENS * (len(request.messages) + 1)
        bound = answer_bound(request)
        if bound is None and (self.limits.max_tokens is not None or self.limits.max_cost is not None):
            raise UsageError("--max-tokens and --max-cost need a bound on answers: leave max_tokens in the parameters")
        answer = float(bound or UNSAID_ANSWER_TOKENS)
        async with self._changed:
            while not self.stopped and (passed := self._passed(prompt, answer)):
                if not self._reserved:
                    self.stopped = passed
                    self._changed.notify_all()
                    break
                await self._changed.wait()
            if self.stopped:
                raise LimitReached(self.stopped)
            self.requests += 1
            self._reserved[self.requests] = (prompt, answer)
            return self.requests

    async def settle(self, number: int, request: Request, answer: Answer | None) -> None:
        """Book what the answer cost, or nothing where there is none."""
        async with self._changed:
            del self._reserved[number]
            if answer is not None:
                self.prompt_tokens += answer.prompt_tokens
                self.completion_tokens += answer.completion_tokens
                if request.size > 200:  # of a short one most tokens are the chat template's
                    self._densest = max(self._densest or 0.0, answer.prompt_tokens / request.size)
            self._changed.notify_all()

    def lose(self, usage: tuple[int, int]) -> None:
        """Book what was billed for an answer that is of no use."""
        self.prompt_tokens += usage[0]
        self.completion_tokens += usage[1]

    @property
    def cost(self) -> float:
        """USD spent."""
        return self.limits.cost(self.prompt_tokens, self.completion_tokens)

    def _passed(self, prompt: float, answer: float) -> str:
        """The limit that one more request might pass."""
        limits = self.limits
        prompts = self.prompt_tokens + prompt + sum(one for one, _ in self._reserved.values())
        answers = self.completion_tokens + answer + sum(one for _, one in self._reserved.values())
        if limits.max_requests is not None and self.requests >= limits.max_requests:
            return f"--max-requests {limits.max_requests}"
        if limits.max_tokens is not None and prompts + answers > limits.max_tokens:
            return f"--max-tokens {limits.max_tokens}"
        if limits.max_cost is not None and limits.cost(prompts, answers) > limits.max_cost:
            return f"--max-cost {limits.max_cost:g}"
        return ""


def tokens_of(text: str) -> int:
    """About how many tokens a text has where nobody has counted."""
    return int(estimated_tokens(len(text), len(text.encode("utf-8", "surrogatepass"))))


def answer_bound(request: Request) -> int | None:
    """The most tokens that an answer may have."""
    given = request.parameters
    return given.get("max_completion_tokens") or given.get("max_tokens")


def usage(request: Request, answered: str, told: Any) -> tuple[int, int]:
    """Tokens of the prompt and of the answer, as the endpoint told them, or estimated."""
    counted = told if isinstance(told, dict) else {}
    prompt, completion = counted.get("prompt_tokens"), counted.get("completion_tokens")
    return (
        prompt if _is_count(prompt) else _prompt_estimate(request),
        completion if _is_count(completion) else tokens_of(answered),
    )


def _prompt_estimate(request: Request) -> int:
    texts = [request.text] if request.raw else [content for _, content in request.messages]
    return sum(map(tokens_of, texts)) + MESSAGE_TOKENS * len(texts)


def _is_count(told: object) -> TypeGuard[int]:
    """Whether what an endpoint counted can be."""
    return type(told) is int and 0 <= told <= MOST_TOKENS
