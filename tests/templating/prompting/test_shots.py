"""Few-shot prompts: what stands before a row's own prompt, read back from the prompt."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.records.tokens import count_tokens
from instructkit.templating.prompting.shots import METAICL
from tests.conftest import write_lines

# every text ends with its number, so that the prompt tells which rows it shows
PACK = {
    "task": "mood",
    "about": "Tell the mood.",
    "roles": {
        "text": {"about": "the text", "columns": ["text"]},
        "label": {
            "about": "the mood",
            "columns": ["label"],
            "labels": [{"en": "glad", "zh": "高兴"}, {"en": "sad", "zh": "难过"}, {"en": "calm", "zh": "平静"}],
        },
    },
    "phrasings": [
        {"name": "en-plain", "language": "en", "instruction": "Tell the mood.", "input": "{{ text }}",
         "output": "{{ label }}"},
        {"name": "en-asked", "language": "en", "instruction": "How is this? {{ text }}", "output": "{{ label }}"},
        {"name": "en-named", "language": "en", "instruction": "Is this glad, sad or calm? {{ text }}",
         "output": "{{ label }}"},
        {"name": "zh-plain", "language": "zh", "instruction": "这是什么心情？", "input": "{{ text }}",
         "output": "{{ label }}"},
    ],
}  # fmt: skip
ADJECTIVES = ["warm", "cold", "old", "new", "loud", "soft", "wide", "thin", "dark", "bright"]
NOUNS = ["river", "garden", "engine", "letter", "winter", "market", "window", "forest", "kitchen", "shadow"]
ENGLISH = [
    {"text": f"The {ADJECTIVES[row % 10]} {NOUNS[row // 10 % 10]} of day {row} was {NOUNS[row * 7 % 10]} "
     f"number t{row}.", "label": row % 3}
    for row in range(120)
]  # fmt: skip
CHINESE = [{"text": f"第{row}天的天气和{row * 31}个人都不一样 z{row}。", "label": row % 3} for row in range(30)]
LABELS = ("glad", "sad", "calm")
SHOWN = re.compile(r"\b([tz]\d+)[.。]")


@pytest.fixture
def pack(tmp_path: Path) -> str:
    path = tmp_path / "pack.yaml"
    path.write_text(json.dumps(PACK))
    return str(path)


@pytest.fixture
def moods(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "moods.jsonl", [*ENGLISH, *CHINESE])


@pytest.fixture
def english(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "english.jsonl", ENGLISH)


def formatted(source: Path, pack: str, **options: Any) -> list[dict[str, Any]]:
    return list(ik.format([str(source)], templates=pack, **options).read_all().to_pylist())


def prompt_of(row: dict[str, Any]) -> str:
    return str(row["instruction"] + "\n\n" + row["input"])


def shown_in(row: dict[str, Any]) -> list[str]:
    """The rows that a prompt shows, its own last."""
    return SHOWN.findall(prompt_of(row))


def parents_of(rows: list[dict[str, Any]]) -> dict[str, str]:
    """The number in each row's own text by its parent."""
    return {row["parent"]: shown_in(row)[-1] for row in rows}


@pytest.mark.parametrize("demos", ["random", "balanced", "nearest", "diverse", "mmr"])
@pytest.mark.parametrize("form", ["prompt", "metaicl", "super-ni"])
def test_a_prompt_shows_as_many_other_rows_as_asked_for_and_names_them(
    moods: Path, pack: str, demos: str, form: str
) -> None:
    rows = formatted(moods, pack, shots=(3, 3), demos=demos, demo_form=form)
    assert len(rows) == 150
    names = parents_of(rows)
    for row in rows:
        shown = shown_in(row)
        assert len(shown) == 4
        assert len(set(shown)) == 4
        assert len({name[0] for name in shown}) == 1  # one language
        assert [names[parent] for parent in row["demonstrations"]] == shown[:-1]
    assert len({row["id"] for row in rows}) == 150


