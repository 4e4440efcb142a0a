"""Each rule: what it drops, and what it must never drop."""

from typing import Any

import pytest

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.filters.rule import RULES, parse_rule
from instructkit.filters.rules import presets
from instructkit.filters.rules.integrity import why_cut
from instructkit.filters.rules.structure import why_no_json
from tests.rows import examples

POEM = "Der Mond ist aufgegangen,\nDie goldnen Sternlein prangen\nAm Himmel hell und klar"
REFRAIN = "Row, row, row your boat\nGently down the stream\n" * 2
TABLE = "| name | age |\n|---|---|\n" + "".join(f"| person {n} | {20 + n} |\n" for n in range(40))
CODE = "```python\nfor row in rows:\n    print(row)\n```"
JSON = '{"name": "Ada", "tags": ["a", "b"]}'
ENGLISH_PROSE = (
    "The bridge was built in two summers. It carries the road over the river, and it has never been closed. "
)

RIGHT = [
    "yes", "否", "42", "positive", "C", "3.14", "None", "null", "[]", "因为", "the",
    POEM, REFRAIN, TABLE, CODE, JSON, "def f(x):\n    return {**x}", "2 + 2 = 4", "- one\n- two\n- three",
    "1. First, the\n2. Second, a", "That is where I come from", "Where are you going to", "北京，上海，广州",
    "他说他要走了，我没有留他。后来我们再也没见过面。我想他大概已经忘了这件事吧",
    r"\frac{{a}}{{b}} is written with double braces", "SELECT * FROM t WHERE a = 1",
    "```\n{{ user }}\n```", "Dear Ms Fox,\n\nthank you.\n\nBest,\nTom", "x" * 500, "哈" * 100, ENGLISH_PROSE * 3,
]  # fmt: skip


def failed(row: dict[str, str], **options: Any) -> dict[str, int]:
    reader = ik.filter(examples([row]), workers=1, **options)
    reader.read_all()
    return dict(ik.counts(reader).reasons)


@pytest.mark.parametrize("output", RIGHT, ids=range(len(RIGHT)))
def test_the_default_preset_drops_no_right_answer(output: str) -> None:
    assert failed({"instruction": "Answer the question.", "output": output}) == {}


RIGHT_ROWS = [
    {"instruction": "Convert to lower case.", "input": "HELLO WORLD", "output": "hello world"},
    {"instruction": "Sort the numbers.", "input": "[1, 2, 3]", "output": "[1, 2, 3]"},
    {"instruction": "Correct the mistakes.", "input": ENGLISH_PROSE, "output": ENGLISH_PROSE},
    {"instruction": "南的拼音是什么？", "output": "nan"},
    {"instruction": "What does print(inf - inf) print?", "output": "nan"},
    {"instruction": "What type is this value?", "input": "None", "output": "NoneType"},
    {
        "instruction": "How do I publish?",
        "output": "Set the token:\n\n  password: ${{ secrets.PYPI_TOKEN }}\n\nThen push.",
    },
    {"instruction": "Where is she from?", "output": "It is late, and nobody here can tell me where she comes from"},
    {
        "instruction": "What is it made of?",
        "output": "Nobody in this house has ever known what this old table is made of",
    },
    {
        "instruction": "Translate into English: 对不起，我不能回答这个问题",
        "output": "Sorry, I can't answer this question.",
    },
    {
        "instruction": "Write an out-of-office message.",
        "output": "Unfortunately, I will not respond to your message today.",
    },
    {"instruction": "Who is Siri?", "output": "Siri is software by Apple that serves as an AI assistant on phones."},
    {
        "instruction": "Write a cover letter.",
        "output": "I was trained by Microsoft in cloud architecture for two years.",
    },
    {"instruction": "How does an n-gram model predict the following word?", "output": "By counting."},
    {"instruction": "木地板下面的材料是什么？", "output": "水泥。"},
    {
        "instruction": "Write a haiku in Japanese style.",
        "output": "An old pond is still. A frog jumps into it now, and the sound is heard.",
    },
    {"instruction": "Return HTML or XML for a line break.", "output": "<br>"},
    {"instruction": "Print 'I am here again' ten times.", "output": "I am here again\n" * 10},
    {
        "instruction": 'Complete it.\ndef add(a, b):\n    """Add."""',
        "output": 'Complete it.\ndef add(a, b):\n    """Add."""\n    return a + b',
    },
    {"instruction": "Say something.", "output": "“café”—and nothing else, he said, for it was late."},
    {"instruction": "What is 锟斤拷?", "output": "锟斤拷 is what replacement characters become in another encoding."},
    {"instruction": "Describe the soup.", "output": "这碗汤好烫烫烫！"},
    {"instruction": "Who programmed you?", "output": "I'm a language model trained by researchers from LMSYS."},
    {"instruction": "Are you davinci?", "output": "No, I'm a language model."},
    {"instruction": "Do you call Meta APIs?", "output": "No, I am a language model trained by LMSYS."},
    {"instruction": "Are you conscious?", "output": "No, I'm a language model."},
    {"instruction": "Which company are you from?", "output": "I'm a language model from LMSYS."},
    {"instruction": "Who am I talking to?", "output": "I'm an AI assistant."},
    {"instruction": "你好", "output": "你好！我是一个人工智能助手，有什么可以帮您？"},
    {
        "instruction": "What are some things you can't help me with?",
        "output": "I'm sorry, but I can't help with illegal things.",
    },
    {
        "instruction": "Continue the story, stop mid-sentence for suspense.",
        "output": "She opened the old door slowly. Behind it there was a man with the",
    },
    {"instruction": "Use HTML to strike a word.", "output": "<p>This is <s>old</s> new.</p>"},
    {"instruction": "Explain ChatML tokens.", "output": "Each turn ends with <|im_end|>."},
    {"instruction": "Write a chat between a user and a bot.", "output": "Human: Hi\nAssistant: Hello"},
    {"instruction": "What is a README?", "output": "## Input\nThe data.\n\n## Output\nA file."},
    {"instruction": "Compose a song with a chorus.", "output": "We are the river running home\n" * 6 + "To the sea."},
    {"instruction": "Repeat the word 'echo' 200 times.", "output": "echo " * 200},
]


