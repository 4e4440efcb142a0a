"""Which rows a mixture takes, and their order."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.mixing import plan, sampling
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
    monkeypatch.setattr(sampling, "BUCKET", 2000)
    assert ik.mix(table(), cap=150).read_all().to_pylist() == whole.to_pylist()


def test_the_shuffle_is_uniform() -> None:
    places = np.zeros((20, 20))
    rows = examples([{"output": str(number)} for number in range(20)])
    for seed in range(200):
        for place, output in enumerate(ik.mix(rows, seed=seed).read_all()["output"].to_pylist()):
            places[int(output), place] += 1
    expected = 200 / 20
    chi_squared = ((places - expected) ** 2 / expected).sum()
    assert chi_squared < 361 + 5 * (2 * 361) ** 0.5  # 19 x 19 degrees of freedom, five standard deviations


def test_draws_within_a_group_are_fair() -> None:
    rows = examples([{"output": str(number)} for number in range(30)])
    counted: Counter[str] = Counter()
    for seed in range(150):
        counted.update(ik.mix(rows, cap=10, seed=seed).read_all()["output"].to_pylist())
    assert max(abs(counted[str(number)] - 50) for number in range(30)) < 5 * (150 * 1 / 3 * 2 / 3) ** 0.5


def test_repeats_are_numbered_and_each_epoch_is_in_an_order_of_its_own() -> None:
    rows = examples([{"output": str(number)} for number in range(50)])
    got = ik.mix(rows, size=120, max_epochs=3, order="shuffle").read_all().to_pylist()
    by_repeat = {repeat: [row["output"] for row in got if row["repeat"] == repeat] for repeat in range(3)}
    assert [len(by_repeat[repeat]) for repeat in range(3)] == [50, 50, 20]
    assert by_repeat[0] != by_repeat[1]
    assert set(by_repeat[0]) == set(by_repeat[1])


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
