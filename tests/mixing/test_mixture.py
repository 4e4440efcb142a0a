"""Which rows a mixture takes, and their order."""

import itertools
import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.mixing import Constraint, plan, sampling, shuffling
from tests.rows import examples


def table(rows: int = 600) -> pa.Table:
    return examples([{"output": str(number), "task": "abc"[number % 3 if number % 2 else 0]} for number in range(rows)])


def test_a_group_gives_just_its_count_and_no_row_twice() -> None:
    got = ik.mix(table(), cap=50).read_all()
    assert Counter(got["task"].to_pylist()) == {"a": 50, "b": 50, "c": 50}
    assert len(set(got["output"].to_pylist())) == 150


def test_rows_left_out_are_counted_and_shown(tmp_path: Path) -> None:
    reader = ik.mix(table(), cap=50, rejects=str(tmp_path / "r.parquet"))
    taken = set(reader.read_all()["output"].to_pylist())
    counts = ik.counts(reader)
    assert (counts.rows_in, counts.rows_out, counts.rows_dropped) == (600, 150, 450)
    left = set(ik.read(str(tmp_path / "r.parquet")).read_all()["output"].to_pylist())
    assert taken | left == {str(number) for number in range(600)}
    assert not taken & left


def test_the_same_rows_give_the_same_mixture_whatever_their_order_and_batches() -> None:
    rows = table()
    again = rows.take(pa.array(np.random.default_rng(3).permutation(rows.num_rows)))
    reader = pa.RecordBatchReader.from_batches(again.schema, again.to_batches(max_chunksize=7))
    assert ik.mix(rows, cap=50, seed=4).read_all().to_pylist() == ik.mix(reader, cap=50, seed=4).read_all().to_pylist()


def test_another_seed_gives_another_mixture() -> None:
    one, other = (ik.mix(table(), cap=50, seed=seed).read_all()["output"].to_pylist() for seed in (1, 2))
    assert one != other
    assert set(one) != set(other)


def test_buckets_on_disk_give_the_same_order_as_one_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ik.mix(table(), cap=150).read_all()
    monkeypatch.setattr(shuffling, "BUCKET", 2000)
    assert ik.mix(table(), cap=150).read_all().to_pylist() == whole.to_pylist()


def chi_squared_of_places(rows: pa.Table, seeds: int) -> float:
    """Of how often each row stands at each place, over mixtures of several seeds."""
    number = rows.num_rows
    places = np.zeros((number, number))
    for seed in range(seeds):
        for place, output in enumerate(ik.mix(rows, seed=seed).read_all()["output"].to_pylist()):
            places[int(output), place] += 1
    expected = seeds / number
    return float(((places - expected) ** 2 / expected).sum())


def test_every_row_is_as_likely_at_every_place() -> None:
    rows = examples([{"output": str(number)} for number in range(20)])
    # 19 x 19 degrees of freedom, five standard deviations
    assert chi_squared_of_places(rows, 200) < 361 + 5 * (2 * 361) ** 0.5


def test_a_row_of_any_group_is_as_likely_at_every_place() -> None:
    rows = examples([{"output": str(number), "task": "aab"[number % 3]} for number in range(15)])
    # 14 x 14 degrees of freedom
    assert chi_squared_of_places(rows, 300) < 196 + 5 * (2 * 196) ** 0.5


def test_any_beginning_of_a_mixture_has_about_its_shares() -> None:
    got = np.array(ik.mix(table(3000)).read_all()["task"].to_pylist())
    for group in "abc":
        seen = np.cumsum(got == group)
        share = np.arange(1, len(got) + 1) * (got == group).mean()
        assert np.abs(seen - share).max() < 4


def test_draws_within_a_group_are_fair() -> None:
    rows = examples([{"output": str(number)} for number in range(30)])
    counted: Counter[str] = Counter()
    for seed in range(150):
        counted.update(ik.mix(rows, cap=10, seed=seed).read_all()["output"].to_pylist())
    assert max(abs(counted[str(number)] - 50) for number in range(30)) < 5 * (150 * 1 / 3 * 2 / 3) ** 0.5


