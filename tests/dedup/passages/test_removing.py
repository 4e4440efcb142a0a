"""The step: whatever the batches and workers, in bounded memory, and one sentence where it can't be."""

import random
import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.dedup.passages import PassageSettings, cut_passages, finding, removing, repeats
from instructkit.errors import OutputFailed, UsageError
from instructkit.records.rejects import Rejects
from instructkit.records.stream import Counts, Records
from tests.dedup.passages.oracles import run, tokens, without_windows
from tests.rows import examples


def mixed_texts(count: int, seed: int) -> list[str]:
    """Texts that share passages and sentences, English and Chinese."""
    draw = random.Random(seed)
    words = [f"word{number}" for number in range(60)] + list("天地玄黄宇宙洪荒日月盈昃辰宿列张")
    passages = [" ".join(draw.choice(words) for _ in range(draw.randint(4, 40))) + ". " for _ in range(count // 3 + 2)]
    return ["".join(draw.choice(passages) for _ in range(draw.randint(0, 4))).strip() for _ in range(count)]


@settings(max_examples=20, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 50),
    st.integers(0, 3),
    st.sampled_from(["cut", "drop"]),
    st.sampled_from([{"sentences": True}, {"substring": 9}, {"sentences": True, "substring": 12}]),
)
def test_the_result_depends_on_neither_workers_nor_batches(
    workers: int, batch: int, seed: int, mode: str, grains: dict[str, object]
) -> None:
    texts = mixed_texts(60, seed)
    one = run(texts, repeats=mode, **grains)  # type: ignore[arg-type]
    other = run(texts, repeats=mode, workers=workers, batch=batch, **grains)  # type: ignore[arg-type]
    assert one == other
    assert one.counts.rows_dropped or one.counts.changed


def test_little_memory_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*mixed_texts(150, 7), "x y " * 300]
    expected = [without_windows(texts, 9), run(texts, substring=9, repeats="drop")]
    monkeypatch.setattr(finding, "AT_ONCE", 4)  # files are split, and read in blocks
    monkeypatch.setattr(repeats, "STRETCH", 64)
    monkeypatch.setattr(removing, "BYTES", 200)
    result = run(texts, substring=9)
    assert [tokens(result.texts.get(str(row), "")) for row in range(len(texts))] == expected[0]
    assert run(texts, substring=9, repeats="drop") == expected[1]


def test_two_keys_that_differ_in_their_check_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    entries = np.array(
        [[7, 0 << 24 | 1], [7, 1 << 24 | 2], [7, 2 << 24 | 1], [9, 3 << 24 | 1], [7, 4 << 24 | 2]], np.uint64
    )
    again, firsts = finding._repeats(entries)
    assert (again.tolist(), firsts.tolist()) == ([2, 4], [0, 1])


def test_nothing_is_lost_in_silence() -> None:
    texts = mixed_texts(200, 3)
    for mode in ("cut", "drop"):
        result = run(texts, sentences=True, substring=15, repeats=mode)
        assert len(result.texts) + result.counts.rows_dropped == len(texts)
        changed = {row for row, text in result.texts.items() if text != texts[int(row)]}
        assert changed == {row for row, _, _ in result.cuts}
        if mode == "drop":
            assert not changed


def test_rows_without_a_text_stay_as_they_are() -> None:
    texts = ["", None, " \n", "a b c d e f", "", None, "a b c d e f g"]
    assert run(texts, substring=5, sentences=True).texts == {
        **{str(row): text for row, text in enumerate(texts)},
        "6": "g",
    }


def test_no_rows_are_no_rows() -> None:
    assert run([], substring=5, sentences=True).texts == {}


def test_ten_thousand_equal_rows_are_one() -> None:
    text = "\n".join(
        f"The number {number} is followed by the number {number + 1} in this text." for number in range(10)
    )
    for options in ({"sentences": True}, {"substring": 20}, {"sentences": True, "repeats": "drop"}):
        result = run([text] * 10_000, workers=2, **options)  # type: ignore[arg-type]
        assert result.texts == {"0": text}
        assert result.counts.rows_dropped == 9_999


