"""What a run of ``self-instruct`` is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from instructkit.errors import UsageError
from instructkit.generation.bootstrapping.alpaca import Alpaca
from instructkit.generation.bootstrapping.bootstrap import SelfInstruct
from instructkit.generation.bootstrapping.candidates import Method
from instructkit.generation.bootstrapping.magpie import PREFIXES, Magpie
from instructkit.generation.bootstrapping.seeds import Seed
from instructkit.generation.bootstrapping.unnatural import Unnatural
from instructkit.generation.prompting import LANGUAGES

METHODS = ("self-instruct", "alpaca", "unnatural", "magpie")
# the prompts of each, in the order they are asked
PROMPTS = {
    "self-instruct": ("self-instruct-tasks", "self-instruct-classification", "self-instruct-input-first",
                      "self-instruct-output-first"),
    "alpaca": ("alpaca-tasks",),
    "unnatural": ("unnatural-example", "unnatural-output", "unnatural-rephrase"),
    "magpie": (),
}  # fmt: skip


@dataclass(frozen=True)
class SelfInstructSettings:
    """How many tasks, by which recipe; see the command's page. Raises `UsageError` for what can't be meant."""

    count: int = 100
    method: str = "self-instruct"
    language: str = "en"
    novelty: float | None = None  # ROUGE-L F1 above which a task is like another; None: the method's own
    rephrasings: int = 0
    prefix: str = "chatml"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"method is one of {', '.join(METHODS)}, not {self.method!r}")
        if self.language not in LANGUAGES:
            raise UsageError(f"the prompts are in {' and '.join(LANGUAGES)}, not in {self.language!r}")
        if self.count < 1:
            raise UsageError(f"count is a number of 1 or more, not {self.count}")
        if self.novelty is not None and not 0 < self.novelty <= 1:
            raise UsageError(f"novelty is a ROUGE-L F1 above 0 and up to 1, not {self.novelty}")
        if self.rephrasings and self.method != "unnatural":
            raise UsageError("--rephrasings is of use with --method unnatural alone")
        if not 0 <= self.rephrasings <= 2:
            raise UsageError("at most 2 rephrasings (Unnatural Instructions found more to repeat themselves)")
        if self.prefix != "chatml" and self.method != "magpie":
            raise UsageError("--prefix is of use with --method magpie alone")
        if (
            self.method == "magpie"
            and self.prefix not in PREFIXES
            and not self.prefix.strip("abcdefghijklmnopqrstuvwxyz0123456789")
        ):
            raise UsageError(f"prefix is one of {', '.join(PREFIXES)}, or the text itself, not {self.prefix!r}")

    def recipe(self, seeds: Sequence[Seed], prompts: str | None) -> Method:
        """The method, with its prompts loaded."""
        if self.method == "alpaca":
            return Alpaca(self.language, self.seed, prompts)
        if self.method == "unnatural":
            return Unnatural(self.language, self.seed, prompts, self.rephrasings)
        if self.method == "magpie":
            return Magpie(self.prefix, self.seed)
        return SelfInstruct(seeds, self.language, self.seed, prompts)
