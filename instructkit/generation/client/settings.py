"""What a run is told of the model it asks."""

from dataclasses import dataclass
from typing import Any

from instructkit.errors import UsageError
from instructkit.generation import JOURNAL
from instructkit.generation.client.budget import Limits

APIS = ("chat", "completions")
FIXED = ("model", "messages", "prompt", "stream", "n")  # parameters that are the request itself, or one answer of it


@dataclass(frozen=True)
class ModelSettings:
    """Which model is asked, how, and within which limits; see docs/models.md."""

    model: str | None = None  # a name, local, or local:PATH.gguf
    base_url: str | None = None
    api: str = "chat"  # or completions, for models that go on with a text and were taught no dialogue
    journal: str = JOURNAL
    concurrency: int = 16
    max_requests: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    price_input: float = 0.0
    price_output: float = 0.0
    parameters: tuple[tuple[str, Any], ...] = ()  # of each request, above the prompts' own; None takes one away
    prompts: str | None = None  # a folder of prompt files that stand in for ours
    timeout_seconds: float = 600.0
    patience_seconds: float = 600.0
    first_wait_seconds: float = 1.0
    dry_run: bool = False

    def __post_init__(self) -> None:
        if not self.model:
            raise UsageError("no model: name one by --model, e.g. gpt-4o-mini, or local for the embedded one")
        if is_local(self.model) and self.base_url is not None:
            raise UsageError("--model local has its own server: leave --base-url out")
        for name in ("max_requests", "max_tokens", "max_cost", "price_input", "price_output"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise UsageError(f"--{name.replace('_', '-')} is a number of 0 or more, not {value}")
        if self.api not in APIS:
            raise UsageError(f"--api is one of {', '.join(APIS)}, not {self.api!r}")
        if self.concurrency < 1:
            raise UsageError("--concurrency is a number of 1 or more")
        for name, value in self.parameters:
            if name in FIXED:
                raise UsageError(f"--parameter {name} can't be set: it is not for a user to say")
            if (
                name in ("max_tokens", "max_completion_tokens")
                and value is not None
                and not (type(value) is int and value > 0)
            ):
                raise UsageError(f"--parameter {name} is a whole number above 0, or null, not {value!r}")
        if self.max_cost is not None and not (self.price_input or self.price_output):
            raise UsageError("--max-cost needs --price-input and --price-output, in USD a million tokens")

    @property
    def limits(self) -> Limits:
        """What a run may spend."""
        return Limits(self.max_requests, self.max_tokens, self.max_cost, self.price_input, self.price_output)


def is_local(model: str) -> bool:
    """Whether a model's name means the embedded one."""
    return model == "local" or model.startswith("local:")