def test_a_row_is_repeated_when_all_of_its_group_were_seen_and_each_epoch_has_an_order_of_its_own() -> None:
    rows = examples([{"output": str(number), "task": "ab"[number % 5 == 0]} for number in range(50)])
    got = ik.mix(rows, size=120, weights={"a": 3.0, "b": 8.0}, max_epochs=9).read_all().to_pylist()
    for task, epochs in (("a", [40, 32]), ("b", [10, 10, 10, 10, 8])):
        own = [row for row in got if row["task"] == task]
        assert [row["repeat"] for row in own] == [epoch for epoch, count in enumerate(epochs) for _ in range(count)]
        orders = [[row["output"] for row in own if row["repeat"] == epoch] for epoch in range(len(epochs))]
        assert orders[0] != orders[1]
        assert all(len(set(order)) == len(order) for order in orders)


def test_a_given_order_is_kept() -> None:
    got = ik.mix(table(), cap=50, order="given").read_all()["output"].to_pylist()
    assert got == sorted(got, key=int)


def test_any_column_makes_groups_and_a_missing_value_is_one() -> None:
    rows = examples([{"output": str(number)} for number in range(9)], lang=["en", "zh", None] * 3)
    assert Counter(ik.mix(rows, by="lang", cap=2).read_all()["lang"].to_pylist()) == {"en": 2, "zh": 2, None: 2}
    with pytest.raises(UsageError, match="nowhere"):
        ik.mix(rows, by="nowhere")


def test_a_plan_takes_nothing_and_says_what_mix_takes() -> None:
    shares = {share.group: share.taken for share in plan(table(), size=100).shares}
    assert shares == Counter(ik.mix(table(), size=100).read_all()["task"].to_pylist())


def test_no_rows_mix_to_no_rows() -> None:
    assert ik.mix(table().slice(0, 0), cap=5).read_all().num_rows == 0


def test_many_groups_are_drawn_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    few = ik.mix(table(), cap=50).read_all()
    monkeypatch.setattr(sampling, "FEW_GROUPS", 1)
    assert ik.mix(table(), cap=50).read_all().to_pylist() == few.to_pylist()


def test_a_column_of_lists_makes_no_groups() -> None:
    with pytest.raises(UsageError, match="not a list"):
        ik.mix(table(), by="history")


def test_groups_nest() -> None:
    rows = examples([{"output": str(n), "source": "xy"[n % 2], "task": "abc"[n % 3]} for n in range(600)])
    found = plan(rows, by=("source", "task"), weights={"x": 3.0, "x/a": 0.0}, size=200)
    assert {share.group: share.taken for share in found.shares} == {
        "x/a": 0, "x/b": 75, "x/c": 75, "y/a": 17, "y/b": 17, "y/c": 16}  # fmt: skip
    got = ik.mix(rows, by=("source", "task"), weights={"x": 3.0, "x/a": 0.0}, size=200).read_all()
    assert Counter(zip(got["source"].to_pylist(), got["task"].to_pylist(), strict=True)) == {
        ("x", "b"): 75, ("x", "c"): 75, ("y", "a"): 17, ("y", "b"): 17, ("y", "c"): 16}  # fmt: skip


def test_rows_with_a_value_make_up_their_share() -> None:
    rows = examples([{"output": str(n), "task": "ab"[n % 2]} for n in range(400)], lang=["zh", "en", "en", "en"] * 100)
    got = ik.mix(rows, shares=(Constraint("lang", "zh", 0.5),), size=100).read_all()
    assert Counter(got["lang"].to_pylist()) == {"zh": 50, "en": 50}
    with pytest.raises(UsageError, match="--share nowhere=zh: no such column"):
        ik.mix(rows, shares=(Constraint("nowhere", "zh", 0.5),)).read_all()