def test_a_range_gives_each_number_to_a_fair_share(english: Path, pack: str) -> None:
    rows = formatted(english, pack, shots=(0, 5), per_row=1)
    counts = Counter(len(row["demonstrations"]) for row in rows)
    assert set(counts) == set(range(6))
    assert all(len(shown_in(row)) == 1 + len(row["demonstrations"]) for row in rows)
    without = [row for row in rows if not row["demonstrations"]]
    alone = {row["parent"]: row for row in formatted(english, pack)}
    for row in without:  # ... as if no demonstrations had been asked for
        assert {**row, "demonstrations": None} == {**alone[row["parent"]], "demonstrations": None}


def test_each_demonstration_is_put_in_the_rows_phrasing_with_its_answer(english: Path, pack: str) -> None:
    rows = formatted(english, pack, shots=(2, 2), template=["en-asked"])
    for row in rows:
        asked = re.findall(r"How is this\? (.*?t(\d+)\.)", row["instruction"])
        assert [text for text, _ in asked] == [ENGLISH[int(number)]["text"] for _, number in asked]
        answers = re.findall(r"t(\d+)\.\n+(glad|sad|calm)\n", row["instruction"])
        assert [(number, LABELS[int(number) % 3]) for number, _ in answers] == answers
        assert len(answers) == 2
        assert row["instruction"].endswith(asked[-1][0])
        assert row["output"] == LABELS[int(asked[-1][1]) % 3]
    separators = {re.sub(r"How is this\? .*|glad|sad|calm", "", row["instruction"]) for row in rows}
    assert len(separators) > 3


def test_mixed_demonstrations_are_put_in_phrasings_of_their_own(english: Path, pack: str) -> None:
    def kinds(row: dict[str, Any]) -> list[str]:
        return re.findall(r"Tell the mood\.|How is this\?|Is this glad", row["instruction"])

    same = formatted(english, pack, shots=(3, 3), demo_templates="same")
    assert all(len(set(kinds(row))) == 1 for row in same)
    mixed = formatted(english, pack, shots=(3, 3), demo_templates="mixed")
    assert len({tuple(kinds(row)) for row in mixed}) > 20
    assert all(len(kinds(row)) == 4 for row in mixed)


@pytest.mark.parametrize("options", [{"symbols": True}, {"options": "letters"}, {"options": "none"}])
def test_mixed_demonstrations_name_no_label_where_the_rows_own_phrasing_may_not(
    english: Path, pack: str, options: dict[str, Any]
) -> None:
    rows = formatted(english, pack, shots=(3, 3), demo_templates="mixed", **options)
    assert rows
    assert not any("Is this glad" in prompt_of(row) for row in rows)


def test_copies_of_a_row_never_demonstrate_it(tmp_path: Path, pack: str) -> None:
    rows = [*ENGLISH[:20], *({**row, "text": str(row["text"]).upper() + " "} for row in ENGLISH[:20])]
    copies = [{**row, "label": (int(str(row["label"])) + 1) % 3} for row in ENGLISH[:20]]
    path = write_lines(tmp_path / "copies.jsonl", [*rows, *copies, *ENGLISH[:20]])
    for demos in ("nearest", "random"):
        for row in formatted(path, pack, shots=(4, 4), demos=demos):
            shown = [name.lower() for name in re.findall(r"\b(T\d+)\b", prompt_of(row), re.IGNORECASE)]
            assert len(shown) == len(set(shown)) == 5


def test_the_nearest_rows_are_shown_with_the_nearest_last(tmp_path: Path, pack: str) -> None:
    texts = ["the red cat sat down on a mat t0.", "the red cat ran away from home t1.", "some dogs bark all night t2.",
             "the red cat sat still t3.", "stars t4."]  # fmt: skip
    path = write_lines(tmp_path / "r.jsonl", [{"text": text, "label": 0} for text in texts])
    rows = formatted(path, pack, shots=(2, 2), demos="nearest", template=["en-plain"])
    assert shown_in(rows[0]) == ["t1", "t3", "t0"]


def test_balanced_prompts_show_each_label_as_often(english: Path, pack: str) -> None:
    for row in formatted(english, pack, shots=(6, 6), demos="balanced"):
        assert Counter(int(name[1:]) % 3 for name in shown_in(row)[:-1]) == {0: 2, 1: 2, 2: 2}


