"""Prompts that refer to what is not there, and answers other than asked for."""

import pytest

import instructkit as ik
from tests.rows import examples


def failed(row: dict[str, object], *rules: str) -> dict[str, int]:
    reader = ik.filter(examples([row]), preset="none", rules=rules, workers=1)
    reader.read_all()
    return dict(ik.counts(reader).reasons)


@pytest.mark.parametrize(
    "instruction",
    [
        "Summarize the following text.",
        "Translate the following sentence into French.",
        "Classify each of the following reviews as positive or negative.",
        "What is the main idea of the given passage?",
        "请总结以下文章。",
        "将下面的句子翻译成英语。",
        "判断给定的评论是正面还是负面。",
    ],
)
def test_an_instruction_that_speaks_of_an_absent_text_is_found(instruction: str) -> None:
    assert failed({"instruction": instruction}, "missing_input") == {"missing_input": 1}


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "Summarize the following text.", "input": "It rained."},
        {"instruction": "Summarize the following text: it rained."},
        {"instruction": "Summarize the following text.\n\nIt rained."},
        {"instruction": "Fix the following sentence 'she go home'"},
        {"instruction": "Rewrite the following sentence. She go home."},
        {"instruction": "The river rose at night, and at dawn the mill stood in water. Summarize the given text."},
        {"instruction": "What should one do in the following weeks?"},
        {"instruction": "Summarize the following text.", "history": [{"role": "user", "content": "Here it is."}]},
        {"instruction": "请总结以下文章：今天下雨了。"},
        {"instruction": "今天从早到晚一直在下大雨，街上没有人。总结以上文章。"},
        {"instruction": "创建一个针对给定数据集的实体识别系统。"},
    ],
)
def test_an_instruction_whose_text_is_there_passes(row: dict[str, object]) -> None:
    assert failed(row, "missing_input") == {}


FRENCH = "Le comité se réunira de nouveau jeudi pour arrêter le budget de l'année à venir."
ENGLISH = "The committee will meet again on Thursday to settle the budget for the coming year."
CHINESE = "委员会星期四再次开会，确定明年的预算。"


@pytest.mark.parametrize(
    ("instruction", "output", "wrong"),
    [
        ("Translate this sentence into French.", ENGLISH, True),
        ("Translate this sentence into French.", FRENCH, False),
        ("把这句话翻译成英语。", CHINESE, True),
        ("把这句话翻译成英语。", ENGLISH, False),
        ("请用中文回答这个问题。", ENGLISH, True),
        ("Answer in Chinese, please: when do they meet?", CHINESE, False),
        ("Translate it into Spanish.", 'In Spanish "bon voyage" is best translated as "buen viaje", they say.', False),
        ("Write an essay on English literature in the last century.", CHINESE, False),
        ("Translate it into French.", "Oui.", False),
        ("How do you say hello in French?", ENGLISH, False),
    ],
)
def test_an_answer_in_another_language_than_asked_for_is_found(instruction: str, output: str, wrong: bool) -> None:
    assert bool(failed({"instruction": instruction, "output": output}, "asked_language")) is wrong


def test_an_answer_that_begins_with_its_instruction_is_found() -> None:
    instruction = "Write a short poem about the river that runs behind our house."
    assert failed({"instruction": instruction, "output": instruction + "\nIt runs."}, "echoed_instruction")
    assert not failed({"instruction": instruction, "output": "It runs and runs."}, "echoed_instruction")
    assert not failed({"instruction": "Continue: The cat", "output": "Continue: The cat sat."}, "echoed_instruction")
