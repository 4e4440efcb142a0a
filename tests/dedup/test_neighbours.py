"""Which rows leave: one greedy answer, by plain Python, by the rare shingles and, as far as they go, by bands."""

import json
import random
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.dedup import Findings, dropping
from instructkit.dedup.keeping import Keep
from instructkit.dedup.plain import PlainRows
from instructkit.dedup.rows import Sources
from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.storing import StoredTable
from instructkit.dedup.texts import fields_of, origins_of
from instructkit.dedup.verdicts import JudgedRows, Verdicts
from instructkit.engine import Spool
from tests.dedup.test_dropping import jaccard, shingles, varied_texts
from tests.rows import examples

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def judge(table: pa.Table, plain: bool, **options: Any) -> Verdicts:
    """The verdicts on a table's rows, by plain Python or by the compiled loops."""
    given = DedupSettings(**options)
    batch = table.combine_chunks().to_batches()[0]
    fields = fields_of(given.on, batch.schema)
    keep = Keep(given.keep, batch.schema, fields)
    if plain:
        rank = keep.rank([keep.order(batch, 0)], 0)
        judged: JudgedRows = PlainRows([batch], origins_of(batch), given.ngram, fields, rank)
        return judged.find(given)
    with Spool(batch.schema) as spool:
        stored = StoredTable(iter([batch]), given, fields, keep, spool, Sources(), 1)
        return stored.judged.find(given)


def varied_rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Rows whose instruction, input and output are each alike others'; some share a raw row."""
    draw = random.Random(seed)
    texts = varied_texts(count, seed)
    short = ["yes", "no", "42", "是", "", "a b c d e f", "one two three four five six"]
    return [
        {
            "instruction": draw.choice(["Sum this up, please, in one line.", "What is it?", draw.choice(texts)]),
            "input": draw.choice(texts) if draw.random() < 0.6 else draw.choice(short),
            "output": draw.choice(texts) if draw.random() < 0.5 else draw.choice(short),
            "parent": str(draw.randrange(count)),
            "template": "t/x" if draw.random() < 0.3 else "x",
        }
        for _ in range(count)
    ]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    threshold=st.sampled_from(THRESHOLDS),
    ngram=st.integers(1, 6),
    on=st.sampled_from(["all", "prompt", "output"]),
    keep=st.sampled_from(["first", "longest", "score:min", "score"]),
)
def test_plain_python_and_the_compiled_loops_judge_alike(
    seed: int, threshold: float, ngram: int, on: str, keep: str
) -> None:
    rows = varied_rows(90, seed)
    score = [None if number % 7 == 0 else number * 7919 % 13 for number in range(len(rows))]
    table = examples(rows, score=pa.array(score, pa.int64()))
    options = {"threshold": threshold, "ngram": ngram, "on": on, "keep": keep, "search": "exhaustive"}
    plain, compiled = judge(table, plain=True, **options), judge(table, plain=False, **options)
    assert plain.kept.tolist() == compiled.kept.tolist()
    assert plain.reason.tolist() == compiled.reason.tolist()
    assert plain.similarity.tolist() == compiled.similarity.tolist()


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("ngram", [1, 3, 5])
def test_what_stays_is_what_a_greedy_pass_over_all_pairs_leaves(threshold: float, ngram: int) -> None:
    texts = list(dict.fromkeys(varied_texts(400, seed=ngram)))
    sets = [shingles(text, ngram) for text in texts]
    stays: list[int] = []
    for row in range(len(texts)):
        if all(jaccard(sets[row], sets[other]) < threshold - 1e-9 for other in stays):
            stays.append(row)
    found = judge(
        examples([{"output": text} for text in texts]), plain=False, threshold=threshold, ngram=ngram, on="output",
        search="exhaustive",
    )  # fmt: skip
    assert np.flatnonzero(found.stays).tolist() == stays
    for row in np.flatnonzero(~found.stays).tolist():
        kept = int(found.kept[row])
        assert kept in stays
        alike = [jaccard(sets[row], sets[other]) for other in stays if other < row]
        assert found.similarity[row] == pytest.approx(max(alike), abs=1e-6)
        assert jaccard(sets[row], sets[kept]) == pytest.approx(max(alike))


@pytest.fixture(scope="module")
def alike() -> tuple[list[str], dict[tuple[int, int], float]]:
    """Texts, and the similarity of those pairs that reach one half."""
    texts = list(dict.fromkeys(varied_texts(1200, seed=3)))
    sets = [shingles(text) for text in texts]
    pairs = {(one, other): jaccard(sets[one], sets[other]) for one, other in combinations(range(len(texts)), 2)}
    return texts, {pair: similarity for pair, similarity in pairs.items() if similarity >= 0.5}


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9])
def test_bands_find_nearly_all_pairs_and_none_that_is_not_one(
    threshold: float, alike: tuple[list[str], dict[tuple[int, int], float]]
) -> None:
    texts, pairs = alike
    found = judge(
        examples([{"output": text} for text in texts]), plain=False, threshold=threshold, on="output", search="lsh"
    )
    assert found.search == "lsh"
    for row in np.flatnonzero(~found.stays).tolist():
        kept = int(found.kept[row])
        assert found.stays[kept]
        assert pairs[min(row, kept), max(row, kept)] >= threshold
    above = [pair for pair, similarity in pairs.items() if similarity >= threshold]
    both = [pair for pair in above if found.stays[pair[0]] and found.stays[pair[1]]]
    assert len(above) > 5
    assert len(both) <= 0.01 * len(above)