@pytest.mark.parametrize(
    ("constraint", "mark"),
    [(Constraint("cot", "yes", 0.25), "cot"), (Constraint("shots", "few", 0.25), "few"),
     (Constraint("language", "zh", 0.25), "zh"), (Constraint("turns", "several", 0.25), "turns")],
)  # fmt: skip
def test_a_share_of_what_a_row_tells_by_itself(constraint: Constraint, mark: str) -> None:
    turn = [{"role": "user", "content": "Hi."}]
    kinds: list[dict[str, object]] = [
        {"template": "nli/en-cot-casual", "system": "cot"},
        {"system": "few"},
        {"output": "从前有一座山，山上有一座庙。", "system": "zh"},
        {"history": turn, "system": "turns"},
        {"template": "nli/cotton", "system": "none"},
    ]
    rows = examples([{"output": str(number), **kinds[number % 5]} for number in range(200)],
                    demonstrations=[["a"] if number % 5 == 1 else [] for number in range(200)])  # fmt: skip
    got = ik.mix(rows, shares=(constraint,), size=40).read_all()["system"].to_pylist()
    assert got.count(mark) == 10
    with pytest.raises(UsageError, match="other values need a column of that name"):
        ik.mix(rows, shares=(replace(constraint, value="maybe"),)).read_all()


def test_the_highest_scores_are_selected() -> None:
    scores = [float((number * 37) % 100) if number % 10 else None for number in range(100)]
    rows = examples([{"output": str(number)} for number in range(100)], score=scores)
    got = ik.mix(rows, size=40, select="score:score").read_all()["score"].to_pylist()
    assert sorted(got) == sorted(score for score in scores if score is not None)[-40:]
    with pytest.raises(UsageError, match="--select score:output: the column holds string, not numbers"):
        ik.mix(rows, size=40, select="score:output").read_all()


def test_a_group_with_better_scores_has_a_larger_share() -> None:
    rows = examples([{"output": str(n), "task": "ab"[n % 2]} for n in range(200)], score=[1.0, 3.0] * 100)
    got = ik.mix(rows, size=100, quality="score").read_all()["task"].to_pylist()
    assert Counter(got) == {"a": 25, "b": 75}


def curriculum(**options: object) -> list[dict[str, object]]:
    rng = np.random.default_rng(0)
    rows = [
        {"output": str(n), "input": "word " * int(rng.integers(1, 50)), "task": "ab"[n % 3 == 0]} for n in range(300)
    ]
    table = examples(rows, perplexity=[float(x) if x else None for x in rng.integers(0, 1000, 300)])
    got: list[dict[str, object]] = ik.mix(table, order="curriculum", **options).read_all().to_pylist()
    return got


