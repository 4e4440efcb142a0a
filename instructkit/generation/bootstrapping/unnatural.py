"""Unnatural Instructions (Honovich et al. 2022): three examples to a fourth, its output by itself, then rephrasings."""

from dataclasses import dataclass

from instructkit.generation.bootstrapping.candidates import Candidate, Finished, Proposed, Row, failed
from instructkit.generation.bootstrapping.examples import sifted
from instructkit.generation.bootstrapping.pool import Pool
from instructkit.generation.bootstrapping.rules import tidy
from instructkit.generation.bootstrapping.seeds import Seed
from instructkit.generation.client.model import Ask
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.prompting import load_prompt
from instructkit.generation.reading import json_object
from instructkit.records.hashing import canonical_json

SHOWN = 3
FIELDS = ("instruction", "input", "constraints")
SHAPE = '{"instruction": "...", "input": "...", "constraints": "..."}'
INPUT = "{INPUT}"


@dataclass
class Unnatural:
    """A fourth example, its output asked for greedily, and up to ``rephrasings`` other wordings of it."""

    language: str
    seed: int
    prompts: str | None = None
    rephrasings: int = 0
    name: str = "unnatural"
    expected: float = 0.7
    novelty: float | None = None
    look_ahead: int | None = None

    def __post_init__(self) -> None:
        self._example, self._output, self._rephrase = (
            load_prompt(f"unnatural-{what}", self.language, self.prompts) for what in ("example", "output", "rephrase")
        )

    @property
    def calls(self) -> float:
        """Requests that one task takes after the first."""
        return 1.0 + self.rephrasings

    def request(self, number: int, pool: Pool) -> Request:
        """Three seeds that have an input, as JSON."""
        with_input = [seed for seed in pool.seeds if seed.shown and seed.shown[0][0]] or pool.seeds
        shown = [self._shown(seed) for seed in pool.draw(with_input, SHOWN, f"unnatural/{number}")]
        listed = [self._example.part("demonstration", {"number": str(place + 1), "example": one})
                  for place, one in enumerate(shown)]  # fmt: skip
        return self._example.request({"demonstrations": "\n\n".join(listed)}, seed=self.seed, sample=number)

    def _shown(self, seed: Seed) -> str:
        given = seed.shown[0][0] if seed.shown else ""
        fields = (seed.instruction, given, seed.constraints or self._example.parts["none"])
        return canonical_json(dict(zip(FIELDS, fields, strict=True)))

    def read(self, answer: Answer) -> Proposed:
        """The one JSON object, with its three texts."""
        if answer.failure:
            return Proposed(malformed=[("", failed(answer))])
        if answer.cut:
            return Proposed(malformed=[(answer.text, ("cut_off", "the answer ended at the token limit", ""))])
        found = json_object(answer.text)
        missing = [name for name in FIELDS if not isinstance((found or {}).get(name), str)]
        if found is None or missing:
            what = "no JSON object" if found is None else f"no {' and no '.join(missing)}"
            return Proposed(malformed=[(answer.text, ("malformed", what, SHAPE))])
        given = found["input"].strip()
        if not given:
            return Proposed(malformed=[(answer.text, ("malformed", "an empty input", SHAPE))])
        return Proposed(
            [Candidate(tidy(found["instruction"]), ((given, ""),), found["constraints"].strip(), answer.key)]
        )

    async def finish(self, candidate: Candidate, ask: Ask) -> Finished:
        """Ask for the output, at T 0, and for the other wordings."""
        (given, _), *_ = candidate.examples
        none = self._example.parts["none"]
        constraints = candidate.constraints or none
        values = {"instruction": candidate.instruction, "input": given}
        answer = await ask(self._output.request({**values, "constraints": constraints}, seed=self.seed))
        if answer.failure:
            return Finished(reasons=[failed(answer)])
        instruction = candidate.instruction
        if constraints.strip(" .。").casefold() not in ("", "none", "无", "no constraints"):
            instruction = f"{instruction}\n{constraints}"
        found = sifted([Row(instruction, given, answer.text.strip(), "unnatural")], cut=answer.cut)
        for number in range(self.rephrasings if found.rows else 0):
            other = await ask(self._rephrase.request(values, seed=self.seed, sample=number))
            await self._add(found, other, given, number)
        return found

    async def _add(self, found: Finished, other: Answer, given: str, number: int) -> None:
        text = other.text.strip()
        row = Row(text, "", found.rows[0].output, f"unnatural/rephrased-{number + 1}")
        if other.failure:
            found.refused.append((row, [failed(other)]))
        elif other.cut or text.count(INPUT) != 1:
            found.refused.append(
                (row, [("malformed", "cut off" if other.cut else f"{text.count(INPUT)} places", f"one {INPUT}")])
            )
        else:
            row.instruction = text.replace(INPUT, given)
            same = row.instruction in {one.instruction for one in found.rows}
            found.refused += [(row, [("same_example", "", "")])] if same else []
            found.rows += [] if same else [row]
