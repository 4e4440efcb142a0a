"""Nearness by embeddings, against the cosine of every pair."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import instructkit as ik

pytest.importorskip("wordllama")

from instructkit.records.embedding import embed
from instructkit.templating.prompting.embedding import Cells

TEXTS = [f"{who} {did} the {what}" for who in ("The cook", "A sailor", "My aunt") for did in ("painted", "sold", "lost")
         for what in ("boat", "kettle", "map", "violin")]  # fmt: skip


def test_a_text_has_a_vector_of_length_one_and_an_empty_one_has_none() -> None:
    vectors = embed(pa.array(["The boat is red.", "", None]))
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 0], atol=1e-5)


def test_the_nearest_are_those_of_the_highest_cosine() -> None:
    texts = pa.array(TEXTS)
    rows, cosines = Cells.of(texts).nearest(texts, 5)
    vectors = embed(texts)
    every = vectors @ vectors.T
    for query in range(len(TEXTS)):  # the cells of so small a pool are all looked into
        assert rows[query, 0] == query
        best = np.sort(every[query])[::-1][:5]
        assert np.allclose(cosines[query], best, atol=1e-4)
        assert np.allclose(every[query][rows[query]], best, atol=1e-4)


def test_where_fewer_are_there_the_rest_is_marked() -> None:
    rows, _ = Cells.of(pa.array(TEXTS[:3])).nearest(pa.array(TEXTS[:1]), 5)
    assert sorted(rows[0].tolist()) == [-1, -1, 0, 1, 2]


def test_demonstrations_may_be_chosen_by_meaning(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    texts = ["The puppy chased its tail.", "A young dog ran in circles.", "The violin concert was sold out.",
             "An orchestra played music."]  # fmt: skip
    path.write_text("".join(json.dumps({"text": text, "label": 1}) + "\n" for text in texts), "utf-8")
    reader = ik.format(str(path), task="sentiment", shots=(1, 1), demos="nearest", nearest_by="embedding")
    rows = pa.Table.from_batches(list(reader)).to_pylist()
    by_id = {row["parent"]: place for place, row in enumerate(rows)}
    assert [by_id[row["demonstrations"][0]] for row in rows] == [1, 0, 3, 2]