def test_the_longest_or_the_best_scored_of_rows_that_are_the_same_stays() -> None:
    base = " ".join(f"word{number}" for number in range(60))
    rows = [{"output": base}, {"output": base + " and more"}, {"output": base.upper()}]
    table = examples(rows, score=["0.5", "0.1", "0.9"])
    kept = {keep: ik.dedup(table, on="output", keep=keep).read_all()["output"].to_pylist() for keep in
            ("first", "longest", "score", "score:max", "score:min")}  # fmt: skip
    assert kept["first"] == [base]
    assert kept["longest"] == kept["score:min"] == [base + " and more"]
    assert kept["score"] == kept["score:max"] == [base.upper()]


def test_what_can_not_be_kept_by_is_named() -> None:
    table = examples([{"output": "x"}, {"output": "y"}], score=["1", "high"])
    with pytest.raises(ik.errors.UsageError, match="neither first, longest nor a column"):
        ik.dedup(table, keep="beauty")
    with pytest.raises(ik.errors.UsageError, match=":least"):
        ik.dedup(table, keep="score:least")
    with pytest.raises(ik.errors.BadInput, match="row 2 holds no number"):
        ik.dedup(table, keep="score").read_all()


def test_a_hundred_thousand_rows_that_are_all_alike_are_judged_at_once() -> None:
    words = [f"word{number}" for number in range(60)]
    draw = random.Random(1)
    texts = []
    for number in range(100_000):
        text = list(words)
        text[draw.randrange(60)] = f"other{number}"
        texts.append(" ".join(text))
    table = examples([{}] * len(texts)).set_column(3, "output", pa.array(texts))
    found = judge(table, plain=False, on="output", threshold=0.7)
    assert found.stays.sum() < 50
    assert found.stays[0]


def test_rows_that_share_a_template_and_nothing_else_all_stay() -> None:
    lead = "Once upon a time there was a little town by the sea, and in this town there lived a person named"
    texts = [f"{lead} {number * 7919} {number * 104729} {number * 31} {number}" for number in range(20_000)]
    table = examples([{}] * len(texts)).set_column(3, "output", pa.array(texts))
    assert judge(table, plain=False, on="output", threshold=0.9, search="lsh").stays.all()


def test_a_small_command_loads_no_compiled_loop(tmp_path: Path) -> None:
    rows = [{"instruction": "Say it.", "output": text} for text in ("a b c", "A  b c", "d")]
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code = (
        "import sys, instructkit as ik\n"
        f"assert ik.dedup(ik.read({str(source)!r})).read_all().num_rows == 2\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("options", [{}, {"search": "lsh"}, {"index": "seen"}, {"explain": 5, "thresholds": (0.5,)}])
@pytest.mark.parametrize("outputs", [[], ["", " ", ""]], ids=["no-rows", "no-text"])
def test_rows_without_text_and_no_rows_at_all_are_no_error(
    options: dict[str, Any], outputs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = examples([{"output": text} for text in outputs] or [{}]).slice(0, len(outputs))
    assert ik.dedup(table, on="output", **options).read_all().num_rows == len(outputs)


def test_rows_that_all_overlap_an_evaluation_file_leave_none(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(20))
    (tmp_path / "test.jsonl").write_text(json.dumps({"q": text}) + "\n", encoding="utf-8")
    table = examples([{"output": text}])
    assert ik.dedup(table, against=(str(tmp_path / "test.jsonl"),)).read_all().num_rows == 0


def test_plain_python_and_the_compiled_loops_explain_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    table = examples([{"output": text, "id": str(number)} for number, text in enumerate(varied_texts(150, seed=9))])
    told = []
    for loaded in (True, False):
        monkeypatch.setattr(dropping, "loaded", lambda loaded=loaded: loaded)
        findings = Findings()
        ik.dedup(table, on="output", explain=5, thresholds=(0.6, 0.9), findings=findings).read_all()
        told.append(findings.to_json())
    assert told[0] == told[1]
    assert told[0]["most_similar_kept"]


def test_a_phrasing_never_leaves_for_another_of_its_own_row_by_way_of_a_copy() -> None:
    base = " ".join(f"word{number}" for number in range(60))
    rows = [
        {"output": base, "parent": "p", "template": "t/x", "id": "a"},
        {"output": base + " more", "parent": "q", "template": "t/x", "id": "b"},
        {"output": base + " more", "parent": "p", "template": "t/y", "id": "c"},
        {"output": base + " more", "parent": "p", "template": "t/z", "id": "d"},
    ]
    for plain in (True, False):
        found = judge(examples(rows), plain=plain, on="output")
        assert found.stays.tolist() == [True, False, True, False]
        assert found.kept.tolist() == [-1, 0, -1, 2]
