"""Inverted prompts with demonstrations before them: no demonstration gives the answer away."""

import json
from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.templating.inversion.folding import fold

PREMISES = [
    "A man is playing a guitar.",
    "Two men sit near the stage.",
    "两个孩子在公园里放风筝。",
    "孩子们在草地上跑。",
]
HYPOTHESES = ["A man plays some music.", "A MAN plays some music!", "There is a fire in the hall.", "两个孩子在户外。"]
LABELS = ["entailment", "neutral", "contradiction"]


def written(path: Path, rows: list[tuple[str, str, str]]) -> str:
    names = ("premise", "hypothesis", "label")
    lines = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), "utf-8")
    return str(path)


@pytest.mark.parametrize("templates", ["same", "mixed"])
@pytest.mark.parametrize("form", ["prompt", "history", "metaicl", "super-ni"])
def test_no_answer_stands_in_a_demonstration(form: str, templates: str, tmp_path: Path) -> None:
    """Hypotheses that come again and again are each other's demonstrations."""
    rows = list(product(PREMISES, HYPOTHESES, LABELS))
    path = written(tmp_path / "rows.jsonl", rows)
    made = ik.format(path, task="nli", invert=True, shots=(0, 3), demo_form=form, demo_templates=templates)
    kept = made.read_all().to_pylist()
    for row in kept:
        turns = [turn["content"] for turn in row["history"]]
        assert fold(row["output"]) not in fold(" ".join([*turns, row["instruction"], row["input"]]))
    assert any(row["demonstrations"] for row in kept)
    reasons = ik.counts(made).reasons
    assert reasons["not_invertible"] > 0
    assert sum(reasons.values()) == len(rows) - len(kept)


def test_a_row_whose_answer_a_demonstration_holds_is_refused_with_that_reason(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", [(premise, HYPOTHESES[0], LABELS[0]) for premise in PREMISES[:2]])
    rejects = tmp_path / "rejects.arrow"
    made = ik.format(path, task="nli", invert=True, shots=(1, 1), rejects=str(rejects))
    assert made.read_all().num_rows == 0
    assert ik.counts(made).reasons == {"not_invertible": 2}
    with pa.OSFile(str(rejects)) as file:
        reasons = [row["reasons"][0]["value"] for row in pa.ipc.open_stream(file).read_all().to_pylist()]
    assert reasons == ["what would be asked for stands in a demonstration"] * 2