@pytest.mark.parametrize("row", RIGHT_ROWS, ids=range(len(RIGHT_ROWS)))
def test_the_default_preset_drops_no_right_row(row: dict[str, str]) -> None:
    assert failed(row) == {}


WRONG = [
    ("empty_output", {"output": " \n"}),
    ("cut_output", {"output": ENGLISH_PROSE + "Nobody thought of it as old, because the"}),
    ("cut_output", {"output": "这座桥用了两个夏天才建成。它横跨河面，通车以后从来没有关闭过，谁也没觉得它旧，因为"}),
    ("cut_output", {"output": "这座桥用了两个夏天才建成。它横跨河面，通车以后从来没有关闭过，谁也没觉得它旧，"}),
    ("open_fence", {"output": "Run this:\n```bash\nls -l\n"}),
    ("broken_json", {"instruction": "Give me JSON.", "output": '{"a": 1, "b": [1, 2}'}),
    ("broken_json", {"instruction": "以JSON格式输出。", "output": '```json\n{"a": 1,}\n```'}),
    ("template_leftovers", {"output": "Dear {{ customer_name }}, hello."}),
    ("template_leftovers", {"output": "nan"}),
    ("template_leftovers", {"input": "<noinput>", "output": "x"}),
    ("template_leftovers", {"instruction": "Summarise {% if text %}", "output": "x"}),
    ("output_equals_prompt", {"instruction": "Rewrite: it rained.", "output": "Rewrite: it rained. "}),
    ("output_equals_prompt", {"instruction": "Summarize.", "input": ENGLISH_PROSE, "output": ENGLISH_PROSE}),
    ("repeated_lines", {"output": "I am going round in circles here.\n" * 12}),
    ("repetitive", {"output": "and again " * 400}),
    ("repetitive", {"output": "我很高兴。" * 400}),
    ("chat_markers", {"instruction": "Capital of Spain?", "output": "Madrid.<|im_end|>\n<|im_start|>user"}),
    ("chat_markers", {"instruction": "Capital of Spain?", "output": "Madrid.</s>"}),
    ("chat_markers", {"instruction": "Capital of Spain?", "output": "Paris.<|eot_id|>"}),
    ("chat_markers", {"instruction": "Capital of Spain?", "output": "Paris is a city.<|endoftext|>"}),
    ("chat_markers", {"instruction": "Capital of Spain?", "output": "[INST] hi [/INST] Paris"}),
    (
        "chat_markers",
        {"instruction": "Capital of Spain?", "output": "Madrid.\n\nHuman: And of Italy?\nAssistant: Rome."},
    ),
    ("chat_markers", {"instruction": "Capital of Spain?", "output": "马德里。\n### Instruction:\n意大利呢？"}),
    ("chat_markers", {"instruction": "Capital of Spain?", "output": "### Response:\nParis"}),
    ("chat_markers", {"instruction": "Capital of Spain?", "output": "Assistant: Paris."}),
    ("refusal", {"instruction": "Capital of Spain?", "output": "I must decline to answer."}),
    ("refusal", {"instruction": "Capital of Spain?", "output": "我不能回答这个问题。"}),
    ("refusal", {"instruction": "Capital of Spain?", "output": "抱歉，这个问题我没法回答您哦。"}),
    ("refusal", {"instruction": "Capital of Spain?", "output": "您好，我暂时无法回答您的问题，换个话题试试吧。"}),
    ("refusal", {"instruction": "Capital of Spain?", "output": "非常抱歉，我不太方便讨论这个话题。"}),
    (
        "cut_output",
        {
            "instruction": "Capital of Spain?",
            "output": "北京是中国的首都，历史悠久，有故宫、长城等著名景点，每年吸引大量游客，因为",
        },
    ),
    (
        "cut_output",
        {
            "instruction": "Capital of Spain?",
            "output": "北京是中国的首都，历史悠久，有故宫、长城等著名景点，每年吸引大量游客，以及",
        },
    ),
    (
        "cut_output",
        {"instruction": "Capital of Spain?", "output": "The town has many fine old museums and parks, such as"},
    ),
    ("cut_output", {"instruction": "Capital of Spain?", "output": "The old bridge was closed last week because of"}),
]