def test_a_row_of_a_megabyte_is_cut_like_any() -> None:
    draw = random.Random(1)
    words = [str(draw.randrange(10**6)) for _ in range(160_000)]
    long, half = " ".join(words), " ".join(words[40_000:120_000])
    result = run(["first", f"{long} A", "between", f"B {half}"], substring=50)
    assert result.texts == {"0": "first", "1": f"{long} A", "2": "between", "3": "B"}


def test_another_column_can_be_cut_and_keeps_its_nulls_and_type() -> None:
    text = "the same words stand here and there and everywhere"
    table = examples([{"id": str(number)} for number in range(4)])
    table = table.append_column("notes", pa.array([text, None, f"{text} twice", ""], pa.large_string()))
    records = Records(table.schema, iter(table.to_batches()))
    found = list(cut_passages(records, PassageSettings(substring=8, on="notes"), Counts(), Rejects()))
    assert pa.Table.from_batches(found).schema == table.schema
    assert pa.Table.from_batches(found)["notes"].to_pylist() == [text, None, "twice", ""]
    assert pa.Table.from_batches(found).drop_columns("notes") == table.drop_columns("notes")


@pytest.mark.parametrize("on", ["nowhere", "history", "id", "all"])
def test_what_is_no_column_of_texts_is_named(on: str) -> None:
    with pytest.raises(UsageError, match=f"not in {on}; there are instruction, input"):
        cut_passages(Records.of(examples([{}])), PassageSettings(sentences=True, on=on), Counts(), Rejects())


def test_an_unknown_way_with_repeats_is_named() -> None:
    with pytest.raises(UsageError, match="cut or drop, not mask"):
        PassageSettings(repeats="mask")


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(repeats.Repeats, "_write", full)
    with pytest.raises(OutputFailed, match=r"can't hold the rows \(No space left on device\); free space"):
        run(["a b c d e f"] * 3, substring=5)


def test_the_temporary_folder_goes_also_when_the_reader_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    records = Records.of(examples([{"output": f"a b c d e f {number}"} for number in range(10)]))
    found = cut_passages(records, PassageSettings(sentences=True, substring=5), Counts(), Rejects(), 1)
    next(found)
    assert list(tmp_path.iterdir())
    found.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir())


MEASURED = """
import resource, sys
import numpy, pyarrow as pa
from instructkit.dedup.passages import PassageSettings, cut_passages
from instructkit.records.rejects import Rejects
from instructkit.records.schema import EXAMPLE
from instructkit.records.stream import Counts, Records

def batches(count):
    draw = numpy.random.default_rng(1)
    for number in range(count):
        words = draw.integers(0, 50_000, (500, 100)).astype(str)
        words[::5, :60] = words[0, :60]
        texts = pa.array([" ".join(row) for row in words])
        ids = pa.array([f"{number}-{row}" for row in range(500)])
        empty = pa.array([""] * 500)
        history = pa.nulls(500, EXAMPLE.field("history").type)
        columns = [ids, empty, empty, texts, empty, history, *[empty] * 4]
        yield pa.RecordBatch.from_arrays(columns, schema=EXAMPLE)

settings = PassageSettings(sentences=True, substring=30)
for count in (5, int(sys.argv[1])):
    records = Records(EXAMPLE, batches(count))
    assert sum(b.num_rows for b in cut_passages(records, settings, Counts(), Rejects(), 2)) == 500 * count
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_rows() -> None:
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    done = subprocess.run([sys.executable, "-c", MEASURED, "50"], capture_output=True, text=True, check=True)
    few, many = map(int, done.stdout.split())
    assert many - few < 60 * 1024  # kilobytes, for 50 times 300 of them
