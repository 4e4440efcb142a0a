"""Chat logs: every turn, common prefixes, at most N of a user, and no user id in anything that is written."""

import json
import random
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.records.containers.raw import Raw, numbered
from instructkit.records.layouts import turns as reading
from instructkit.templating.logs.anonymous import Users, anonymous
from instructkit.templating.logs.json_text import clean_text
from instructkit.templating.logs.limits import choose, parse_limits
from instructkit.templating.logs.prefixes import Prefixes
from instructkit.templating.logs.users import user_paths
from tests.conftest import write_lines

TALK = [("user", "Hi."), ("assistant", "Hello!"), ("user", "Why?"), ("assistant", "Because."), ("user", "Thanks.")]


def rows_of(*sources: Path, **options: Any) -> list[dict[str, Any]]:
    return list(ik.format([str(source) for source in sources], **options).read_all().to_pylist())


def turns(*said: tuple[str, str], role: str = "role", text: str = "content") -> list[dict[str, str]]:
    return [{role: speaker, text: words} for speaker, words in said]


def chat_row(prompt: str, **more: Any) -> dict[str, Any]:
    return {"messages": turns(("user", prompt), ("assistant", f"Answer to {prompt}")), **more}


# --- each answer

DIALECTS = {
    "sharegpt": {"conversations": turns(*[("human" if who == "user" else "gpt", words) for who, words in TALK],
                                        role="from", text="value")},
    "sharegpt of roles": {"conversations": turns(*TALK, role="from", text="value")},
    "messages": {"messages": turns(*TALK)},
    "parts": {"messages": [{"role": who, "content": [{"type": "text", "text": words}]} for who, words in TALK]},
    "conversation": {"conversation": turns(*TALK)},
    "prompt and completion": {"prompt": turns(*TALK[:3]), "completion": turns(*TALK[3:])},
    "JSON among other shapes": {"messages": json.dumps(turns(*TALK))},
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_each_answer_is_an_example_with_what_came_before_it(tmp_path: Path, name: str) -> None:
    path = write_lines(tmp_path / "chats.jsonl", [DIALECTS[name]])
    first, second = rows_of(path, turns="all")
    assert (first["instruction"], first["output"], first["history"]) == ("Hi.", "Hello!", [])
    assert (second["instruction"], second["output"]) == ("Why?", "Because.")
    assert second["history"] == turns(*TALK[:2])
    assert first["parent"] == second["parent"] == second["id"] != first["id"]
    counts = Counter(reason["rule"] for row in rejected(path, tmp_path, turns="all") for reason in row["reasons"])
    assert counts == {"no_answer": 1}, "the last question has no answer"


def rejected(*sources: Path, **options: Any) -> list[dict[str, Any]]:
    folder = next(source for source in sources if source.is_dir())
    files = [source for source in sources if not source.is_dir()]
    rows_of(*files, rejects=str(folder / "rejects.jsonl"), **options)
    return [json.loads(line) for line in (folder / "rejects.jsonl").read_text().splitlines()]


def node(role: str, text: str, *replies: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "text": text, "user_id": "planted-1", "replies": list(replies)}


def test_each_answer_of_a_tree_is_an_example_once(tmp_path: Path) -> None:
    tree = node("prompter", "Q", node("assistant", "A", node("prompter", "Q2", node("assistant", "B"))),
                node("assistant", "C", node("prompter", "left alone")), node("assistant", " "))  # fmt: skip
    path = write_lines(tmp_path / "trees.jsonl", [{"message_tree_id": "t1", "prompt": tree}])
    found = rows_of(path, turns="all")
    assert [(row["instruction"], row["output"], len(row["history"])) for row in found] == [
        ("Q", "A", 0), ("Q2", "B", 2), ("Q", "C", 0)]  # fmt: skip
    assert {row["parent"] for row in found} == {"t1"}
    assert [row["output"] for row in rows_of(path)] == ["B", "C"]
    assert [row["reasons"][0]["rule"] for row in rejected(path, tmp_path, turns="all")] == ["no_answer"]


def test_the_last_of_all_turns_is_the_example_of_the_last_turn(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "chats.jsonl", [{"messages": turns(*TALK[:4])}, chat_row("One.")])
    last, every = rows_of(path), rows_of(path, turns="all")
    assert [row for row in every if row["id"] in [one["id"] for one in last]] == last
    assert [row["parent"] for row in every] == [last[0]["id"], last[0]["id"], last[1]["id"]]


def test_a_conversation_of_its_own_id_gives_numbered_ids(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "c.jsonl", [{"id": "a", "messages": turns(*TALK[:4])}, chat_row("One.", id="b")])
    assert [(row["id"], row["parent"]) for row in rows_of(path, turns="all")] == [
        ("a-0", "a"), ("a-1", "a"), ("b", "b")]  # fmt: skip


def test_a_faulty_turn_costs_its_own_example_alone(tmp_path: Path) -> None:
    said = [("assistant", "May I help?"), ("user", "Q1"), ("assistant", " "), ("user", "Q2"), ("assistant", "A2")]
    rows = [{"messages": turns(*said)}, {"messages": [*turns(*TALK[:2]), {"role": "user", "content": None}]}]
    rows[1]["messages"] += [{"role": "assistant", "content": "To what?"}]
    path = write_lines(tmp_path / "chats.jsonl", rows)
    assert [row["output"] for row in rows_of(path, turns="all")] == ["A2", "Hello!"]
    found = [(row["origin"]["row"], row["reasons"][0]["rule"], row["reasons"][0]["value"][:7])
             for row in rejected(path, tmp_path, turns="all")]  # fmt: skip
    assert found == [(1, "no_instruction", "turn 1:"), (1, "no_answer", "turn 3:"), (2, "no_instruction", "turn 4:")]


def test_histories_that_would_fill_the_memory_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_HELD", 10 * (reading.TURN_COST + 1) * 12)
    found, missing = reading.every_answer([("user", "q"), ("assistant", "a")] * 500)
    assert 5 < len(found) < 30
    assert [one.rule for one in missing] == ["too_many_turns"]


# --- common prefixes

PROMPTS = st.lists(
    st.tuples(st.text("aAbBéÉ\u0301 \t\n中", max_size=8), st.integers(0, 2)), max_size=30
)  # fmt: skip


@settings(max_examples=200)
@given(PROMPTS, st.integers(1, 6), st.integers(1, 7))
def test_prompts_are_new_as_brute_force_finds_them(rows: list[tuple[str, int]], length: int, size: int) -> None:
    expected, seen = [], []
    for text, before in rows:
        folded = " ".join(unicodedata.normalize("NFC", text.lower()).split())
        key = folded[:length] if len(folded) >= length else (folded, before)
        expected.append(key not in seen)
        seen.append(key)
    prefixes = Prefixes(length)
    found: list[bool] = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        history = [[{"role": "user", "content": "x"}] * before for _, before in part]
        texts = pa.array([text for text, _ in part], pa.string())
        found += prefixes.fresh(texts, pa.array(history, ik_history())).tolist()
    assert found == expected


def ik_history() -> pa.DataType:
    return pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


def test_the_beginnings_of_many_prompts_take_eight_bytes_each() -> None:
    prefixes = Prefixes(20)
    for start in range(0, 20_000, 100):
        texts = pa.array([f"the prompt of number {row} and more" for row in range(start, start + 100)])
        assert prefixes.fresh(texts).sum() == len({text[:20] for text in texts.to_pylist()} - SEEN)
        SEEN.update(text[:20] for text in texts.to_pylist())
    assert sum(run.nbytes for run in prefixes._runs) == 8 * len(SEEN)
    assert len(prefixes._runs) < 20


SEEN: set[str] = set()


def test_a_prompt_that_begins_like_an_earlier_one_is_rejected(tmp_path: Path) -> None:
    same = "Please write a letter to my landlord about"
    one = write_lines(tmp_path / "one.jsonl", [chat_row(f"{same} the heating."), chat_row("Why?"), chat_row("why? ")])
    two = write_lines(tmp_path / "two.jsonl", [chat_row(f"{same.upper()}\n the rent."), chat_row("Please write")])
    kept = rows_of(one, two, common_prefix=30, rejects=str(tmp_path / "rejects.jsonl"))
    assert [row["instruction"] for row in kept] == [f"{same} the heating.", "Why?", "Please write"]
    lost = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert [row["reasons"][0]["rule"] for row in lost] == ["common_prefix"] * 2
    assert lost[1]["instruction"] == f"{same.upper()}\n the rent."


def test_a_short_question_after_another_answer_is_another_prompt(tmp_path: Path) -> None:
    talks = [[("user", f"Number {row}"), ("assistant", "Ah."), ("user", "Why?"), ("assistant", "So.")] for row in "112"]
    path = write_lines(tmp_path / "chats.jsonl", [{"messages": turns(*talk)} for talk in talks])
    kept = rows_of(path, common_prefix=50, turns="all")
    assert [row["instruction"] for row in kept] == ["Number 1", "Why?", "Number 2", "Why?"]


def test_what_a_tool_said_is_no_prompt_of_a_user(tmp_path: Path) -> None:
    said = "The weather service answers: it will rain all day in the city of"
    talks = [turns(("user", f"Weather in {city}?"), ("tool", f"{said} {city}"), ("assistant", "Wet."))
             for city in ("Bergen", "Bergen", "Galway")]  # fmt: skip
    path = write_lines(tmp_path / "chats.jsonl", [{"messages": talk} for talk in talks])
    assert [row["instruction"][-6:] for row in rows_of(path, common_prefix=30)] == ["Bergen", "Galway"]


def test_of_raw_rows_the_text_is_compared_and_not_its_phrasing(tmp_path: Path) -> None:
    texts = [f"The {thing} was very much as we had hoped for." for thing in ("soup", "room", "film", "song", "SOUP")]
    rows = [{"text": text, "label": row % 2} for row, text in enumerate([*texts, ""])]
    path = write_lines(tmp_path / "reviews.jsonl", rows)
    options = {"task": "sentiment", "template": "en-question", "common_prefix": 12}
    assert len(rows_of(path, rejects=str(tmp_path / "bad.jsonl"), **options)) == 4
    lost = [json.loads(line) for line in (tmp_path / "bad.jsonl").read_text().splitlines()]
    assert [(row["reasons"][0]["rule"], row["origin"]["row"]) for row in lost] == [
        ("common_prefix", 5), ("empty_role", 6)]  # fmt: skip


# --- at most N

GROUPS = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 2), st.integers(0, 20)), max_size=40)


