"""What the tests of generation share: a key for the scripted server, and seed tasks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import write_lines
from tests.generation.imitation import imitate
from tests.generation.server import ScriptedServer

KEY = "sk-secret-key-of-the-test"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    return KEY


@pytest.fixture
def imitation() -> Iterator[ScriptedServer]:
    """A server that answers as a model would."""
    with ScriptedServer(imitate) as server:
        yield server


def seed_task(number: int, instruction: str, classification: bool, *instances: tuple[str, str]) -> dict[str, Any]:
    told = [{"input": given, "output": output} for given, output in instances]
    return {"id": f"seed_task_{number}", "name": f"task{number}", "instruction": instruction, "instances": told,
            "is_classification": classification}  # fmt: skip


ENGLISH = (
    seed_task(0, "Name the capital of the given country.", False, ("France", "Paris"), ("Peru", "Lima")),
    seed_task(1, "Write a haiku about the sea at night.", False, ("", "Dark water breathing")),
    seed_task(2, "Is this sentence a question?", True, ("Where are you?", "Yes"), ("I am here.", "No")),
    seed_task(3, "Correct the spelling of the word.", False, ("recieve", "receive")),
    seed_task(4, "Give three synonyms of the adjective.", False, ("quick", "fast, rapid, swift")),
    seed_task(5, "Tell whether the number is even or odd.", True, ("12", "even"), ("7", "odd")),
    seed_task(6, "Turn the sentence into the past tense.", False, ("I go home.", "I went home.")),
    seed_task(7, "How many minutes are there in a day?", False, ("", "1,440")),
    seed_task(8, "Summarize the note in five words.", False, ("Buy milk and call Ann.", "Milk, then call Ann up")),
    seed_task(9, "Write a regular expression that matches a year.", False, ("", r"\b\d{4}\b")),
)
CHINESE = (
    seed_task(0, "说出下面这个国家的首都。", False, ("法国", "巴黎"), ("秘鲁", "利马")),
    seed_task(1, "以夜晚的大海为题写一首短诗。", False, ("", "潮声入梦来")),
    seed_task(2, "判断这句话是不是疑问句。", True, ("你在哪儿？", "是"), ("我在这里。", "不是")),
    seed_task(3, "改正下面词语中的错别字。", False, ("再接再励", "再接再厉")),
    seed_task(4, "给出三个近义词。", False, ("迅速", "快速、飞快、敏捷")),
    seed_task(5, "这个数是奇数还是偶数？", True, ("12", "偶数"), ("7", "奇数")),
)


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "seeds.jsonl", list(ENGLISH))


@pytest.fixture
def chinese_seeds(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "zh.jsonl", list(CHINESE))