@pytest.mark.parametrize(
    ("by", "value"),
    [("length", lambda row: -(-len(row["input"] + row["output"] + row["instruction"]) // 4)),
     ("-length", lambda row: -len(row["input"] + row["output"] + row["instruction"]) // 4),
     ("perplexity", lambda row: row["perplexity"] or 1e9)],
)  # fmt: skip
def test_a_curriculum_goes_from_easy_to_hard_in_stages_that_mix_the_tasks(by: str, value: Any) -> None:
    got = curriculum(curriculum=by, stages=5)
    stages = [got[start : start + 60] for start in range(0, 300, 60)]
    for task in "ab":
        values = [sorted(value(row) for row in stage if row["task"] == task) for stage in stages]
        assert [len(one) for one in values] == [40 if task == "a" else 20] * 5
        assert all(before[-1] <= after[0] for before, after in itertools.pairwise(values))
        assert any([value(row) for row in stage if row["task"] == task] != own
                   for stage, own in zip(stages, values, strict=True))  # fmt: skip
    assert [row["task"] for row in got[:60]] != sorted(row["task"] for row in got[:60])


def test_rare_words_come_late_in_a_curriculum() -> None:
    rare = {"output": "hapax legomenon 睡莲"}
    rows = examples([{"output": "the common words"}] * 50 + [rare] + [{"output": "the common words again"}] * 50)
    got = ik.mix(rows, order="curriculum", curriculum="rarity", stages=101).read_all()["output"].to_pylist()
    assert got[-1] == rare["output"]


def test_a_diverse_selection_reaches_the_small_clusters(caplog: pytest.LogCaptureFixture) -> None:
    common = [f"Translate the sentence number {n} into German, please." for n in range(280)]
    others = ["Write a poem about winter.", "求这个方程的根。", "List three rivers.", "def f(x): return x ** 2"]
    rows = examples([{"instruction": text, "output": str(n)} for n, text in enumerate(common + others * 5)])
    with caplog.at_level(logging.INFO, "instructkit"):
        got = ik.mix(rows, size=40, select="diverse").read_all()["instruction"].to_pylist()
    assert set(others) < set(got)
    assert "diverse selection" in caplog.text
    shuffled = rows.take(pa.array(np.random.default_rng(3).permutation(rows.num_rows)))
    reader = pa.RecordBatchReader.from_batches(shuffled.schema, shuffled.to_batches(max_chunksize=7))
    assert sorted(ik.mix(reader, size=40, select="diverse").read_all()["instruction"].to_pylist()) == sorted(got)


def test_vectors_of_ones_own_say_what_is_alike() -> None:
    vectors = [[1.0, 0.0]] * 90 + [[0.0, 1.0]] * 5 + [[-1.0, 0.2]] * 5
    rows = examples([{"output": str(number)} for number in range(100)], vector=vectors)
    got = ik.mix(rows, size=12, select="diverse:vector").read_all()["vector"].to_pylist()
    assert [got.count(one) for one in ([1.0, 0.0], [0.0, 1.0], [-1.0, 0.2])] == [4, 4, 4]
    for wrong in ("nowhere", "output"):
        with pytest.raises(UsageError, match=f"--select diverse:{wrong}"):
            ik.mix(rows, size=12, select=f"diverse:{wrong}").read_all()


TEXTS = [
    "A river runs through the old town, and mills stand along it.",
    "从前有一座山，山上有一座庙，庙里有一个老和尚。",
    "short",
]


def test_text_is_blended_in_as_continuations() -> None:
    reader = ik.mix(table(90), pretraining=pa.table({"text": TEXTS * 9}), pretraining_share=0.1)
    got = reader.read_all().to_pylist()
    own = [row for row in got if row["task"] == "pretraining"]
    assert (len(got), len(own)) == (100, 10)
    assert {row["input"] + row["output"] for row in own} == set(TEXTS[:2])
    assert {row["instruction"] for row in own} == {"Continue the text.", "请续写下面的文字。"}
    assert all(row["template"] == "pretraining:continuation" for row in own)
    assert all(row["output"].startswith(" ") for row in own if "river" in row["input"])  # cut where words part
    assert ik.counts(reader).reasons["too_short_to_continue"] == 9


def test_text_is_blended_in_whole() -> None:
    got = ik.mix(table(90), pretraining=pa.table({"words": TEXTS * 5}), text="words", pretraining_share=0.1,
                 pretraining_as="text").read_all().to_pylist()  # fmt: skip
    own = [row for row in got if row["task"] == "pretraining"]
    assert len(own) == 10
    assert {(row["instruction"], row["output"]) for row in own} <= {(text, "") for text in TEXTS}


def test_text_and_its_share_go_together() -> None:
    with pytest.raises(UsageError, match="go together"):
        ik.mix(table(), pretraining_share=0.1)
    with pytest.raises(UsageError, match="has no column 'text'"):
        ik.mix(table(), pretraining=pa.table({"words": TEXTS}), pretraining_share=0.1)
    with pytest.raises(BadInput, match="holds no text"):
        ik.mix(table(), pretraining=pa.table({"text": ["a"]}), pretraining_share=0.1).read_all()


@pytest.mark.parametrize("options", [{}, {"cap": 50}, {"size": 900, "max_epochs": 4}, {"order": "given", "cap": 5},
                                     {"order": "curriculum", "curriculum": "length"},
                                     {"select": "diverse", "cap": 20}])  # fmt: skip
def test_rows_read_again_are_mixed_as_rows_of_a_spool(tmp_path: Path, options: dict[str, Any]) -> None:
    halves = [table().slice(0, 300), table().slice(300)]
    for number, half in enumerate(halves):
        ik.write(half, str(tmp_path / f"{number}.arrow"))
    reread = ik.mix(ik.read(*(str(tmp_path / f"{number}.arrow") for number in (0, 1))), **options).read_all()
    assert reread.to_pylist() == ik.mix(table(), **options).read_all().to_pylist()


def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    ik.write(table(), str(tmp_path / "a.arrow"))
    reader = ik.read(str(tmp_path / "a.arrow"))
    ik.write(table().slice(0, 300), str(tmp_path / "b.arrow"))
    (tmp_path / "b.arrow").replace(tmp_path / "a.arrow")
    with pytest.raises(BadInput, match=r"a\.arrow has changed while it was read"):
        ik.mix(reader).read_all()


def test_ids_that_stand_for_several_rows_are_told_and_drawn_apart(caplog: pytest.LogCaptureFixture) -> None:
    rows = examples([{"id": str(n % 100), "output": str(n), "source": "ab"[n // 100]} for n in range(200)])
    with caplog.at_level(logging.INFO, "instructkit"):
        got = ik.mix(rows, size=100).read_all()["id"].to_pylist()
    assert "stands for two rows, in a and in b" in caplog.text
    assert 30 < len(set(got)) < 95  # neither only pairs nor none
    caplog.clear()
    with caplog.at_level(logging.INFO, "instructkit"):
        ik.mix(examples([{"output": str(n % 100)} for n in range(130)]), size=10).read_all()
    assert "30 rows are there a second time" in caplog.text


def test_the_plan_travels_with_the_counts() -> None:
    reader = ik.mix(table(), cap=50)
    reader.read_all()
    assert {one["group"]: one["taken"] for one in ik.counts(reader).mixture} == {"a": 50, "b": 50, "c": 50}


def test_frames_and_relations_are_mixed_and_read_the_mixture() -> None:
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    wanted = ik.mix(table(), cap=50).read_all()
    frame = polars.from_arrow(table())
    assert polars.from_arrow(ik.mix(frame, cap=50).read_all())["id"].to_list() == wanted["id"].to_pylist()
    rows = table()  # noqa: F841 - duckdb finds it by its name
    related = ik.mix(duckdb.sql("select * from rows"), cap=50).read_all()
    assert related["id"].to_pylist() == wanted["id"].to_pylist()
    counted = duckdb.sql("select task, count(*) from wanted group by task order by task").fetchall()
    assert counted == [("a", 50), ("b", 50), ("c", 50)]


def test_groups_of_many_columns_with_many_values_stay_apart() -> None:
    rows = examples([{"output": str(number)} for number in range(5000)])
    for place in range(7):  # 5000^7 is beyond 64 bits
        rows = rows.append_column(f"k{place}", pa.array([str(number * 7 % 5000) for number in range(5000)]))
    names = {"/".join([str(number * 7 % 5000)] * 7) for number in range(5000)}
    found = plan(rows, by=tuple(f"k{place}" for place in range(7)))
    assert {share.group for share in found.shares} == names


def test_scores_are_told_apart_to_the_last_digits() -> None:
    rows = table(40).append_column("score", pa.array([2**62 + 1000 * number for number in range(40)]))
    got = ik.mix(rows, by="source", cap=5, select="score:score").read_all()
    assert sorted(map(int, got["output"].to_pylist())) == [35, 36, 37, 38, 39]
    small = table(40).append_column("score", pa.array([1 + number * 1e-9 for number in range(40)]))
    got = ik.mix(small, by="source", cap=5, select="score:score").read_all()
    assert sorted(map(int, got["output"].to_pylist())) == [35, 36, 37, 38, 39]


def test_an_infinite_score_makes_no_rate() -> None:
    with pytest.raises(BadInput, match="infinite"):
        plan(table(3).append_column("score", pa.array([1.0, float("inf"), 2.0])), quality="score")


def test_bytes_have_no_share() -> None:
    with pytest.raises(UsageError, match="binary"):
        plan(table(2).append_column("key", pa.array([b"\xff", b"a"])), shares=(Constraint("key", "a", 0.5),))


def test_a_mixture_of_a_mixture_numbers_its_own_repeats() -> None:
    once = ik.mix(table(30), size=40, max_epochs=2).read_all()
    twice = ik.mix(once, size=70, max_epochs=2).read_all()
    assert twice.schema.names[-2:] == ["raw_repeat", "repeat"]
    assert Counter(twice["repeat"].to_pylist()) == {0: 40, 1: 30}
    assert Counter(twice["raw_repeat"].to_pylist()).keys() == {0, 1}


def test_groups_of_truth_values_go_by_the_names_that_shares_have() -> None:
    rows = examples([{"output": str(number)} for number in range(20)], good=[True, False] * 10)
    assert [share.group for share in plan(rows, by="good", weights={"true": 2.0}).shares] == ["false", "true"]
    got = ik.mix(rows, shares=(Constraint("good", "true", 0.25),), size=12).read_all()["good"].to_pylist()
    assert got.count(True) == 3
