"""What each task makes of documents whose outcome is known, and what no task may ever do."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.pretext.document import Document
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.numbers import near_number
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made
from instructkit.templating.pretext.tasks import TASKS

SEEDS = range(16)
Entry = dict[str, Any]

CHECKED: dict[str, list[Entry]] = {
    code: yaml.safe_load((Path(__file__).parent / f"documents_{code}.yaml").read_text(encoding="utf-8"))
    for code in ("en", "zh")
}
DOCUMENTS = {
    code: [Document(one["text"], *(one.get(name, "") for name in ("title", "topic", "path"))) for one in entries]
    for code, entries in CHECKED.items()
}
POOL = Pool([*DOCUMENTS["en"], *DOCUMENTS["zh"]])
CASES = [(code, place, task) for code, entries in CHECKED.items() for place, one in enumerate(entries)
         for task in one["outcomes"]]  # fmt: skip


def made(document: Document, task: str) -> list[Made]:
    """What a rule makes of a document under several seeds."""
    found = (TASKS[task].rule(document.passage(0), Draws(seed, task, document.text, "0"), POOL) for seed in SEEDS)
    return [one for one in found if one is not None]


@pytest.mark.parametrize(("code", "place", "task"), CASES)
def test_the_outcome_is_one_that_is_known_to_be_right(code: str, place: int, task: str) -> None:
    document, known = DOCUMENTS[code][place], CHECKED[code][place]["outcomes"][task]
    outcomes = made(document, task)
    assert bool(outcomes) == bool(known)
    for one in outcomes:
        assert any(right.items() <= one.roles.items() for right in known), json.dumps(
            dict(one.roles), ensure_ascii=False
        )


def test_there_are_twenty_documents_a_language_and_each_task_is_checked_in_both() -> None:
    for code, entries in CHECKED.items():
        assert len(entries) == 20
        checked = {task for one in entries for task, known in one["outcomes"].items() if known}
        assert checked == {name for name, task in TASKS.items() if not task.of_code}, code


@pytest.mark.parametrize("task", ["cloze-choice", "natural-question", "next-sentence"])
def test_wrong_choices_stand_nowhere_in_the_document(task: str) -> None:
    seen = 0
    for document in (*DOCUMENTS["en"], *DOCUMENTS["zh"]):
        for one in made(document, task):
            choices = list(one.roles["choices"])
            assert choices.count(one.roles["answer"]) == 1
            assert len(set(choices)) == len(choices) == 4
            wrong = [choice for choice in choices if choice != one.roles["answer"]]
            later = document.text if task != "natural-question" else ""
            assert not any(choice in later for choice in wrong)
            seen += 1
    assert seen > 20


def test_a_wrong_answer_is_never_the_right_one() -> None:
    for text in ("1954", "7", "45", "1,200", "2400", "85,000", "1954年", "1", "2025", "1000"):
        for seed in range(200):
            other = near_number(text, Draws(seed, text))
            assert other is not None
            assert other != text
            assert ("," in other) == ("," in text) or int(other.replace(",", "")) < 1000
            assert other.endswith("年") == text.endswith("年")
            assert int(other.rstrip("年").replace(",", "")) > 0
    assert near_number("3.5", Draws(0)) is None
    for value in (*range(1, 3000), 9_999, 10_000, 10**15):
        assert near_number(str(value), Draws(value)) not in (None, str(value))


def test_only_one_in_a_row_of_labels_is_drawn_more_often_than_another() -> None:
    for task, labels in (("paraphrase", 2), ("inference", 3), ("closed-book-qa", 2)):
        drawn = {Draws(seed, task, "text", "0").below(labels) for seed in range(50)}
        assert len(drawn) == labels


CODE = '''
import os


def size(path):
    """Give the size of a file in bytes, or zero where there is none."""
    if not os.path.exists(path):
        return 0
    return os.path.getsize(path)


class Folder:
    @property
    def name(self):
        """The last part of the path of the folder."""
        parts = self.path.split("/")
        return parts[-1]

    def short(self):
        """Too short."""
        first = 1
        return first
'''


def test_functions_are_told_from_their_docstrings() -> None:
    document = Document(CODE)
    assert document.is_code
    found = {one.roles["explanation"]: one.roles["code"] for one in made(document, "docstring")}
    assert set(found) == {
        "Give the size of a file in bytes, or zero where there is none.",
        "The last part of the path of the folder.",
    }
    assert found["The last part of the path of the folder."].startswith("@property\ndef name(self):\n    parts")
    assert not any('"""' in code for code in found.values())
    starters = {one.roles.get("starter") for one in made(document, "code")}
    assert starters == {"def size(path):"}


PIECES = st.sampled_from([
    "The mill", "In 1954", ", and", "was built", "by John Smith", "of Paris", "in 2099.", "1,200", "3.5 %",
    "“It is so.”", "(see p. 3)", "?", "!", ". ", ": ", "; ", "\n", "\n\n", "because", "However,", "This", "never",
    "is not",
    "30 members", "12 May 1990", "May 12, 1990", "http://a.b", "# Head", "磨坊", "建于", "1954年", "，", "。", "于北京",
    "约翰·史密斯", "有30名成员", "。因此，", "这是", "“是的。”", "（见下）", "《书》", "多少", "吗？", "第3",
    "20～30米", "\u3000", "\ufffd", "🙂", "العربية", "'", '"', "-", "—", "0", "007",
])  # fmt: skip


@settings(deadline=None, max_examples=120)
@given(st.lists(PIECES, min_size=1, max_size=60), st.integers(0, 3))
def test_no_text_makes_a_rule_fail(pieces: list[str], seed: int) -> None:
    document = Document(" ".join(pieces), title=pieces[0], topic=pieces[-1], path="/".join(pieces[:4]))
    pool = Pool([document, *DOCUMENTS["en"], *DOCUMENTS["zh"]])
    for name, task in TASKS.items():
        one = task.rule(document.passage(0), Draws(seed, name, document.text), pool)
        assert one is None or (set(one.roles) <= set(task.roles) and 0 <= one.confidence <= 1 and one.why)
