"""What a run asked and what that cost, as it goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from instructkit.generation.client.request import Request


@dataclass
class Plan:
    """What a dry run found would be asked; ``first`` is the first request in full."""

    first: Request | None = None
    requests: float = 0
    kept: int = 0  # of them in the journal already
    prompt_tokens: float = 0
    answer_tokens: float = 0  # at most
    cost: float = 0  # USD, at most


@dataclass
class Spent:
    """What a run has asked and paid for so far; ``from_journal`` answers were there before."""

    asked: int = 0
    from_journal: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    stopped: str = ""
    accepted: int = 0  # rows that were made
    rejected: int = 0
    plan: Plan = field(default_factory=Plan)
    listener: Callable[["Spent"], object] = bool  # called after each answer

    def told(self) -> None:
        """Tell the listener."""
        self.listener(self)

    def to_json(self) -> dict[str, Any]:
        """As ``--summary`` has it."""
        names = ("asked", "from_journal", "failed", "prompt_tokens", "completion_tokens")
        told: dict[str, Any] = {name: getattr(self, name) for name in names} | {"cost_usd": round(self.cost, 6)}
        return {"model": told | ({"stopped_by": self.stopped} if self.stopped else {})}
