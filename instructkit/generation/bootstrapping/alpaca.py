"""Alpaca (Taori et al. 2023): three tasks in the prompt, twenty in one call, each with its input and output."""

import re
from dataclasses import dataclass

from instructkit.generation.bootstrapping.candidates import Candidate, Finished, Proposed, Row, failed
from instructkit.generation.bootstrapping.examples import sifted
from instructkit.generation.bootstrapping.pool import Pool
from instructkit.generation.bootstrapping.rules import tidy
from instructkit.generation.client.model import Ask
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.prompting import load_prompt
from instructkit.generation.reading import keyed

SHOWN, ASKED = 3, 20
SHAPE = "###, 4. Instruction: ..., 4. Input: ..., 4. Output: ..."
_KEYS = {"instruction": "instruction|指令", "input": "input|输入", "output": "output|输出"}
_NO_INPUT = re.compile(r"[<(（]?\s*(?:no ?input|none|n/a|无(?:输入)?|不需要)\s*[>)）]?\.?", re.I)


@dataclass
class Alpaca:
    """One call gives whole tasks; there is nothing to finish."""

    language: str
    seed: int
    prompts: str | None = None
    name: str = "alpaca"
    expected: float = 10.0
    novelty: float | None = 0.7
    look_ahead: int | None = None
    calls: float = 0.0

    def __post_init__(self) -> None:
        self._prompt = load_prompt("alpaca-tasks", self.language, self.prompts)

    def request(self, number: int, pool: Pool) -> Request:
        """Three seeds with an example of each."""
        seeds = pool.draw([seed for seed in pool.seeds if seed.shown], SHOWN, f"alpaca/{number}")
        none = self._prompt.parts["no_input"]
        tasks = [
            self._prompt.part("task", {"number": str(place + 1), "instruction": seed.instruction,
                                       "input": seed.shown[0][0] or none, "output": seed.shown[0][1]})
            for place, seed in enumerate(seeds)
        ]  # fmt: skip
        values = {"tasks": "\n".join(tasks), "count": str(ASKED), "next": str(len(tasks) + 1), "no_input": none}
        return self._prompt.request(values, seed=self.seed, sample=number)

    def read(self, answer: Answer) -> Proposed:
        """The blocks between ``###``; of an answer that the token limit ended, all but the last."""
        if answer.failure:
            return Proposed(malformed=[("", failed(answer))])
        blocks = keyed(re.sub(r"^[ \t]*#{3,}[ \t]*$", "", answer.text, flags=re.MULTILINE), _KEYS)
        found = Proposed()
        tasks: list[list[tuple[str, str]]] = []
        for name, text in blocks:
            if name == "instruction" or not tasks:
                tasks.append([])
            tasks[-1].append((name, text))
        for place, task in enumerate(tasks):
            told = "\n".join(f"{name}: {text}" for name, text in task)
            if answer.cut and place == len(tasks) - 1:
                found.malformed.append((told, ("cut_off", "the answer ended at the token limit", "")))
            elif [name for name, _ in task] != ["instruction", "input", "output"]:
                found.malformed.append((told, ("malformed", ", ".join(name for name, _ in task), SHAPE)))
            else:
                (_, instruction), (_, given), (_, output) = task
                example = ("" if _NO_INPUT.fullmatch(given) else given, output)
                found.candidates.append(Candidate(tidy(instruction), (example,), key=answer.key))
        if not tasks:
            found.malformed.append((answer.text, ("malformed", "no task", SHAPE)))
        return found

    async def finish(self, candidate: Candidate, ask: Ask) -> Finished:
        """The example it came with, if it may stay."""
        rows = [Row(candidate.instruction, given, output, "alpaca") for given, output in candidate.examples]
        return sifted(rows, cut=False)
