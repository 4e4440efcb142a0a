"""What a model proposes, and what becomes of it."""

from dataclasses import dataclass, field
from typing import Protocol

from instructkit.generation.bootstrapping.pool import Pool
from instructkit.generation.client.model import Ask
from instructkit.generation.client.request import Answer, Request
from instructkit.records.rejects import Reason

Example = tuple[str, str]  # input, output


@dataclass(frozen=True)
class Candidate:
    """A task that a model proposed; ``key`` is that of the request it came from."""

    instruction: str
    examples: tuple[Example, ...] = ()
    constraints: str = ""
    key: str = ""


@dataclass
class Proposed:
    """What one answer holds: tasks, and texts that are none, each with the reason."""

    candidates: list[Candidate] = field(default_factory=list)
    malformed: list[tuple[str, Reason]] = field(default_factory=list)


@dataclass
class Row:
    """One example that is ready."""

    instruction: str
    input: str
    output: str
    template: str
    classification: bool | None = None


@dataclass
class Finished:
    """A task with its examples, or the reasons why it has none; ``refused`` are examples that were left out."""

    rows: list[Row] = field(default_factory=list)
    refused: list[tuple[Row, list[Reason]]] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)


class Method(Protocol):
    """A recipe for new tasks: how they are asked for, read, and given examples.

    ``look_ahead``: requests under way at most, as a prompt shows the pool as it stood so many answers before; None:
    prompts show seeds alone, and as many may be under way as the user wants. ``expected``: new tasks that a request
    gives, before any has told. ``novelty``: above which ROUGE-L F1 a task is like another, unless the user says (None:
    only equal ones are).
    """

    name: str
    expected: float
    novelty: float | None
    look_ahead: int | None

    @property
    def calls(self) -> float:
        """Requests for the examples of one task."""

    def request(self, number: int, pool: Pool) -> Request:
        """The request for new tasks, numbered from 0, from the pool as it stands."""

    def read(self, answer: Answer) -> Proposed:
        """The tasks in an answer."""

    async def finish(self, candidate: Candidate, ask: Ask) -> Finished:
        """Give a new task its examples."""


def failed(answer: Answer) -> Reason:
    """The reason of an answer that is none."""
    return (answer.failure, answer.detail, "")
