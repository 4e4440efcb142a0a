"""The life of a file."""

import getpass
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

import instructkit as ik
from instructkit.errors import BadInput
from tests.conftest import Cli, write_lines

KEY = b"instructkit"


@pytest.fixture
def reviews(tmp_path: Path, sample_data: Path) -> Path:
    """The sample reviews after format and dedup."""
    rows = ik.dedup(ik.format([str(sample_data / "reviews.csv")], task="sentiment", seed=7), threshold=0.9)
    ik.write(rows, str(tmp_path / "reviews.arrow"))
    return tmp_path / "reviews.arrow"


def test_the_schema_holds_one_entry_a_step(reviews: Path, sample_data: Path) -> None:
    with pa.OSFile(str(reviews)) as file:
        steps = json.loads(pa.ipc.open_stream(file).schema.metadata[KEY])
    assert [step["command"] for step in steps] == ["format", "dedup"]
    assert [step["version"] for step in steps] == [ik.__version__] * 2
    assert steps[0]["seed"] == 7
    assert steps[0]["arguments"]["task"] == "sentiment"
    assert steps[1]["arguments"]["threshold"] == 0.9
    digest = xxhash.xxh3_128_hexdigest((sample_data / "reviews.csv").read_bytes())
    assert steps[0]["inputs"] == [{"name": "reviews.csv", "xxh3_128": digest}]


def test_the_counts_stand_in_a_last_batch_without_rows(reviews: Path) -> None:
    with pa.OSFile(str(reviews)) as file:
        *before, (batch, metadata) = list(pa.ipc.open_stream(file).iter_batches_with_custom_metadata())
    assert batch.num_rows == 0
    assert all(custom is None or KEY not in custom for _, custom in before)
    told = json.loads(metadata[KEY])
    assert [(step["rows_in"], step["rows_out"], step["rows_dropped"]) for step in told] == [(62, 62, 0), (62, 57, 5)]
    assert sum(told[1]["reasons"].values()) == 5


@pytest.mark.parametrize("name", ["again.arrow", "again.parquet", "again"])
def test_every_format_that_can_tells_the_same_life(cli: Cli, reviews: Path, name: str) -> None:
    cli.ok("filter", reviews, "-o", name)
    steps = ik.lineage(cli.folder / name)
    assert [step["command"] for step in steps] == ["format", "dedup", "filter"]
    assert [step["counts"]["rows_in"] for step in steps] == [62, 62, 57]
    assert json.loads(cli.ok("lineage", name, "--json").stdout) == steps
    table = cli.ok("lineage", name).stdout.decode()
    assert [line.split()[0] for line in table.splitlines()[-3:]] == ["format", "dedup", "filter"]


def test_several_inputs_each_keep_their_own_life(tmp_path: Path, reviews: Path) -> None:
    plain = write_lines(tmp_path / "plain.jsonl", [{"instruction": "a", "output": "b"}])
    mixed = ik.mix(ik.read(str(reviews), str(plain)), cap=10)
    ik.write(mixed, str(tmp_path / "mixed.arrow"))
    (step,) = ik.lineage(tmp_path / "mixed.arrow")
    assert step["command"] == "mix"
    one, other = step["inputs"]
    assert (one["name"], other["name"]) == ("reviews.arrow", "plain.jsonl")
    assert [inner["command"] for inner in one["lineage"]] == ["format", "dedup"]
    assert [inner["counts"]["rows_out"] for inner in one["lineage"]] == [62, 57]
    assert "lineage" not in other
    # and it nests again
    ik.write(ik.dedup(ik.read(str(plain), str(tmp_path / "mixed.arrow"))), str(tmp_path / "deep.parquet"))
    (top,) = ik.lineage(tmp_path / "deep.parquet")
    (inner,) = top["inputs"][1]["lineage"]
    assert inner["counts"]["rows_out"] == 11
    assert inner["inputs"][0]["lineage"][1]["counts"]["rows_out"] == 57


def test_no_folder_of_the_user_is_in_it(tmp_path: Path, reviews: Path, sample_data: Path) -> None:
    """A published dataset must not tell who made it, or where."""
    ik.write(ik.read(str(reviews)), str(tmp_path / "train"))
    rows = ik.dedup(ik.read(str(tmp_path / "train"), str(reviews)), against=[str(sample_data / "evaluation.jsonl")])
    ik.write(rows, str(tmp_path / "all.arrow"))
    for path in (reviews, tmp_path / "train", tmp_path / "all.arrow"):
        text = json.dumps(ik.lineage(path))
        assert "evaluation.jsonl" in text or path != tmp_path / "all.arrow"
        for secret in (str(tmp_path), str(sample_data), str(Path.home()), "/"):
            assert secret not in text
        if len(getpass.getuser()) > 3:
            assert getpass.getuser() not in text.replace("root", "") or getpass.getuser() == "root"


def test_a_file_that_others_wrote_has_no_life_to_tell(cli: Cli) -> None:
    pq.write_table(pa.table({"a": [1]}), cli.folder / "a.parquet")
    assert ik.lineage(cli.folder / "a.parquet") == []
    assert "holds no lineage" in cli.ok("lineage", "a.parquet").stdout.decode()


FOREIGN = [b"{", b'{"command": "x"}', b"17", b'["x"]', b'[{"command": "x", "inputs": "a"}]',
           b'[{"command": "x", "counts": [1]}]', b'[{"command": "x", "inputs": [{"lineage": [1]}]}]',
           b'[{"command": "x", "arguments": 1}]', b"[" * 100_000]  # fmt: skip


@pytest.mark.parametrize("metadata", FOREIGN)
def test_foreign_metadata_under_our_key_is_no_life(tmp_path: Path, metadata: bytes) -> None:
    table = pa.table({"instruction": ["a"], "output": ["b"]}).replace_schema_metadata({KEY: metadata})
    with pa.ipc.new_stream(str(tmp_path / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    assert ik.lineage(tmp_path / "a.arrow") == []
    assert ik.read(str(tmp_path / "a.arrow")).read_all().num_rows == 1


def test_a_format_that_can_not_hold_it_says_so(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"a": 1}])
    with pytest.raises(BadInput, match="jsonl can't carry it"):
        ik.lineage(path)


def test_a_stream_tells_its_counts_once_it_is_drained(reviews: Path) -> None:
    stream = ik.filter(ik.read(str(reviews)))
    rows = stream.read_all().num_rows
    steps: list[dict[str, Any]] = ik.lineage(stream)
    assert steps[-1]["counts"]["rows_out"] == rows
    assert ik.counts(stream).rows_out == rows
    with pytest.raises(BadInput, match="no step of instructkit"):
        ik.counts(pa.table({"a": [1]}).to_reader())
