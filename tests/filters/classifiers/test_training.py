"""Training a classifier: what it reads, what it refuses, and that it always writes the same."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from instructkit.errors import BadInput, InstructkitError, OutputFailed, UsageError
from instructkit.filters.classifiers import TrainingSettings, train_classifier
from instructkit.filters.classifiers.training import held_out
from tests.filters.classifiers.conftest import QUICK, rated, write_csv


def train(source: str, output: Path, *labels: str, **options: Any) -> Any:
    return train_classifier([source], str(output), text="text", labels=labels, settings=replace(QUICK, **options))


@pytest.mark.parametrize("labels", [["verdict"], ["warm", "cat"]])
def test_it_tells_apart_what_words_tell_apart(rated_csv: str, tmp_path: Path, labels: list[str]) -> None:
    trained = train(rated_csv, tmp_path / "m.ftz", *labels)
    assert trained.train_rows + trained.test_rows == 240
    assert 12 <= trained.test_rows <= 30
    assert all(one.auc > 0.95 and one.f1 > 0.9 for one in trained.measured)
    assert trained.multi_label == (len(labels) > 1)


def test_equal_rows_and_seed_give_equal_bytes(rated_csv: str, tmp_path: Path) -> None:
    for name in ("one.ftz", "two.ftz"):
        train(rated_csv, tmp_path / name, "verdict")
    train(rated_csv, tmp_path / "three.ftz", "verdict", seed=1)
    one, two, three = ((tmp_path / f"{name}.ftz").read_bytes() for name in ("one", "two", "three"))
    assert one == two != three
    assert (tmp_path / "one.ftz.json").read_bytes() == (tmp_path / "two.ftz.json").read_bytes()


def test_a_small_matrix_starts_the_same_too(rated_csv: str, tmp_path: Path) -> None:
    """fastText leaves most of it as the memory was; a matrix of a few words comes from used memory."""
    for name in ("one.bin", "two.bin"):
        train(rated_csv, tmp_path / name, "verdict", word_ngrams=1, dimension=4)
    assert (tmp_path / "one.bin").read_bytes() == (tmp_path / "two.bin").read_bytes()


def test_the_sidecar_says_what_is_needed_to_apply_it(several: str) -> None:
    content = json.loads(Path(several + ".json").read_text())
    assert content["labels"] == ["warm", "cat"]
    assert content["multi_label"] is True
    assert content["normalization"] == {"lower": True, "space_han": True}
    assert set(content["thresholds"]) == {"warm", "cat"}
    assert content["measured"]["train_rows"] + content["measured"]["test_rows"] == 240


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "arrow"])
def test_it_reads_what_the_tool_reads(tmp_path: Path, ending: str) -> None:
    rows, source = rated(), tmp_path / f"rated.{ending}"
    table = pa.Table.from_pylist([{**row, "warm": bool(row["warm"])} for row in rows])
    if ending == "jsonl":
        source.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    elif ending == "parquet":
        pq.write_table(table, source)
    else:
        with pa.OSFile(str(source), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    trained = train(str(source), tmp_path / "m.ftz", "warm", "cat")
    assert all(one.auc > 0.95 for one in trained.measured)


def test_rows_without_text_or_label_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [*rated(), {"text": " ", "verdict": "praise"}, {"text": "fine words", "verdict": ""}]
    trained = train(write_csv(tmp_path / "r.csv", rows), tmp_path / "m.ftz", "verdict")
    assert dict(trained.left_out) == {"no_text": 1, "no_label": 1}
    assert trained.train_rows + trained.test_rows == 240


@pytest.mark.parametrize(
    ("labels", "change", "message"),
    [
        (["nope"], {}, "no column 'nope'; it has text, verdict, warm, cat"),
        (["verdict"], {"verdict": "same"}, "holds only 'same'"),
        (["warm", "cat"], {"cat": 0}, "the label column 'cat' is 0 in every row"),
        (["warm", "verdict"], {}, "row 1: the label column 'verdict' holds 'blame'"),
        (["warm", "warm"], {}, "given twice"),
        (["text"], {}, "is it a label?"),
    ],
)
def test_labels_that_can_not_be_learned_are_refused(
    tmp_path: Path, labels: list[str], change: dict[str, object], message: str
) -> None:
    source = write_csv(tmp_path / "r.csv", [{**row, **change} for row in rated()])
    with pytest.raises((BadInput, UsageError), match="(?s)" + message.replace("?", r"\?")):
        train(source, tmp_path / "m.ftz", *labels)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.csv"]


@pytest.mark.parametrize(
    ("name", "error"), [("m.txt", UsageError), ("away/m.ftz", OutputFailed), ("folder.ftz", OutputFailed)]
)
def test_an_output_that_can_not_be_is_refused_first(tmp_path: Path, name: str, error: type[InstructkitError]) -> None:
    (tmp_path / "folder.ftz").mkdir()
    with pytest.raises(error):
        train_classifier(["missing.csv"], str(tmp_path / name), text="text", labels=["verdict"])


@pytest.mark.parametrize(
    "wrong", [{"test_share": 0.0}, {"test_share": 1.0}, {"minn": 3, "maxn": 2}, {"minn": 3, "maxn": 0}, {"cutoff": 10}]
)
def test_settings_that_can_not_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        TrainingSettings(**wrong)


def test_too_few_rows_and_diverging_are_one_sentence(tmp_path: Path, rated_csv: str) -> None:
    with pytest.raises(BadInput, match="needs 20 or more"):
        train(write_csv(tmp_path / "r.csv", rated(10)), tmp_path / "m.ftz", "verdict")
    with pytest.raises(BadInput, match="Encountered NaN"):
        train(rated_csv, tmp_path / "m.ftz", "verdict", learning_rate=5000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.csv"]


def test_texts_that_differ_in_case_and_numbers_stand_on_one_side() -> None:
    texts = pa.array([f"{word} {number}{end}" for word in "abcdefgh" for number in range(5) for end in ("", "!")])
    test = held_out(texts, 0.4, 0).reshape(8, 10)
    assert all(row.all() or not row.any() for row in test)
    assert 0 < test.sum() < 80


def test_the_command_tells_the_figures_and_writes_both_files(tmp_path: Path, rated_csv: str) -> None:
    command = [sys.executable, "-m", "instructkit", "train-classifier", rated_csv, "--text", "text", "-o", "m.ftz",
               "--epochs", "20", "--dimension", "8", "--buckets", "1000", "--cutoff", "300"]  # fmt: skip
    done = subprocess.run([*command, "--label", "verdict"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "accuracy of the most probable label: 1.000" in done.stderr
    assert "wrote m.ftz" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.ftz", "m.ftz.json"]
    failed = subprocess.run([*command, "--label", "no"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert failed.stderr.startswith("instructkit: rated.csv has no column 'no'")