@pytest.mark.parametrize(("rule", "row"), WRONG, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(WRONG)])
def test_each_rule_finds_its_fault(rule: str, row: dict[str, str]) -> None:
    assert rule in failed({"output": "fine", **row})


def test_a_row_that_fails_several_rules_names_them_all(tmp_path: Any) -> None:
    row = {"instruction": "Return JSON", "output": '{"a": "{{ name }}"'}
    path = str(tmp_path / "rejects.jsonl")
    reader = ik.filter(examples([row, {"output": "fine"}]), rejects=path)
    assert reader.read_all().num_rows == 1
    assert ik.counts(reader).rows_dropped == 1
    (rejected,) = ik.read(path).read_all()["reasons"].to_pylist()
    assert [reason["rule"] for reason in rejected] == ["broken_json", "template_leftovers"]


def test_thresholds_are_set_by_name_and_rules_left_out() -> None:
    long = {"output": "word " * 50}
    assert failed(long, rules=["long_output=100"]) == {"long_output": 1}
    assert failed({"output": ""}, rules=["empty_output=off"]) == {}
    assert failed({"output": ""}, preset="none") == {}
    assert failed({"output": ""}, preset="none", rules=["empty_output"]) == {"empty_output": 1}


@pytest.mark.parametrize("text", ["nothing", "nothing=1", "open_fence=3", "long_output=many", "repetitive=nan"])
def test_a_rule_that_can_not_be_meant_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"rule"):
        parse_rule(text)


def test_an_unknown_rule_or_preset_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="open_fence"):
        parse_rule("open_fense")
    with pytest.raises(UsageError, match="instruction, web, strict, none"):
        presets.chosen_rules("web!", ())


def test_every_rule_says_what_it_is_and_where_its_number_comes_from() -> None:
    assert len(RULES) >= 10
    for rule in RULES.values():
        assert rule.about.endswith(".")
        assert rule.source


def test_words_no_sentence_ends_in_tell_a_cut_and_others_do_not() -> None:
    assert why_cut("It was late and we were tired, but of all the people there only the")
    assert not why_cut("It was late and we were tired, and there was nobody left to talk to")


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "Convert this JSON to a Python dict.", "output": "{'a': True, 'b': None}"},
        {
            "instruction": "How do I parse JSON in Go?",
            "output": "[encoding/json](https://example.org) has what you need.",
        },
        {"instruction": "What does console.log(0/0) print?", "output": "NaN"},
    ],
)
def test_json_that_is_only_spoken_of_and_code_are_right_answers(row: dict[str, str]) -> None:
    assert failed(row) == {}


def test_json_lines_and_words_around_a_block_are_not_broken_json() -> None:
    assert why_no_json('{"a": 1}\n{"a": 2}') == ""
    assert why_no_json("Here it is:\n```json\n{broken\n```") == ""
    assert why_no_json('{"a": 1') != ""


@pytest.mark.parametrize("text", ["repeated_lines=7", "long_output=-3", "symbol_share=30", "long_output=0.5"])
def test_a_threshold_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="from 0"):
        parse_rule(text)
