"""Answers that refuse, and answers that speak as a model."""

import pytest

import instructkit as ik
from instructkit.filters.rules.refusals import why_identified, why_refusal
from tests.rows import examples

REFUSALS = [
    "I'm sorry, but I cannot help with that request.",
    "I am sorry, but as an AI language model, I can't provide medical advice.",
    "Unfortunately, I am unable to access the internet.",
    "I cannot assist with that.",
    "As an AI language model, I do not have access to real-time data.",
    "很抱歉，我无法提供这样的帮助。",
    "对不起，作为一个人工智能助手，我不能回答这个问题。",
    "作为AI语言模型，我无法浏览网页。",
]
ANSWERS = [
    "I'm sorry, but I can't come to your party on Friday. Thank you for asking me.",
    "Sorry, we are closed on Mondays.",
    "I can't help but notice that the window is open.",
    "Unfortunately, the train was late and we missed the boat.",
    "I cannot recommend this book enough: read it twice.",
    "对不起，我昨天迟到了，因为路上堵车。",
    "很遗憾，这家店已经关门了。",
    "作为一名老师，我不能偏袒任何学生。",
    "Dear Ms Fox, I am sorry to tell you that I won't be able to attend the meeting.",
]


@pytest.mark.parametrize("output", REFUSALS)
def test_a_refusal_is_told_by_its_beginning(output: str) -> None:
    assert why_refusal(output)


@pytest.mark.parametrize("output", ANSWERS)
def test_an_apology_or_a_letter_is_no_refusal(output: str) -> None:
    assert not why_refusal(output)


@pytest.mark.parametrize(
    "output",
    [
        "As an AI language model, I have no favorite color.",
        "I'm an AI assistant, so I have not been to Rome.",
        "I am ChatGPT, made by OpenAI.",
        "As of my last knowledge update, the tower was 330 meters high.",
        "作为一个人工智能语言模型，我没有感情。",
        "我是一个由OpenAI开发的人工智能助手。",
    ],
)
def test_an_answer_that_speaks_as_a_model_is_told(output: str) -> None:
    assert why_identified("What is your view?", "", output)


@pytest.mark.parametrize(
    ("instruction", "output"),
    [
        ("Who are you?", "I am an AI assistant."),
        ("你是谁？", "我是一个人工智能助手。"),
        ("Are you ChatGPT?", "No, I am an AI assistant made by somebody else."),
        ("Complete: As an AI language model,", "As an AI language model, it was trained on text."),
        ("What is AI?", "AI is the field that builds machines which reason; a language model is one of them."),
        ("介绍一下人工智能。", "人工智能是计算机科学的一个分支，语言模型是其中的一种。"),
    ],
)
def test_who_is_asked_may_say_what_it_is(instruction: str, output: str) -> None:
    assert not why_identified(instruction, "", output)


def test_with_tools_or_a_system_prompt_a_refusal_may_be_right() -> None:
    row = {"instruction": "Can you order a pizza?", "output": "I'm sorry, but I can't assist with that."}
    told = {**row, "system": "You can only make invoices."}
    table = examples([row, row, row, told], tools=["[]", '[{"name": "invoice"}]', None, ""], n=[0, 1, 2, 3])
    assert ik.filter(table, preset="none", rules=["refusal"]).read_all()["n"].to_pylist() == [1, 3]
