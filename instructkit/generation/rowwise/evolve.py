"""``evolve``: prompts made harder or other, round after round (Evol-Instruct; WizardLM, Xu et al. 2023)."""

import re
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.generation.client.model import Ask
from instructkit.generation.client.request import Request
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.spent import Spent
from instructkit.generation.options import split_options
from instructkit.generation.prompting import draw_seed, load_prompt
from instructkit.generation.reading import word_count, words
from instructkit.generation.rowwise.rows import Made, Outcome, Row, failed
from instructkit.generation.rowwise.stepping import asking_step, check_language
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Reason, Rejects
from instructkit.records.stream import Records, public_step

OPERATIONS = ("constraint", "deepen", "concretize", "reasoning", "breadth")  # four that deepen, one that broadens
PROMPTS = (*(f"evolve-{name}" for name in OPERATIONS), "evolve-compare")
MAX_TOKENS = 1024  # of the answer to an evolved prompt
SORRY_WORDS = 80  # an answer with "sorry" and fewer words is a refusal (section 3.3)
# words of the evolving prompt that a model copies into its own
_COPIED = re.compile(
    r"given (?:prompt|text|request)|(?:rewritten|created|new) (?:prompt|text|request)|=== (?:End of the )?Text ==="
    r"|#(?:given|rewritten|created)|=== 原文|改写后的(?:文字|要求|提示)",
    re.I,
)
_SORRY = re.compile(r"\bsorry\b|抱歉|对不起|无法回答", re.I)
# what says nothing by itself
_STOP = frozenset((
    "a", "an", "the", "and", "or", "but", "of", "to", "in", "on", "at", "for", "with", "by", "from", "as", "is",
    "are", "was", "were", "be", "been", "it", "its", "this", "that", "these", "those", "i", "you", "he", "she",
    "we", "they", "my", "your", "his", "her", "our", "their", "not", "no", "yes", "do", "does", "did", "so", "if",
    "then", "there", "here", "what", "which", "who", *"的了吗呢啊吧么哦嗯呀哈是不也就都",
))  # fmt: skip


@dataclass(frozen=True)
class EvolveSettings:
    """How prompts evolve; see the command's page."""

    rounds: int = 1
    operations: tuple[str, ...] = OPERATIONS
    only: bool = False
    language: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        check_language(self.language)
        given = self.operations
        object.__setattr__(self, "operations", (given,) if isinstance(given, str) else tuple(given))
        if self.rounds < 1:
            raise UsageError(f"rounds is a number of 1 or more, not {self.rounds}")
        for name in self.operations:
            if name not in OPERATIONS:
                raise UsageError(f"unknown operation {name!r}; there are {', '.join(OPERATIONS)}")
        if not self.operations:
            raise UsageError(f"name an operation at least: {', '.join(OPERATIONS)}")


@public_step
def evolve(
    reader: object,
    settings: EvolveSettings | None = None,
    model: ModelSettings | str | None = None,
    *,
    rejects: str | Rejects | None = None,
    spent: Spent | None = None,
    **options: Any,
) -> Records:
    """Add to each row versions of its prompt that are harder (or other), each with the model's answer.

    In each round one operation, drawn for the row, rewrites the last version. What is no gain, or is answered by a
    refusal, goes to ``rejects``, and the next round starts from the version before it. ``only`` leaves the rows
    themselves out. The new rows share the ``parent`` and say in ``template`` which operation made them. ``options`` are
    the fields of `EvolveSettings` and `ModelSettings`.
    """
    own, told = split_options(settings or EvolveSettings(), model, options)
    recipe = Evolve(own, told.prompts)
    arguments = {name: value for name, value in asdict(own).items() if name != "seed"}
    arguments["operations"] = list(own.operations)
    return asking_step(
        Records.of(reader), "evolve", arguments, recipe, told,
        language=own.language, seed=own.seed, sink=as_rejects(rejects), spent=spent,
    )  # fmt: skip


class Evolve:
    """Rewrites a row's prompt, round after round."""

    def __init__(self, own: EvolveSettings, prompts: str | None) -> None:
        self.own, self._prompts = own, prompts
        self.fields = (pa.field("round", pa.int64()), pa.field("request", pa.string()))
        self.calls = 3.0 * own.rounds

    async def __call__(self, row: Row, ask: Ask) -> Outcome:
        """Three requests a round: rewrite, compare, answer."""
        found = Outcome([] if self.own.only else [Made()])
        prompt = row.prompt
        for number in range(1, self.own.rounds + 1):
            draw = draw_seed(self.own.seed, f"evolve/{row.id}/{number}")
            operation = self.own.operations[draw % len(self.own.operations)]
            made, reasons = await self._evolved(row, prompt, operation, number, ask)
            if reasons:
                found.refused.append((made, reasons))
                continue
            found.made.append(made)
            found.notes += ("evolved",)
            prompt = made.changed["instruction"]
        if not found.made and not found.refused:
            return Outcome(refused=[(None, [("not_evolved", "", "")])])
        return found

    async def _evolved(self, row: Row, prompt: str, operation: str, number: int, ask: Ask) -> tuple[Made, list[Reason]]:
        changed = {"instruction": prompt, "input": "", "output": "", "template": f"evolve/{operation}-{number}"}
        rewriting = load_prompt(f"evolve-{operation}", row.language, self._prompts)
        answer = await ask(rewriting.request({"prompt": prompt}, seed=self.own.seed, sample=number))
        made = Made(changed, {"round": number, "request": answer.key}, new=True)
        if reasons := failed(answer):
            return made, reasons
        changed["instruction"] = answer.text.strip().strip("=").strip()
        if reasons := prompt_reasons(prompt, changed["instruction"]):
            return made, reasons
        comparing = load_prompt("evolve-compare", row.language, self._prompts)
        both = {"first": prompt, "second": changed["instruction"]}
        compared = await ask(comparing.request(both, seed=self.own.seed))
        said = compared.text.strip().strip("*\"'“”.。").casefold()
        if said.startswith((comparing.parts["equal"].casefold(), "equal")):
            return made, [("no_gain", "the model calls them equal", "")]
        before = row.dialogue[:-1]
        parameters = {"temperature": 0, "max_tokens": MAX_TOKENS, "seed": draw_seed(self.own.seed, "evolve-answer")}
        request = Request((*before, ("user", changed["instruction"])), parameters=parameters, purpose="evolve-answer")
        response = await ask(request)
        if reasons := failed(response):
            return made, reasons
        changed["output"] = response.text.strip()
        return made, answer_reasons(changed["output"])


def prompt_reasons(before: str, after: str) -> list[Reason]:
    """Why a rewritten prompt is none (section 3.3)."""
    reasons: list[Reason] = []
    if " ".join(before.split()).casefold() == " ".join(after.split()).casefold():
        reasons.append(("no_gain", "it is the same text", ""))
    if (copied := _COPIED.search(after)) and not _COPIED.search(before):
        reasons.append(("copied_prompt", copied[0], ""))
    return reasons


def answer_reasons(text: str) -> list[Reason]:
    """Why the answer to a rewritten prompt tells that the prompt is none (section 3.3)."""
    reasons: list[Reason] = []
    if word_count(text) < SORRY_WORDS and (sorry := _SORRY.search(text)):
        reasons.append(("sorry", sorry[0], f"{SORRY_WORDS} words and more with it"))
    if not any(word.casefold() not in _STOP for word in words(text)):
        reasons.append(("only_stop_words", text[:80], "a word that says something"))
    return reasons
