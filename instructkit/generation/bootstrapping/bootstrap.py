"""Self-Instruct (Wang et al. 2023): eight tasks to new ones, then labels first or inputs first."""

from collections.abc import Sequence
from dataclasses import dataclass

from instructkit.generation.bootstrapping.candidates import Candidate, Finished, Proposed, Row, failed
from instructkit.generation.bootstrapping.examples import sifted
from instructkit.generation.bootstrapping.pool import Pool, drawn
from instructkit.generation.bootstrapping.rules import tidy
from instructkit.generation.bootstrapping.seeds import Seed
from instructkit.generation.client.model import Ask
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.prompting import Prompt, filled, load_prompt
from instructkit.generation.reading import keyed, numbered

FROM_SEEDS, FROM_KEPT = 6, 2  # tasks in the prompt; all from the seeds until two were kept
ASKED = 8  # new tasks a request
DEMONSTRATIONS = 6
LOOK_AHEAD = 8  # the original asks five at a time; as each new task takes two more, few of these are many of all
_NO_INPUT = {"", "none", "none.", "n/a", "no input", "<noinput>", "无", "无。", "无输入", "<无输入>"}
_HEADING = {"task": "tasks?|任务"}  # a model that goes on with tasks of its own
_BLOCKS = {"example": r"example(?: \d+)?|示例 ?\d*|例子? ?\d*", "input": "input|输入", "output": "output|输出"}
_LABELS = {"label": r"class label|label|类别标签|标签|类别"}


@dataclass
class SelfInstruct:
    """The whole recipe: `request` draws 6 + 2 tasks, `finish` asks for the kind and then for examples."""

    seeds: Sequence[Seed]
    language: str
    seed: int
    prompts: str | None = None
    name: str = "self-instruct"
    expected: float = 3.0
    novelty: float | None = 0.7
    calls: float = 2.0
    look_ahead: int | None = LOOK_AHEAD

    def __post_init__(self) -> None:
        self._tasks, self._kind, self._inputs, self._outputs = (
            load_prompt(f"self-instruct-{what}", self.language, self.prompts)
            for what in ("tasks", "classification", "input-first", "output-first")
        )
        # the same for every task, so that a server may keep what it made of the prompt's beginning
        self._marked = self._marked_tasks()
        self._shown = {kind: self._demonstrations(kind) for kind in (True, False)}

    def request(self, number: int, pool: Pool) -> Request:
        """Eight tasks, six of the seeds' and two of those kept, in random order, and the numbers that follow."""
        purpose = f"self-instruct/{number}"
        kept = pool.draw(pool.kept, FROM_KEPT, f"{purpose}/kept") if len(pool.kept) >= FROM_KEPT else []
        seeds = pool.draw(pool.seeds, FROM_SEEDS + FROM_KEPT - len(kept), f"{purpose}/seeds")
        tasks = pool.draw([*seeds, *kept], FROM_SEEDS + FROM_KEPT, f"{purpose}/order")
        listed = [
            self._tasks.part("task", {"number": str(place + 1), "instruction": task.instruction})
            for place, task in enumerate(tasks)
        ]
        last = len(tasks) + ASKED
        values = {"tasks": "\n".join(listed), "next": str(len(tasks) + 1), "last": str(last)}
        return self._tasks.request(values, seed=self.seed, sample=number, stop=[f"\n{last + 1}."])

    def read(self, answer: Answer) -> Proposed:
        """The items of the numbered list; one that the token limit cut is none."""
        if answer.failure:
            return Proposed(malformed=[("", failed(answer))])
        items = numbered(answer.text)
        if not items:
            return Proposed(malformed=[(answer.text, ("malformed", "no numbered list", "9. a task, 10. a task, ..."))])
        cut = [items.pop()] if answer.cut else []
        return Proposed(
            [Candidate(tidy(item), key=answer.key) for item in items],
            [(item, ("cut_off", "the answer ended at the token limit", "")) for item in cut],
        )

    async def finish(self, candidate: Candidate, ask: Ask) -> Finished:
        """Ask whether it is a classification, and for examples accordingly."""
        kind = await ask(self._kind_request(candidate.instruction))
        if kind.failure:
            return Finished(reasons=[failed(kind)])
        classification = self._says_yes(kind.text)
        answer = await ask(self._examples_request(candidate.instruction, classification))
        if answer.failure:
            return Finished(reasons=[failed(answer)])
        template = "self-instruct/output-first" if classification else "self-instruct/input-first"
        read = read_labels if classification else read_examples
        rows = [Row(candidate.instruction, *example, template, classification) for example in read(answer.text)]
        if not rows:
            shape = "Class label: ..., then an input" if classification else "Input: ... Output: ..."
            return Finished(reasons=[("malformed", answer.text[:200], shape)])
        return sifted(rows, cut=answer.cut)

    def _marked_tasks(self) -> str:
        """Tasks that are classifications and others, shuffled, each with the answer."""
        prompt = self._kind
        marked = [(text, "positive") for text in prompt.lists["classification"]]
        marked += [(text, "negative") for text in prompt.lists["other"]]
        shuffled = drawn(marked, len(marked), self.seed, "self-instruct/classification")
        return "\n\n".join(
            prompt.part("example", {"instruction": text, "answer": prompt.parts[answer]}) for text, answer in shuffled
        )

    def _kind_request(self, instruction: str) -> Request:
        return self._kind.request({"examples": self._marked, "instruction": instruction}, seed=self.seed)

    def _says_yes(self, text: str) -> bool:
        said = text.strip().strip("*\"'“”").casefold()
        return said.startswith((self._kind.parts["positive"].casefold(), "yes")) and not said.startswith("是否")

    def _examples_prompt(self, classification: bool) -> Prompt:
        return self._outputs if classification else self._inputs

    def _demonstrations(self, classification: bool) -> str:
        """Seeds of one kind with their examples, and those that the prompt brings."""
        prompt = self._examples_prompt(classification)
        told = [seed for seed in self.seeds if seed.shown and bool(seed.classification) == classification]
        if classification:
            told = [seed for seed in told if any(given for given, _ in seed.shown)]
        chosen = drawn(told, DEMONSTRATIONS, self.seed, f"{prompt.name}/demonstrations")
        shown = [_demonstration(prompt, seed.instruction, seed.shown) for seed in chosen]
        return "\n\n".join([*shown, *prompt.lists.get("demonstrations", ())])

    def _examples_request(self, instruction: str, classification: bool) -> Request:
        values = {"demonstrations": self._shown[classification], "instruction": instruction}
        return self._examples_prompt(classification).request(values, seed=self.seed)