def test_history_puts_demonstrations_into_earlier_turns(english: Path, pack: str) -> None:
    alone = {row["parent"]: row for row in formatted(english, pack, template=["en-plain"])}
    for row in formatted(english, pack, shots=(0, 3), demo_form="history", template=["en-plain"]):
        assert (row["instruction"], row["input"]) == ("Tell the mood.", alone[row["parent"]]["input"])
        assert [turn["role"] for turn in row["history"]] == ["user", "assistant"] * len(row["demonstrations"])
        questions, answers = row["history"][::2], row["history"][1::2]
        for parent, question, answer in zip(row["demonstrations"], questions, answers, strict=True):
            assert question["content"] == "Tell the mood.\n\n" + alone[parent]["input"]
            assert answer["content"] == alone[parent]["output"]


def test_metaicl_prompts_are_inputs_and_outputs_without_a_word_of_instruction(english: Path, pack: str) -> None:
    answer, behind = METAICL
    alone = {row["parent"]: row for row in formatted(english, pack, template=["en-plain"])}
    for row in formatted(english, pack, shots=(2, 2), demo_form="metaicl"):
        shown = [alone[parent] for parent in row["demonstrations"]]
        wanted = [one["input"] + answer + one["output"] for one in shown] + [alone[row["parent"]]["input"]]
        assert row["instruction"] == behind.join(wanted)
        assert row["input"] == ""


@pytest.mark.parametrize("form", ["metaicl", "super-ni"])
def test_a_form_that_parts_instruction_and_input_is_refused_where_they_are_one(tmp_path: Path, form: str) -> None:
    library = tmp_path / "templates.yaml"
    library.write_text(
        json.dumps({"dataset": "d", "templates": {"1": {"name": "a", "jinja": "{{ text }}|||{{ label }}"}}})
    )
    path = write_lines(tmp_path / "r.jsonl", ENGLISH)
    with pytest.raises(UsageError, match=f"--demo-form {form} keeps instruction and input apart"):
        formatted(path, str(library), shots=(2, 2), demo_form=form)
    (row, *_) = formatted(path, str(library), shots=(2, 2), demo_form="prompt")
    assert len(shown_in(row)) == 3


def test_super_ni_prompts_are_worded_as_its_own(english: Path, pack: str) -> None:
    alone = {row["parent"]: row for row in formatted(english, pack, template=["en-plain"])}
    row = formatted(english, pack, shots=(2, 2), demo_form="super-ni")[5]
    first, second = (alone[parent] for parent in row["demonstrations"])
    assert row["instruction"] == (
        f"Tell the mood.\n\nPositive Example 1 -\nInput: {first['input']}\nOutput: {first['output']}\n\n"
        f"Positive Example 2 -\nInput: {second['input']}\nOutput: {second['output']}\n\n"
        "Now complete the following example -"
    )
    assert row["input"] == f"Input: {alone[row['parent']]['input']}\nOutput:"


@pytest.mark.parametrize("form", ["prompt", "history", "metaicl", "super-ni"])
@pytest.mark.parametrize("limit", [{"max_chars": 330}, {"max_tokens": 90}])
def test_demonstrations_that_do_not_fit_are_left_out_and_no_text_is_cut(
    english: Path, pack: str, form: str, limit: dict[str, int]
) -> None:
    reader = ik.format([str(english)], templates=pack, shots=(8, 8), demo_form=form, **limit)
    rows = reader.read_all().to_pylist()
    assert len(rows) == 120
    assert ik.counts(reader).changed["demonstrations_left_out"] == 120 * 8 - sum(
        len(row["demonstrations"]) for row in rows
    )
    texts = {row["parent"]: row for row in formatted(english, pack, template=["en-plain"])}
    for row in rows:
        said = prompt_of(row) + "".join(turn["content"] for turn in row["history"])
        assert 1 <= len(row["demonstrations"]) < 8
        assert all(texts[parent]["input"] in said for parent in [*row["demonstrations"], row["parent"]])
        whole = said + row["output"]
        assert len(whole) <= limit.get("max_chars", 10_000) + 2  # between instruction and input
        assert count_tokens(pa.array([whole]))[0] <= limit.get("max_tokens", 10_000)


