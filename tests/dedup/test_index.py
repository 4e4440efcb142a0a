"""Rows of earlier runs, remembered: the same answer as one run over all, whatever kills a run between."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import datasketch
import numpy as np
import pytest

import instructkit as ik
from instructkit.dedup import Findings
from instructkit.dedup.datasketch_hash import shingle_bytes
from instructkit.dedup.index import minhashes
from instructkit.errors import BadInput, UsageError
from tests.dedup.test_dropping import varied_texts
from tests.rows import examples


def outputs(texts: list[str], **options: Any) -> list[str]:
    return list(ik.dedup(examples([{"output": text} for text in texts]), on="output", **options).read_all()["output"]
                .to_pylist())  # fmt: skip


def test_weeks_one_after_the_other_leave_what_one_run_over_all_leaves(tmp_path: Path) -> None:
    texts = varied_texts(600, seed=8)
    index = str(tmp_path / "seen")
    weeks = [texts[:250], texts[250:260], [""], texts[260:]]
    kept = [text for week in weeks for text in outputs(week, index=index) if text]
    assert kept == outputs(texts, search="lsh")
    assert outputs(texts, index=index) == []


def test_a_row_of_an_earlier_run_is_named_as_the_one_that_stays(tmp_path: Path) -> None:
    base = " ".join(f"word{number}" for number in range(60))
    index = str(tmp_path / "seen")
    first = examples([{"output": base, "id": "a"}, {"output": "something else", "id": "x"}])
    second = examples([{"output": base + " more", "id": "b"}, {"output": base.upper(), "id": "c"}])
    ik.dedup(first, on="output", index=index).read_all()
    clusters = tmp_path / "clusters.jsonl"
    assert ik.dedup(second, on="output", index=index, clusters=str(clusters)).read_all().num_rows == 0
    told = [json.loads(line) for line in clusters.read_text().splitlines()]
    assert [(row["id"], row["kept"], row["reason"]) for row in told] == [
        ("b", "a", "near_duplicate"),
        ("c", "a", "exact_duplicate"),
    ]
    assert told[0]["similarity"] == round(56 / 57, 4)


@pytest.mark.parametrize("fields", ["all", "prompt"])
def test_prompts_and_answers_are_remembered_apart(fields: str, tmp_path: Path) -> None:
    base = " ".join(f"word{number}" for number in range(60))
    index = str(tmp_path / "seen")
    ik.dedup(examples([{"input": base, "output": "positive"}]), on=fields, index=index).read_all()
    rows = examples([{"input": base + " x", "output": "negative"}, {"input": base + " y", "output": "positive"}])
    left = ik.dedup(rows, on=fields, index=index).read_all()["output"].to_pylist()
    assert left == (["negative"] if fields == "all" else [])


def test_other_options_than_those_it_was_made_with_are_refused(tmp_path: Path) -> None:
    index = str(tmp_path / "seen")
    outputs(["a b c"], index=index)
    with pytest.raises(UsageError, match=r"made with threshold 0\.8, not 0\.7"):
        outputs(["a b c"], index=index, threshold=0.7)


def test_a_damaged_index_says_so(tmp_path: Path) -> None:
    index = tmp_path / "seen"
    outputs(varied_texts(30, seed=1), index=str(index))
    listed = index / "index.json"
    text = listed.read_text()
    listed.write_text(text.replace('"version": 1', '"version": 0'))
    with pytest.raises(BadInput, match="version 0"):
        outputs(["x"], index=str(index))
    listed.write_text(text[:40])
    with pytest.raises(BadInput, match="damaged"):
        outputs(["x"], index=str(index))
    listed.write_text(text)
    shingles = index / "segment-000001" / "shingles"
    shingles.write_bytes(shingles.read_bytes()[:-8])
    with pytest.raises(BadInput, match="segment-000001/shingles is missing or cut short"):
        outputs(["x"], index=str(index))
    shingles.write_bytes(bytes(8) + shingles.read_bytes())
    with pytest.raises(BadInput, match="shingles holds other bytes than were written"):
        outputs(["x"], index=str(index))
    listed.unlink()
    with pytest.raises(BadInput, match=r"index\.json is missing"):
        outputs(["x"], index=str(index))
    assert shingles.exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="holds other files"):
        outputs(["x"], index=str(tmp_path / "other"))


def test_names_in_a_forged_index_lead_nowhere_else(tmp_path: Path) -> None:
    index = tmp_path / "seen"
    outputs(["a b c"], index=str(index))
    listed = json.loads((index / "index.json").read_text())
    listed["segments"][0]["name"] = "../../etc"
    (index / "index.json").write_text(json.dumps(listed))
    with pytest.raises(BadInput, match="missing"):
        outputs(["x"], index=str(index))


def test_a_run_that_is_killed_leaves_the_index_as_it_was_or_complete(tmp_path: Path) -> None:
    texts = varied_texts(900, seed=2)
    for name, part in (("one", texts[:450]), ("two", texts[450:])):
        lines = (json.dumps({"instruction": "Say.", "output": text}) + "\n" for text in part)
        (tmp_path / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "instructkit", "dedup", "--on", "output", "-q"]
    first, index = tmp_path / "first", tmp_path / "seen"
    subprocess.run([*command, "one.jsonl", "--index", str(first), "-o", "a.arrow"], cwd=tmp_path, check=True)
    shutil.copytree(first, tmp_path / "whole")
    subprocess.run([*command, "two.jsonl", "--index", "whole", "-o", "whole.arrow"], cwd=tmp_path, check=True)
    expected = (tmp_path / "whole.arrow").read_bytes()
    for wait in (0.3, 0.9, 1.4):
        shutil.rmtree(index, ignore_errors=True)
        shutil.copytree(first, index)
        process = subprocess.Popen([*command, "two.jsonl", "--index", "seen", "-o", "b.arrow"], cwd=tmp_path)
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        complete = len(json.loads((index / "index.json").read_text())["segments"]) == 2
        if complete:
            assert (tmp_path / "b.arrow").exists()  # what the index knows was written before
        (tmp_path / "b.arrow").unlink(missing_ok=True)
        subprocess.run([*command, "two.jsonl", "--index", "seen", "-o", "b.arrow"], cwd=tmp_path, check=True)
        if not complete:
            assert (tmp_path / "b.arrow").read_bytes() == expected


@pytest.mark.parametrize(("name", "scheme"), [("datasketch", "affine32"), ("datasketch-legacy", "legacy")])
def test_signatures_agree_with_datasketch_to_the_bit(name: str, scheme: str, tmp_path: Path) -> None:
    texts = [*dict.fromkeys(varied_texts(60, seed=4)), "Café ÇA va ?", "一二三四五六七", "x"]
    index = str(tmp_path / "seen")
    kept = outputs(texts, index=index, hash=name, threshold=0.7)
    _, signatures = minhashes(index)
    lsh = datasketch.MinHashLSH(threshold=0.7, num_perm=128)
    for row, text in enumerate(kept):
        own = datasketch.MinHash(num_perm=128, scheme=scheme)
        own.update_batch(list(shingle_bytes(text, 5)))
        assert np.array_equal(own.hashvalues, signatures[row])
        loaded = datasketch.MinHash(hashvalues=signatures[row].astype(own.hashvalues.dtype), scheme=scheme)
        assert loaded.jaccard(own) == 1
        lsh.insert(row, loaded)
    assert 0 in lsh.query(datasketch.MinHash(hashvalues=signatures[0].astype(own.hashvalues.dtype), scheme=scheme))


def test_own_signatures_are_minhashes_that_datasketch_compares(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(200)]
    texts = [" ".join(words), " ".join([*words[:150], *[f"v{number}" for number in range(50)]])]
    index = str(tmp_path / "seen")
    outputs(texts, index=index, permutations=1024, threshold=0.9)
    ids, signatures = minhashes(index)
    one, other = (datasketch.MinHash(hashvalues=signature, scheme="affine32") for signature in signatures)
    true = 146 / (2 * 196 - 146)
    assert len(ids) == 2
    assert abs(one.jaccard(other) - true) < 4 * (true * (1 - true) / 1024) ** 0.5


def test_of_two_runs_at_once_the_second_is_refused(tmp_path: Path) -> None:
    index = str(tmp_path / "seen")
    first = ik.dedup(examples([{"output": "a b c"}, {"output": "d"}]), on="output", index=index)
    next(iter(first))
    with pytest.raises(UsageError, match="another run is using the index"):
        outputs(["x"], index=index)


def test_a_run_that_has_committed_keeps_nobody_from_the_folder(tmp_path: Path) -> None:
    index = str(tmp_path / "seen")
    findings = Findings()
    ik.dedup(examples([{"output": "a b c"}]), on="output", index=index, findings=findings).read_all()
    findings.commit()
    assert outputs(["A b  c", "d"], index=index) == ["d"]
    assert findings.index is not None


def test_weeks_of_other_files_and_a_week_without_news_are_told(tmp_path: Path) -> None:
    index = str(tmp_path / "seen")
    texts = varied_texts(40, seed=12)
    for source, part in (("one", texts[:20]), ("two", texts[20:]), ("three", texts)):
        findings = Findings()
        table = examples([{"output": text, "source": source} for text in part])
        ik.dedup(table, on="output", index=index, findings=findings).read_all()
        findings.commit()
        told = findings.to_json()
    assert {entry["of"] for entry in told["repeats"]} == {"one", "two"}
    ids, signatures = minhashes(index)
    assert len(ids) == len(signatures) > 0
