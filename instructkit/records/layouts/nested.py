"""Files that are one object with the rows inside: SQuAD, a Super-NaturalInstructions task."""

from collections.abc import Callable, Iterator
from typing import Any

from instructkit.errors import BadInput

Row = dict[str, Any]


def is_squad(whole: Row) -> bool:
    """SQuAD's nested shape: data, paragraphs, qas."""
    data = whole.get("data")
    return isinstance(data, list) and bool(data) and isinstance(data[0], dict) and "paragraphs" in data[0]


def squad_rows(whole: Row) -> Iterator[Row]:
    """A row a question, in the columns the flat datasets use."""
    for article in whole["data"]:
        for paragraph in article.get("paragraphs") or []:
            for question in paragraph.get("qas") or []:
                answers = question.get("answers") or []
                yield {
                    "id": str(question.get("id", "")),
                    "title": str(article.get("title", "")),
                    "context": paragraph.get("context", ""),
                    "question": question.get("question", ""),
                    "answers": {
                        "text": [str(answer.get("text", "")) for answer in answers],
                        "answer_start": [int(answer.get("answer_start") or 0) for answer in answers],
                    },
                }


def is_super_natural(whole: Row) -> bool:
    """A task of Super-NaturalInstructions: Definition and Instances."""
    return "Definition" in whole and isinstance(whole.get("Instances"), list)


def super_natural_rows(whole: Row) -> Iterator[Row]:
    """A row an instance: the definition is its instruction, its first output the answer."""
    definition = whole["Definition"]
    instruction = "\n".join(definition) if isinstance(definition, list) else str(definition)
    categories = whole.get("Categories") or [""]
    languages = {
        f"{kind}_language": ", ".join(map(str, _listed(whole.get(f"{kind.capitalize()}_language"))))
        for kind in ("input", "output", "instruction")
    }
    for instance in whole["Instances"]:
        if not isinstance(instance, dict):
            raise BadInput(f"an instance of the task is no object ({str(instance)[:40]!r})")
        outputs = instance.get("output")
        outputs = outputs if isinstance(outputs, list) else [outputs]
        yield {
            "id": str(instance.get("id", "")),
            "instruction": instruction,
            "input": str(instance.get("input", "")),
            "output": str(outputs[0]) if outputs else "",
            "outputs": [str(output) for output in outputs],
            "category": str(categories[0]),
            **languages,
        }


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


NESTED: dict[str, Callable[[Row], Iterator[Row]]] = {
    "squad": squad_rows,
    "super-ni": super_natural_rows,
    # the keys that mark such an object even on a single line
    "data": squad_rows,
    "Instances": super_natural_rows,
}
