"""The first pass over the rows changes nothing but what is kept of them."""

import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.dedup import Findings, dropping, storing
from instructkit.dedup.banding import Bands
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.shingling import Shingler
from instructkit.dedup.texts import FIELDS
from tests.dedup.test_dropping import varied_texts
from tests.rows import examples


def unlike(count: int, words: int = 60) -> list[str]:
    """Texts that are like no other."""
    draw = random.Random(9)
    return [" ".join(f"z{draw.randrange(10**6)}" for _ in range(words)) for _ in range(count)]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows, too, are judged by the compiled loops."""
    monkeypatch.setattr(dropping, "loaded", lambda: True)


def judged(table: pa.Table, batch: int = 1000, **options: Any) -> tuple[list[str], dict[str, Any]]:
    """The rows that stay, and what was found."""
    findings = Findings()
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=batch))
    left = ik.dedup(reader, on="output", findings=findings, **options).read_all()
    return left["id"].to_pylist(), findings.to_json()


@pytest.mark.usefixtures("compiled")
def test_the_rows_whose_length_is_measured_are_as_many_however_they_are_batched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shares: list[float] = []
    made = storing.Sift

    class Noted(made):  # type: ignore[valid-type, misc]
        def __init__(self, folder: Path, guarded: Any, threshold: float, share: float) -> None:
            shares.append(share)
            super().__init__(folder, guarded, threshold, share)

    monkeypatch.setattr(storing, "Sift", Noted)
    texts = [*unlike(500, 90), *varied_texts(300, 1), *unlike(200, 20)]
    table = examples([{"id": str(number), "output": text} for number, text in enumerate(texts)])
    results = [judged(table, batch) for batch in (1, 7, 511, 1000)]
    assert len(shares) == 4
    assert len(set(shares)) == 1
    assert all(result == results[0] for result in results)


@pytest.mark.usefixtures("compiled")
def test_bands_of_a_first_pass_are_those_of_stored_rows() -> None:
    texts = [*varied_texts(400, 2), *unlike(300), "", "yes", "yes"]
    table = examples([{"id": str(number), "output": text} for number, text in enumerate(texts)])
    first, _ = judged(table, search="lsh")
    stored, _ = judged(table, search="lsh", thresholds=(0.8,))  # for other thresholds all rows are kept
    assert first == stored
    assert len(first) < len(texts) - 50


def test_rows_that_agree_in_a_band_are_found(tmp_path: Path) -> None:
    texts = [*varied_texts(200, 3), *unlike(200), ""]
    given = DedupSettings(threshold=0.8, on="output")
    table = examples([{"output": text} for text in texts]).combine_chunks().to_batches()[0]
    wanted = np.ones(len(texts), bool)
    wanted[::5] = False
    with Bands(tmp_path, np.array([False]), given) as bands:
        keys = bands.of(Shingler(5, FIELDS["output"])(table))
        bands.append(keys)
        found = bands.alive(wanted, 2)
    expected = [
        row
        for row in range(len(texts))
        if wanted[row] and texts[row] and any((keys[:, wanted] == keys[:, [row]]).sum(axis=1) > 1)
    ]
    assert np.flatnonzero(found).tolist() == expected
    assert 20 < len(expected) < 200


@pytest.mark.usefixtures("compiled")
def test_a_copy_that_stays_is_explained() -> None:
    words, more = [f"word{number}" for number in range(60)], [f"extra{number}" for number in range(8)]
    rows = [
        {"id": "a", "output": " ".join(words), "parent": "p", "template": "t/x"},
        {"id": "b", "output": " ".join(words + more), "parent": "q", "template": "t/x"},
        # a copy of b, which leaves for a: but a is a phrasing of its own raw row, so it stays
        {"id": "c", "output": " ".join(words + more), "parent": "p", "template": "t/y"},
        {"id": "d", "output": " ".join(words[16:] + more), "parent": "r", "template": "t/z"},
    ]
    rows += [{"id": f"z{number}", "output": text} for number, text in enumerate(unlike(40))]
    left, found = judged(examples(rows), explain=5)
    assert left[:3] == ["a", "c", "d"]
    assert [pair["rows"] for pair in found["most_similar_kept"]] == [["d", "c"]]


def test_few_files_are_open_at_once(tmp_path: Path) -> None:
    ik.write(examples([{"output": text} for text in unlike(2000, 24)]), str(tmp_path / "rows.jsonl"))
    command = [sys.executable, "-m", "instructkit", "dedup", "--on", "output", "--threshold", "0.5", "-q"]
    done = subprocess.run(
        [*command, "rows.jsonl", "-o", "left.jsonl"], cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("search", ["auto", "lsh"])
def test_a_source_that_fails_leaves_no_file(search: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = examples([{"output": text} for text in unlike(1500)])

    def batches() -> Any:
        yield from table.to_batches(max_chunksize=200)[:5]
        raise ValueError("the source is gone")

    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    reader = pa.RecordBatchReader.from_batches(table.schema, batches())
    with pytest.raises(ValueError, match="the source is gone"):
        ik.dedup(reader, on="output", search=search).read_all()
    assert list(tmp_path.iterdir()) == []
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + 8
