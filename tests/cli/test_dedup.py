"""``instructkit dedup``, typed as a user would."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dedup.test_dropping import varied_texts


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "instructkit", *arguments], cwd=folder, capture_output=True, text=True,
                          check=False)  # fmt: skip


def write_rows(path: Path, texts: list[str], **columns: Any) -> None:
    rows = [{"instruction": "Say it.", "output": text, **columns} for text in texts]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = varied_texts(300, seed=11)
    write_rows(tmp_path / "one.jsonl", texts[:150], source="one", task="t")
    write_rows(tmp_path / "two.jsonl", [*texts[150:], *texts[:5]], source="two", task="t")
    return tmp_path


def test_it_tells_what_other_thresholds_drop_and_which_pairs_are_near(folder: Path) -> None:
    done = run(folder, "dedup", "one.jsonl", "two.jsonl", "--on", "output", "--thresholds", "0.5,0.9", "--explain",
               "--summary", "s.json", "-o", "out.arrow")  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads((folder / "s.json").read_text())
    for entry in told["thresholds"]:
        alone = run(folder, "dedup", "one.jsonl", "two.jsonl", "--on", "output", "--threshold",
                    str(entry["threshold"]), "--summary", "t.json", "-q", "-o", "t.arrow")  # fmt: skip
        assert alone.returncode == 0, alone.stderr
        assert json.loads((folder / "t.json").read_text())["rows_dropped"] == entry["rows_dropped"]
    least = [pair["similarity"] for pair in told["least_similar_merged"]]
    near = [pair["similarity"] for pair in told["most_similar_kept"]]
    assert len(least) == 5
    assert least == sorted(least)
    assert near == sorted(near, reverse=True)
    assert near[0] < 0.8 <= least[0]
    for title in ("other thresholds", "the least similar rows that were merged", "the most similar rows that both"):
        assert title in done.stderr


def test_it_tells_which_source_repeats_which(folder: Path) -> None:
    done = run(folder, "dedup", "one.jsonl", "two.jsonl", "--exact", "--summary", "s.json", "-o", "out.arrow")
    assert done.returncode == 0, done.stderr
    told = json.loads((folder / "s.json").read_text())
    assert sum(entry["rows"] for entry in told["repeats"]) == told["rows_dropped"]
    (rows,) = [entry["rows"] for entry in told["repeats"] if (entry["source"], entry["of"]) == ("two", "one")]
    assert rows >= 5
    assert "repeats by source" in done.stderr


def test_every_row_is_counted_whatever_took_it_out(folder: Path) -> None:
    (folder / "test.jsonl").write_text(json.dumps({"q": varied_texts(300, seed=11)[7]}) + "\n", encoding="utf-8")
    write_rows(folder / "more.jsonl", ["As I said before, I can not give you any advice on this."] * 4)
    for turn in ("1", "2"):
        done = run(folder, "dedup", "one.jsonl", "two.jsonl", "more.jsonl", "--on", "output", "--against", "test.jsonl",
                   "--sentences", "--substring", "20", "--index", "seen", "--clusters", f"c{turn}.parquet",
                   "--rejects", f"r{turn}.jsonl", "--summary", f"s{turn}.json", "-o", f"o{turn}.jsonl")  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = json.loads((folder / f"s{turn}.json").read_text())
        lines = {name: len((folder / f"{name}{turn}.jsonl").read_text().splitlines()) for name in "or"}
        assert told["rows_in"] == 309 == lines["o"] + lines["r"]
        assert told["rows_out"] == lines["o"]
        assert sum(told["reasons"].values()) == told["rows_dropped"] == lines["r"]
        assert told["reasons"]["contaminated"] >= 1
        assert told["against"][0]["rows_found"] == 1
        assert "evaluation files" in done.stderr
    assert lines["o"] == 0


@pytest.mark.parametrize("name", ["clusters.jsonl", "clusters.csv", "clusters.parquet", "clusters.arrow"])
def test_clusters_are_written_as_their_name_says(name: str, folder: Path) -> None:
    done = run(
        folder, "dedup", "two.jsonl", "--on", "output", "--clusters", name, "--rejects", "r.jsonl", "-o", "o.arrow"
    )
    assert done.returncode == 0, done.stderr
    shown = run(folder, "dedup", "one.jsonl", "--clusters", "one.jsonl", "-o", "o.arrow")
    assert shown.returncode == 2
    assert "one.jsonl is an input" in shown.stderr
    assert (folder / name).stat().st_size > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--threshold", "0"], "above 0 and up to 1"),
        (["--threshold", "1.5"], "above 0 and up to 1"),
        (["--threshold", "nan"], "above 0 and up to 1"),
        (["--thresholds", "0.5,high"], "similarities with commas"),
        (["--bands", "64", "--rows-per-band", "4"], "need more than the 128 permutations"),
        (["--hash", "datasketch"], "name both --index and --on"),
        (["--exact", "--explain"], "compares no similarities"),
        (["--clusters", "o.arrow"], "files of their own"),
        (["--sentences", "--on", "prompt"], "one column of texts"),
        (["--index", "one.jsonl"], "an index is a folder"),
    ],
)
def test_what_can_not_be_meant_is_refused_in_one_sentence(options: list[str], said: str, folder: Path) -> None:
    done = run(folder, "dedup", "one.jsonl", *options, "-q", "-o", "o.arrow")
    assert done.returncode == 2
    assert said in done.stderr
    assert not (folder / "o.arrow").exists()
    assert "Traceback" not in done.stderr


def test_the_bytes_hang_on_neither_workers_nor_the_way_in(folder: Path) -> None:
    outputs = set()
    for workers in ("1", "3"):
        done = run(folder, "dedup", "one.jsonl", "--on", "output", "--lsh", "--workers", workers, "-q", "-o", "o.jsonl")
        assert done.returncode == 0, done.stderr
        outputs.add((folder / "o.jsonl").read_bytes())
    piped = subprocess.run(
        [sys.executable, "-m", "instructkit", "dedup", "--from", "jsonl", "--on", "output", "-q", "-o", "p.jsonl"],
        cwd=folder, stdin=(folder / "one.jsonl").open("rb"), check=False,
    )  # fmt: skip
    assert piped.returncode == 0
    outputs.add((folder / "p.jsonl").read_bytes())
    assert len(outputs) == 1