def _demonstration(prompt: Prompt, instruction: str, examples: tuple[tuple[str, str], ...]) -> str:
    lines = []
    for number, (given, output) in enumerate(examples):
        if "label" in prompt.parts:
            lines += [
                prompt.part("label", {"text": output}),
                *([prompt.part("input", {"text": given})] if given else []),
            ]
            continue
        if len(examples) > 1:
            lines.append(prompt.part("number", {"number": str(number + 1)}))
        if given:
            lines.append(prompt.part("input", {"text": given}))
        lines.append(prompt.part("output", {"text": output}))
    return filled(prompt.parts["demonstration"], {"instruction": instruction, "examples": "\n".join(lines)})


def read_examples(text: str) -> list[tuple[str, str]]:
    """Pairs of (input, output) as the prompt asks for them; a text without keys is one output without an input."""
    blocks = keyed(_own_part(text), _BLOCKS)
    if not any(name == "output" for name, _ in blocks):
        return []
    found, given = [], ""
    for name, block in blocks:
        if name == "input":
            given = _last_example_cut(block)
        elif name == "output":
            found.append(("" if given.casefold() in _NO_INPUT else given, _last_example_cut(block)))
            given = ""
        else:
            given = ""
    return found


def _last_example_cut(block: str) -> str:
    """A block without a heading of the next example at its end."""
    lines = block.splitlines()
    heading = {"example": _BLOCKS["example"]}
    while lines and (not lines[-1].strip() or (len(lines[-1]) < 16 and keyed(f"{lines[-1]}:", heading))):
        lines.pop()
    return "\n".join(lines).strip()


def _own_part(text: str) -> str:
    """What is said of the task that was asked about: up to the heading of another one."""
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if place and keyed(line, _HEADING):
            return "\n".join(lines[:place])
    return text


def read_labels(text: str) -> list[tuple[str, str]]:
    """Pairs of (input, label): a label and what stands below it."""
    found = []
    for _, block in keyed(_own_part(text), _LABELS):
        label, _, given = block.partition("\n")
        found.append((given.strip(), label.strip()))
    return found
