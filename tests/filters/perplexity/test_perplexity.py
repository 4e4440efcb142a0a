"""Models of characters: what they hold usual, and files that are none."""

import io
import math
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, InstructkitError, UsageError
from instructkit.filters.perplexity import TrainingSettings, parse_perplexity, train_perplexity
from instructkit.filters.perplexity.model import CharacterModel, load_character_model
from tests.rows import examples

ENGLISH = [
    "The river rose in the night, and nobody slept.",
    "We carried the books upstairs.",
    "They have an old boat.",
    "When the water fell, the garden was a lake of mud.",
    "Nobody had thought of the boat in the barn.",
]
CHINESE = [
    "河水在夜里上涨，谁也没有睡着。",
    "我们把书搬到了楼上。",
    "他们有一条旧船。",
    "水退了以后，花园成了一片泥塘。",
    "谁也没有想到谷仓里的船。",
]
TEXTS = [f"{text} {number}" for number in range(60) for text in (*ENGLISH, *CHINESE)]


@pytest.fixture(scope="module")
def model() -> CharacterModel:
    return train_perplexity([pa.array(TEXTS)]).model


def plain_perplexity(texts: list[str], text: str, order: int) -> float:
    """Witten-Bell by its formula, recursively, over dictionaries."""
    counts: dict[str, dict[str, int]] = {}
    for one in (f"\x01{text}\x01" for text in texts):
        for at in range(1, len(one)):
            for size in range(min(order, at + 1)):
                follows = counts.setdefault(one[at - size : at], {})
                follows[one[at]] = follows.get(one[at], 0) + 1

    def chance(history: str, character: str) -> float:
        lower = 1 / 60_000 if not history else chance(history[1:], character)
        follows = counts.get(history)
        if follows is None:
            return lower
        total, kinds = sum(follows.values()), len(follows)
        return (follows.get(character, 0) + kinds * lower) / (total + kinds)

    whole = f"\x01{text}\x01"
    logs = [math.log(chance(whole[max(0, at - order + 1) : at], whole[at])) for at in range(1, len(whole))]
    return math.exp(-sum(logs) / len(logs))


@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_perplexity_is_what_the_formula_says(order: int) -> None:
    from instructkit.filters.perplexity.training import HELD_OUT
    from instructkit.records.hashing import draw

    column = pa.array(TEXTS)
    held = draw(column, 0, "held out") % np.uint64(HELD_OUT) == 0
    trained_on = [text for text, out in zip(TEXTS, held, strict=True) if not out]
    model = train_perplexity([column], TrainingSettings(order=order)).model
    for text in ("The boat rose in the night.", "谁也没有船。", "qqq", "xyz 河水"):
        (found,) = model.perplexities(pa.array([text]))
        assert found == pytest.approx(plain_perplexity(trained_on, text, order), rel=1e-4)


def test_what_is_like_the_clean_text_is_more_usual_than_noise(model: CharacterModel) -> None:
    found = model.perplexities(
        pa.array(
            ["The water rose in the barn.", "the wtaer orse ni teh brna", "水在夜里上涨。", "夜上水里涨在。", "", " "]
        )
    )
    assert found[0] < found[1] / 3
    assert found[2] < found[3] / 3
    assert np.isnan(found[4:]).all()


def test_the_model_does_not_depend_on_how_the_texts_come(model: CharacterModel, tmp_path: Path) -> None:
    parts = [pa.array(TEXTS[at : at + 7]) for at in range(0, len(TEXTS), 7)]
    other = train_perplexity(parts).model
    text = pa.array(["The boat in the garden."])
    assert other.perplexities(text) == model.perplexities(text)
    model.save(tmp_path / "a.ppl")
    other.save(tmp_path / "b.ppl")
    assert (tmp_path / "a.ppl").read_bytes() == (tmp_path / "b.ppl").read_bytes()
    assert load_character_model(tmp_path / "a.ppl").perplexities(text) == model.perplexities(text)


def test_rows_above_a_percentile_of_their_language_go(model: CharacterModel, tmp_path: Path) -> None:
    path = tmp_path / "clean.ppl"
    model.save(path)
    rows = [
        {"output": ENGLISH[0]},
        {"output": CHINESE[0] + " 5"},
        {"output": "xq zvvk wjjq pqqx zzkw qqjx vvkz"},
        {"output": "xq"},
    ]
    reader = ik.filter(examples(rows), preset="none", perplexity=f"{path}:p100", workers=1)
    table = reader.read_all()
    assert table["output"].to_pylist() == [rows[0]["output"], rows[1]["output"], "xq"]
    assert table["perplexity"].to_pylist()[0] < 20
    assert ik.counts(reader).reasons == {"perplexity": 1}


@pytest.mark.parametrize("threshold", ["p101", "many", "0", "-3", "nan", "fr=p99"])
def test_a_threshold_that_is_none_is_refused(threshold: str, model: CharacterModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m.ppl")
    with pytest.raises(UsageError, match="--perplexity"):
        parse_perplexity(f"{tmp_path / 'm.ppl'}:{threshold}")


def test_thresholds_by_language(model: CharacterModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m.ppl")
    assert parse_perplexity(f"{tmp_path / 'm.ppl'}:en=30,zh=40").thresholds == (("en", 30.0), ("zh", 40.0))


def hostile() -> dict[str, bytes]:
    archive, pickled = io.BytesIO(), io.BytesIO()
    np.savez(archive, head=np.array([{"a": 1}], object), keys=np.zeros(2), values=np.zeros(2))
    pickle.dump({"order": 5}, pickled)
    return {"empty": b"", "text": b"not a model", "objects": archive.getvalue(), "pickle": pickled.getvalue()}


@pytest.mark.parametrize("kind", hostile())
def test_a_file_that_is_no_model_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.ppl"
    path.write_bytes(hostile()[kind])
    with pytest.raises(BadInput, match=r"model"):
        load_character_model(path)


def test_a_model_that_is_cut_off_is_refused(model: CharacterModel, tmp_path: Path) -> None:
    model.save(tmp_path / "whole.ppl")
    data = (tmp_path / "whole.ppl").read_bytes()
    for size in (10, len(data) // 2, len(data) - 10):
        (tmp_path / "cut.ppl").write_bytes(data[:size])
        with pytest.raises(BadInput, match="model"):
            load_character_model(tmp_path / "cut.ppl")


def test_too_little_text_is_refused() -> None:
    with pytest.raises(BadInput, match="too few"):
        train_perplexity([pa.array(["one"])])
    with pytest.raises(UsageError, match="n-gram"):
        TrainingSettings(order=0)


def test_a_kenlm_model_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "model.arpa"
    path.write_text("\\data\\\nngram 1=3\n\n\\1-grams:\n-1\t<unk>\n-1\t<s>\n-1\t</s>\n\n\\end\\\n", encoding="utf-8")
    try:
        import kenlm  # noqa: F401
    except ImportError:
        with pytest.raises(InstructkitError, match=r"instructkit\[kenlm\]"):
            parse_perplexity(f"{path}:100")
    else:
        assert ik.filter(examples([{}]), perplexity=f"{path}:1000").read_all()["perplexity"].to_pylist()[0] > 0


def test_rare_ngrams_go_where_there_are_too_many() -> None:
    small = train_perplexity([pa.array(TEXTS)], TrainingSettings(most=200)).model
    assert len(small.keys) < 2_500
    found = small.perplexities(pa.array([ENGLISH[0], "xq zvvk wjjq"]))
    assert found[0] < found[1]