@settings(max_examples=200)
@given(GROUPS, st.integers(1, 4), st.integers(1, 4), st.integers(1, 2))
def test_the_rows_of_a_group_are_chosen_as_brute_force_does(
    rows: list[tuple[int, int, int]], most: int, other: int, limits: int
) -> None:
    draws = np.array([row[2] for row in rows], np.uint64)
    groups = [np.array([row[place] for row in rows], np.int32) for place in range(limits)]
    full = choose(draws, groups, [most, other][:limits])
    taken: Counter[tuple[int, int]] = Counter()
    expected = np.zeros((limits, len(rows)), bool)
    for row in sorted(range(len(rows)), key=lambda row: (rows[row][2], row)):
        into = [(place, rows[row][place]) for place in range(limits) if rows[row][place] >= 0]
        for place, group in into:
            expected[place, row] = taken[place, group] >= [most, other][place]
        if not expected[:, row].any():
            taken.update(into)
    assert full.tolist() == expected.tolist()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Forty prompts of nine users; some unknown."""
    shuffled = random.Random(3)
    users = [shuffled.choice(["planted-anna", "planted-bo", "planted-chen", None, "", *map(str, range(700, 705))])
             for _ in range(40)]  # fmt: skip
    rows = [chat_row(f"Prompt {row} of the log", user_id=user) for row, user in enumerate(users)]
    return write_lines(tmp_path / "log.jsonl", rows)


def test_each_user_keeps_at_most_n_and_rows_without_a_user_all_stay(log: Path) -> None:
    everything = rows_of(log)
    sizes = Counter(row["user_id"] for row in everything)
    kept = Counter(row["user_id"] for row in rows_of(log, max_per="user_id=2"))
    assert kept == {user: size if not user else min(size, 2) for user, size in sizes.items()}
    assert max(sizes.values()) > 2


def test_which_rows_of_a_user_stay_hangs_on_the_seed_and_not_on_the_order(log: Path, tmp_path: Path) -> None:
    lines = log.read_text().splitlines()
    turned = write_lines(tmp_path / "turned.jsonl", list(reversed(lines)))
    kept = {row["instruction"] for row in rows_of(log, max_per="user_id=2")}
    assert {row["instruction"] for row in rows_of(turned, max_per="user_id=2")} == kept
    assert {row["instruction"] for row in rows_of(log, max_per="user_id=2", seed=1)} != kept


def test_a_row_tells_every_limit_that_had_no_room_for_it(tmp_path: Path) -> None:
    rows = [chat_row(f"Prompt {row}", user_id="u", topic="t", n=1.5) for row in range(3)]
    path = write_lines(tmp_path / "log.jsonl", rows)
    options = {"max_per": ["user_id=1", "topic=1", "n=2"], "keep_users": ["topic", "n"]}
    lost = rejected(path, tmp_path, **options)
    assert [[reason["rule"] for reason in row["reasons"]] for row in lost] == [["max_per_user_id", "max_per_topic"]] * 2
    assert lost[0]["reasons"][0] == {"rule": "max_per_user_id", "value": "3 rows", "threshold": "1"}
    reader = ik.format(str(path), **options)
    assert [row["topic"] for row in reader.read_all().to_pylist()] == ["t"]
    counts = ik.counts(reader)
    assert (counts.rows_in, counts.rows_out, counts.rows_dropped) == (3, 1, 2)
    assert dict(counts.reasons) == {"max_per_user_id": 2, "max_per_topic": 2}


def test_users_are_limited_over_all_sources_and_keep_their_numbers(tmp_path: Path) -> None:
    one = write_lines(tmp_path / "one.jsonl", [chat_row("Prompt 1", user_id="zoe"), chat_row("Prompt 2", user_id="al")])
    two = write_lines(tmp_path / "two.jsonl", [{"text": "It was fine.", "label": 1, "user_id": "al"},
                                               {"text": "It was cold.", "label": 0, "user_id": "zoe"}])  # fmt: skip
    three = write_lines(tmp_path / "three.jsonl", [chat_row("Without a user")])
    assert [row["user_id"] for row in rows_of(one, three, max_per="user_id=5")] == ["user_1", "user_2", None]
    found = rows_of(two, task="sentiment", max_per="user_id=5")
    assert [row["user_id"] for row in found] == ["user_1", "user_2"]
    assert len(rows_of(one, one, max_per="user_id=1")) == 2


@pytest.mark.parametrize(("values", "groups"), [
    ([1, 1, 2, None], 2), ([1.0, float("nan"), 1.0, None], 1), ([{"a": 1}, {"a": 1}, {"a": 2}, None], 2),
    ([True, False, True, None], 2), ([b"\xff", b"\xff", b"x", b""], 2), ([["a"], ["a"], ["b"], None], 2),
    ([" a", "a ", "b", "  "], 2)])  # fmt: skip
def test_a_column_of_any_type_may_be_limited(tmp_path: Path, values: list[Any], groups: int) -> None:
    table = pa.table(
        {"instruction": [f"Do {row}" for row in range(4)], "output": ["Done"] * 4, "who": pa.array(values)}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    unknown = sum(value in (None, b"", "  ") or value != value for value in values)
    found = rows_of(tmp_path / "t.parquet", max_per="who=1")
    assert Counter(bool(row["who"]) for row in found) == {True: groups, False: unknown}
    assert {row["who"] for row in found if row["who"]} <= {"user_1", "user_2"}
    kept = rows_of(tmp_path / "t.parquet", max_per="who=1", keep_users="who")
    assert [row["instruction"] for row in kept] == [row["instruction"] for row in found]


def test_a_field_of_a_struct_may_be_limited(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.jsonl", [chat_row(f"P {row}", meta={"who": "w", "at": row}) for row in range(3)])
    (row,) = rows_of(path, max_per="meta.who=1")
    assert row["meta"]["who"] == "user_1"


def test_the_other_examples_of_a_limited_conversation_are_drawn_too(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "c.jsonl", [{"messages": turns(*TALK[:4]), "user_id": "u"}, chat_row("P", user_id="u")]
    )
    assert len(rows_of(path, turns="all", max_per="user_id=2")) == 2


@pytest.mark.parametrize(("options", "said"), [
    ({"max_per": "user_id"}, "is not COLUMN=N"), ({"max_per": "=3"}, "is not COLUMN=N"),
    ({"max_per": "user_id=0"}, "is not COLUMN=N"), ({"max_per": "user_id=-1"}, "is not COLUMN=N"),
    ({"max_per": "user_id=1.5"}, "is not COLUMN=N"), ({"max_per": "user_id=²"}, "is not COLUMN=N"),
    ({"max_per": ["user_id=1", "user_id=2"]}, "twice"),
    ({"max_per": "user=3"}, "no source has this column; they have messages, user_id"),
    ({"max_per": "messages=3"}, "are made of this column"),
    ({"keep_users": "user"}, "no source has this column; they have messages, user_id"),
    ({"turns": "first"}, "turns is one of last, all"), ({"common_prefix": 0}, "common_prefix is a number of 1 or more"),
])  # fmt: skip
def test_what_can_not_be_meant_is_said(log: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rows_of(log, **options)


def test_a_huge_number_limits_nothing(log: Path) -> None:
    assert len(rows_of(log, max_per=f"user_id={10**29}", common_prefix=2**31 - 1)) == 40
    assert len(rows_of(log, common_prefix=10**29)) == 40
    assert parse_limits(["a=b=3"])[0].column == "a=b"


# --- no user id


def test_numbers_follow_first_appearance_on_every_level_whatever_the_batches() -> None:
    rows = [{"user_id": f"u{row % 3}", "messages": [{"role": "user", "user_id": f"u{(row * 7) % 5}"}, None] * (row % 3),
             "meta": None if row == 2 else {"hashed_ip": f"i{row % 2}", "deep": [{"UserId": "u4"}]}}
            for row in range(12)]  # fmt: skip
    table = pa.Table.from_pylist(rows)
    expected: dict[str, dict[str, str]] = defaultdict(dict)

    def label(name: str, value: str) -> str:
        return expected[name].setdefault(value, f"user_{len(expected[name]) + 1}")

    def told(row: dict[str, Any]) -> dict[str, Any]:
        user = label("u", row["user_id"])
        said = [one and {**one, "user_id": label("u", one["user_id"])} for one in row["messages"]]
        meta = row["meta"] and {"hashed_ip": label("i", row["meta"]["hashed_ip"]),
                                "deep": [{"UserId": label("u", "u4")}]}  # fmt: skip
        return {"user_id": user, "messages": said, "meta": meta}

    wanted = [told(row) for row in rows]
    for size in (1, 2, 5, 12):
        raw = Raw("r", table.schema, numbered(iter(table.to_batches(max_chunksize=size))))
        paths = user_paths(table.schema, True, [], [])
        clean = anonymous(raw, paths, Users())
        assert [row for batch, _ in clean.batches for row in batch.to_pylist()] == wanted, size


def test_equal_rows_of_different_users_have_equal_ids(tmp_path: Path) -> None:
    first = [{"text": f"It was fine, number {row}.", "label": 1, "user_id": f"user-{row}"} for row in range(5)]
    second = [{**row, "user_id": f"other-{row['user_id']}"} for row in first]
    one = rows_of(write_lines(tmp_path / "r.jsonl", first), task="sentiment", max_per="user_id=9")
    (tmp_path / "b").mkdir()
    two = rows_of(write_lines(tmp_path / "b" / "r.jsonl", second), task="sentiment", max_per="user_id=9")
    assert [(row["id"], row["parent"]) for row in one] == [(row["id"], row["parent"]) for row in two]


def test_a_column_that_is_kept_stays_as_it_is(log: Path) -> None:
    kept = rows_of(log, max_per="user_id=2", keep_users="user_id")
    hidden = rows_of(log, max_per="user_id=2")
    assert "planted-anna" in {row["user_id"] for row in kept}
    assert [row["id"] for row in kept] == [row["id"] for row in hidden]


def test_columns_of_other_names_and_files_that_are_no_logs_stay(tmp_path: Path) -> None:
    chats = write_lines(tmp_path / "c.jsonl", [chat_row("P", session_id="s", uid="7", name="n")])
    assert {key: rows_of(chats)[0][key] for key in ("session_id", "uid", "name")} == {
        "session_id": "s", "uid": "7", "name": "n"}  # fmt: skip
    alpaca = write_lines(tmp_path / "a.jsonl", [{"instruction": "Do", "output": "Done", "author": "Jane Austen"}])
    assert rows_of(alpaca)[0]["author"] == "Jane Austen"


@pytest.mark.parametrize("text", [
    '{"user_id": "planted", "messages": []}', '[{"a": {"Hashed-IP": "planted"}}]', '{"user": "planted"}',
    "{'user_id': 'planted', 'broken", '{"email": {"to": "planted"}}'])  # fmt: skip
def test_a_line_that_can_not_be_read_is_shown_without_its_user(text: str) -> None:
    assert "planted" not in clean_text(text, {"userid", "hashedip", "user", "email"}, ())


def test_a_line_without_a_user_is_shown_whole() -> None:
    for text in ('{"messages": [{"role": "user",', '{"messages": 1,  "n": "user_id"}', "user: hi"):
        assert clean_text(text, {"userid", "user"}, ()) == text
    assert clean_text("anything", {"userid"}, (), secret=True) != "anything"
    assert clean_text('{"user_id": "a"}', {"userid"}, ("user_id",)) == '{"user_id": "a"}'