def test_the_first_chosen_stay_where_not_all_fit(english: Path, pack: str) -> None:
    every = {row["parent"]: row for row in formatted(english, pack, shots=(4, 4), demos="nearest")}
    some = formatted(english, pack, shots=(4, 4), demos="nearest", max_chars=300)
    assert any(1 < len(row["demonstrations"]) < 4 for row in some)
    for row in some:
        kept, chosen = row["demonstrations"], every[row["parent"]]["demonstrations"]
        assert [parent for parent in chosen if parent in kept] == kept  # in the same order


def test_a_row_with_no_room_for_one_demonstration_is_rejected_not_shown_without(english: Path, pack: str) -> None:
    reader = ik.format([str(english)], templates=pack, shots=(2, 2), max_chars=90)
    assert all(row["demonstrations"] for row in reader.read_all().to_pylist())
    counts = ik.counts(reader)
    assert counts.reasons == {"too_long": counts.rows_in - counts.rows_out}
    assert counts.reasons["too_long"] > 60


@pytest.mark.parametrize("demos", ["random", "balanced", "nearest", "diverse", "mmr"])
def test_a_row_gets_the_same_prompt_whatever_the_workers_the_batches_and_the_order(
    moods: Path, pack: str, tmp_path: Path, demos: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {
        "shots": (0, 4),
        "demos": demos,
        "demo_pool": 60,
        "demo_order": "random",
        "symbols": False,
    }

    def by_id(source: Path, **more: Any) -> dict[str, Any]:
        rows = formatted(source, pack, **options, **more)
        for row in rows:
            row.pop("source")
        return {row["id"]: row for row in rows}

    usual = by_id(moods, workers=1)
    assert len(usual) == 150
    assert len({parent for row in usual.values() for parent in row["demonstrations"]}) <= 60
    assert by_id(moods, workers=2) == usual
    assert by_id(write_lines(tmp_path / "back.jsonl", [*ENGLISH, *CHINESE][::-1]), workers=1) == usual
    assert by_id(moods, seed=5) != usual
    monkeypatch.setattr("instructkit.templating.formatting.ROWS", 7)
    assert by_id(moods, workers=2) == usual


def test_a_pool_smaller_than_the_shots_is_a_clear_error(tmp_path: Path, pack: str) -> None:
    path = write_lines(tmp_path / "few.jsonl", ENGLISH[:3])
    with pytest.raises(BadInput, match=r"few.jsonl has 3 rows to demonstrate with; --shots 3 needs more"):
        formatted(path, pack, shots=(3, 3))
    assert len(formatted(path, pack, shots=(2, 2))) == 3


def test_rows_for_which_too_few_others_are_found_are_counted(tmp_path: Path, pack: str) -> None:
    path = write_lines(tmp_path / "few.jsonl", [*ENGLISH[:9], *CHINESE[:2]])
    reader = ik.format([str(path)], templates=pack, shots=(3, 3))
    assert reader.read_all().num_rows == 9
    assert ik.counts(reader).reasons == {"too_few_demonstrations": 2}


# ---- symbols


def test_symbols_are_one_a_label_in_a_prompt_and_others_in_the_next(english: Path, pack: str) -> None:
    rows = formatted(english, pack, shots=(6, 6), demos="balanced", symbols=True)
    assert len(rows) == 120
    seen: list[tuple[str, ...]] = []
    for row in rows:
        text = prompt_of(row)
        assert not re.search(r"\b(glad|sad|calm)\b", text + row["output"])
        pairs = [(int(number) % 3, symbol) for number, symbol in re.findall(r"t(\d+)\.\n+(\S+)\n", text)]
        own = int(shown_in(row)[-1][1:]) % 3
        named = dict(pairs)
        assert len(pairs) == 6
        assert len(set(pairs)) == 3 == len(set(named.values()))
        assert row["output"] == named[own]
        seen.append(tuple(named[label] for label in range(3)))
    assert len(set(seen)) > 100


@pytest.mark.parametrize("given", [{}, {"shots": (0, 4)}, {"shots": (4, 4), "zero_shot_share": 0.5}])
def test_symbols_without_demonstrations_are_refused(english: Path, pack: str, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="symbols mean nothing without examples"):
        formatted(english, pack, symbols=True, **given)
