"""``respond``: outputs for rows that have none."""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.generation.client.model import Ask
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.client.spent import Spent
from instructkit.generation.options import split_options
from instructkit.generation.prompting import draw_seed, load_prompt
from instructkit.generation.rowwise.rows import Made, Outcome, Row, failed
from instructkit.generation.rowwise.stepping import asking_step, check_language
from instructkit.records.reading import as_rejects
from instructkit.records.rejects import Reason, Rejects
from instructkit.records.stream import Records, public_step

PROMPTS = ("respond-cot", "respond-answer")
MAX_TOKENS = 1024
SAMPLING = 0.7  # temperature of several samples (Wang et al. 2023, self-consistency, section 3.1)


@dataclass(frozen=True)
class RespondSettings:
    """How rows are answered; see the command's page."""

    cot: bool = False
    self_consistency: int = 1
    language: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        check_language(self.language)
        if self.self_consistency < 1:
            raise UsageError(f"self-consistency takes a number of samples, 1 or more, not {self.self_consistency}")


@public_step
def respond(
    reader: object,
    settings: RespondSettings | None = None,
    model: ModelSettings | str | None = None,
    *,
    rejects: str | Rejects | None = None,
    spent: Spent | None = None,
    **options: Any,
) -> Records:
    """Fill empty outputs with a model's answers; rows that have an output stay as they are.

    ``cot`` asks in two steps, for the reasoning and then for the answer (Kojima et al. 2022, zero-shot CoT);
    ``self_consistency`` samples so often and takes the answer of the majority (Wang et al. 2023). ``options`` are the
    fields of `RespondSettings` and `ModelSettings`. Columns added: ``request``, the journal's key of the answer; with
    ``cot`` the final ``answer``; with several samples ``votes``, the share that agreed.
    """
    own, told = split_options(settings or RespondSettings(), model, options)
    arguments = {name: value for name, value in asdict(own).items() if name != "seed"}
    return asking_step(
        Records.of(reader), "respond", arguments, Respond(own, told.prompts), told,
        language=own.language, seed=own.seed, sink=as_rejects(rejects), spent=spent,
    )  # fmt: skip


def _fields(own: RespondSettings) -> tuple[pa.Field, ...]:
    fields = [pa.field("request", pa.string())]
    fields += [pa.field("answer", pa.string())] if own.cot else []
    fields += [pa.field("votes", pa.float64())] if own.self_consistency > 1 else []
    return tuple(fields)


@dataclass(frozen=True)
class Sample:
    """One answer: the whole text for the row, and the final answer that votes."""

    text: str
    answer: str
    key: str


class Respond:
    """Answers a row that has no output."""

    def __init__(self, own: RespondSettings, prompts: str | None) -> None:
        self.own = own
        self.fields = _fields(own)
        self.calls = float(own.self_consistency * (2 if own.cot else 1))
        self._prompts = prompts

    async def __call__(self, row: Row, ask: Ask) -> Outcome:
        """Ask for one answer, or for several that vote."""
        if row.output.strip():
            return Outcome([Made()])
        samples: list[Sample] = []
        reasons: list[Reason] = []
        for number in range(self.own.self_consistency):
            found = await self._sample(row, ask, number)
            if isinstance(found, Sample):
                samples.append(found)
            else:
                reasons = reasons or found
        if not samples:
            return Outcome(refused=[(None, reasons)])
        votes = Counter(folded(sample.answer) for sample in samples)
        chosen = max(samples, key=lambda sample: votes[folded(sample.answer)])  # the first of the most
        share = votes[folded(chosen.answer)] / self.own.self_consistency
        columns = {"request": chosen.key, "answer": chosen.answer, "votes": share}
        return Outcome([Made({"output": chosen.text}, columns)], notes=("responded",))

    async def _sample(self, row: Row, ask: Ask, number: int) -> Sample | list[Reason]:
        temperature = SAMPLING if self.own.self_consistency > 1 else 0
        seed = draw_seed(self.own.seed, f"respond/{number}")
        parameters = {"temperature": temperature, "max_tokens": MAX_TOKENS}
        if not self.own.cot:
            request = Request(row.dialogue, parameters={**parameters, "seed": seed}, sample=number, purpose="respond")
            answer = await ask(request)
            return failed(answer) or Sample(answer.text.strip(), answer.text.strip(), answer.key)
        return await self._reasoned(row, ask, number, parameters)

    async def _reasoned(self, row: Row, ask: Ask, number: int, parameters: dict[str, Any]) -> Sample | list[Reason]:
        """The reasoning first, and then the answer that follows from it."""
        first, second = (load_prompt(name, row.language, self._prompts) for name in PROMPTS)
        before = row.dialogue[:-1]
        request = first.request({"prompt": row.prompt}, seed=self.own.seed, sample=number, before=before, **parameters)
        thought: Answer = await ask(request)
        if reasons := failed(thought):
            return reasons
        dialogue = (*request.messages, ("assistant", thought.text.strip()))
        final = await ask(second.request({}, seed=self.own.seed, sample=number, before=dialogue))
        if reasons := failed(final):
            return reasons
        values = {"reasoning": thought.text.strip(), "answer": final.text.strip()}
        return Sample(second.part("output", values), final.text.strip(), thought.key)


def folded(answer: str) -> str:
    """What two answers are compared by: without case, spaces, marks around them and between thousands."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", " ".join(answer.split())).casefold()
    text = re.sub(
        r"^(?:so )?(?:the )?(?:final )?answer(?: is)?[:：]?\s*|^(?:所以|因此)?[，,]?(?:最终)?答案(?:是|为)?[:：]?\s*",
        "",
        text,
    )
    return text.strip(" .。!！*\"'“”$¥()（）")
