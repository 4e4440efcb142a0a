"""Rows that leave by ROUGE-L, against rouge_score and brute force."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
from rouge_score.rouge_scorer import RougeScorer

import instructkit as ik
from instructkit.dedup import DedupSettings, dropping
from instructkit.errors import UsageError
from instructkit.generation.rouge import pool, rare_tokens
from tests.conftest import Cli, rows_of, write_lines
from tests.rows import examples

SCORER = RougeScorer(["rougeL"])
GENERATED = [
    {"id": "dragon", "instruction": "Write a short story about a dragon."},
    {"id": "cat", "instruction": "Write a short story about a cat."},
    {"id": "again", "instruction": "write a short  story about a DRAGON."},
    {"id": "cat-again", "instruction": "Write a short story about a cat."},
    {"id": "rivers", "instruction": "Name three rivers in Asia."},
    {"id": "spring", "instruction": "写一首关于春天的诗，要求押韵。"},
    {"id": "autumn", "instruction": "写一首关于秋天的诗，要求押韵。"},
    {"id": "near-cat", "instruction": "Write a sad story about a cat, a dog and the people who feed both."},
]
LEFT = {
    "cat": ("rouge", "0.8571 of dragon", "0.7"),
    "again": ("exact_duplicate", "1 of dragon", "1"),
    "cat-again": ("rouge", "0.8571 of dragon", "0.7"),
    "autumn": ("rouge", "0.9231 of spring", "0.7"),
}


def generated_file(folder: Path) -> Path:
    return write_lines(folder / "generated.jsonl", [{**row, "output": row["id"]} for row in GENERATED])


def templated_texts(count: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    templates = [[f"t{template}w{word}" for word in range(draw.randint(4, 14))] for template in range(20)]
    texts = []
    for _ in range(count):
        words = list(draw.choice(templates))
        for _ in range(draw.randint(0, 5)):
            words[draw.randrange(len(words))] = f"x{draw.randrange(30)}"
        texts.append(" ".join(words))
    return texts


def kept_by_brute_force(texts: list[str], threshold: float) -> list[int]:
    kept: list[int] = []
    for number, text in enumerate(texts):
        if all(SCORER.score(texts[other], text)["rougeL"].fmeasure <= threshold for other in kept):
            kept.append(number)
    return kept


def kept_rows(texts: list[str], rows_a_batch: int, **options: object) -> list[int]:
    table = examples([{"instruction": text, "output": str(number)} for number, text in enumerate(texts)])
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=rows_a_batch))
    kept = ik.dedup(reader, rouge=0.7, on="instruction", **options).read_all()
    return [int(number) for number in kept["output"].to_pylist()]


@pytest.mark.parametrize("few", [0, 10_000])
@pytest.mark.parametrize("plain", [-1, 10**9])
def test_a_row_leaves_if_rouge_score_is_above_the_threshold_for_an_earlier_one_that_stays(
    few: int, plain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropping, "ROWS", few)
    monkeypatch.setattr(dropping, "loaded", lambda: False)
    monkeypatch.setattr(pool, "loaded", lambda module: False)
    monkeypatch.setattr(pool, "PLAIN", plain)
    monkeypatch.setattr(rare_tokens, "LATE", 10)
    texts = templated_texts(150)
    expected = kept_by_brute_force(texts, 0.7)
    assert 30 < len(expected) < 120
    assert kept_rows(texts, 1_000) == expected


def test_neither_workers_nor_batches_change_what_stays() -> None:
    texts = templated_texts(1_500, seed=1)
    first = kept_rows(texts, 100_000, workers=1)
    assert 50 < len(first) < 1_000
    for rows_a_batch, workers in ((7, 1), (100, 3), (1_000, 2)):
        assert kept_rows(texts, rows_a_batch, workers=workers) == first


def test_the_command_tells_of_each_row_why_it_left_and_for_which(cli: Cli) -> None:
    generated_file(cli.folder)
    said = cli.ok("dedup", "generated.jsonl", "--rouge", 0.7, "--on", "instruction", "-o", "novel.arrow", "--rejects",
                  "rejects.jsonl", "--clusters", "clusters.jsonl", "--summary", "summary.json")  # fmt: skip
    assert "4 dropped (rouge 3, exact_duplicate 1)" in said.stderr
    assert [row["id"] for row in rows_of(cli.folder / "novel.arrow")] == ["dragon", "rivers", "spring", "near-cat"]
    rejects = [json.loads(line) for line in (cli.folder / "rejects.jsonl").read_text().splitlines()]
    assert {row["id"]: tuple(row["reasons"][0].values()) for row in rejects} == LEFT
    clusters = [json.loads(line) for line in (cli.folder / "clusters.jsonl").read_text().splitlines()]
    assert [(row["id"], row["reason"], f"{row['similarity']:.4g} of {row['kept']}") for row in clusters] == [
        (name, rule, value) for name, (rule, value, _) in LEFT.items()
    ]
    assert clusters[0]["fields"] == [{"field": "instruction", "similarity": 0.8571}]
    assert json.loads((cli.folder / "summary.json").read_text())["reasons"] == {"exact_duplicate": 1, "rouge": 3}


def test_equal_input_gives_equal_bytes_whatever_the_workers(cli: Cli) -> None:
    rows = [{"instruction": text, "output": "o"} for text in templated_texts(300)]
    write_lines(cli.folder / "rows.jsonl", rows)
    for workers in (1, 3):
        cli.ok("dedup", "rows.jsonl", "--rouge", 0.6, "--on", "instruction", "--workers", workers, "-q",
               "--rejects", f"rejects-{workers}.jsonl", "-o", f"{workers}.jsonl")  # fmt: skip
    for name in ("{}.jsonl", "rejects-{}.jsonl"):
        one, other = ((cli.folder / name.format(workers)).read_bytes() for workers in (1, 3))
        assert one == other
        assert one


def test_rows_without_a_text_stay() -> None:
    texts = ["", "", "?!", "a b", ""]
    table = examples([{"input": text, "parent": str(number)} for number, text in enumerate(texts)])
    assert ik.dedup(table, rouge=0.1, on="input").read_all()["input"].to_pylist() == texts


def test_all_that_on_names_is_compared_as_one_text() -> None:
    rows = [
        {"instruction": "Add the numbers.", "input": "one two three four five", "output": "x"},
        {"instruction": "Add the numbers.", "input": "one two three four five", "output": "y"},
        {"instruction": "Add the numbers.", "input": "six seven eight nine ten", "output": "x"},
    ]
    kept = ik.dedup(examples(rows), rouge=0.7).read_all().to_pylist()
    assert [(row["input"][:3], row["output"]) for row in kept] == [("one", "x"), ("six", "x")]


def test_an_exact_copy_of_a_row_that_left_leaves_for_the_same_row() -> None:
    texts = ["a b c d e f g h i j", "a b c d e f g h i k", "a b c d e f g h i k", "a b c d e f g h i j"]
    assert kept_rows(texts, 2) == [0]


@pytest.mark.parametrize(
    ("option", "named"),
    [
        (["--exact"], "--exact"),
        (["--threshold", "0.7"], "--threshold"),
        (["--ngram", "3"], "--ngram"),
        (["--keep", "longest"], "--keep"),
        (["--lsh"], "--lsh"),
        (["--exhaustive"], "--exhaustive"),
        (["--permutations", "64"], "--permutations"),
        (["--rows-per-band", "4"], "--rows-per-band"),
        (["--thresholds", "0.6,0.7"], "--thresholds"),
        (["--explain"], "--explain"),
        (["--index", "seen"], "--index"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_options_of_the_other_similarity_are_refused(option: list[str], named: str) -> None:
    from click.testing import CliRunner

    from instructkit.cli import cli

    done = CliRunner().invoke(cli, ["dedup", "nothing.jsonl", "--rouge", "0.7", *option])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == f"--rouge compares by ROUGE-L in the order of the rows: leave out {named}"


def test_several_options_are_refused_in_one_sentence(cli: Cli) -> None:
    generated_file(cli.folder)
    said = cli.fails("dedup", "generated.jsonl", "--rouge", 0.7, "--threshold", 0.9, "--bands", 4, code=2)
    assert "leave out --threshold and --bands" in said


@pytest.mark.parametrize("threshold", [0.0, 1.5, -1.0])
def test_what_is_no_similarity_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="--rouge is a similarity above 0 and up to 1"):
        DedupSettings(rouge=threshold)


def test_a_row_that_overlaps_an_evaluation_file_leaves_first_and_for_itself(tmp_path: Path) -> None:
    evaluated = "Name three rivers in Asia and say for each of them through which countries it flows."
    tests = write_lines(tmp_path / "test.jsonl", [{"question": evaluated}])
    texts = [evaluated, "Name two rivers in Asia and say for each of them what it flows through.", "Write a poem."]
    assert SCORER.score(*texts[:2])["rougeL"].fmeasure > 0.7
    assert kept_rows(texts, 3) == [0, 2]
    assert kept_rows(texts, 3, against=(str(tests),)) == [1, 2]
