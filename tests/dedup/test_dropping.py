"""Which rows leave, against brute force over all pairs."""

import random
from pathlib import Path

import datasketch
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import instructkit as ik
from instructkit.dedup import neighbours
from instructkit.errors import UsageError
from tests.dedup.test_signing import compiled_tokens
from tests.rows import examples

THRESHOLD = 0.8


def shingles(text: str, ngram: int = 5) -> frozenset[tuple[int, ...]]:
    tokens = compiled_tokens(text)
    width = min(ngram, len(tokens))
    return frozenset(tuple(tokens[at : at + width]) for at in range(len(tokens) - width + 1)) if tokens else frozenset()


def jaccard(one: frozenset[tuple[int, ...]], other: frozenset[tuple[int, ...]]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def kept_outputs(outputs: list[str], **options: object) -> list[str]:
    table = examples([{"output": output, "parent": str(number)} for number, output in enumerate(outputs)])
    return ik.dedup(table, on="output", **options).read_all()["output"].to_pylist()


def varied_texts(count: int, seed: int) -> list[str]:
    """Texts at all similarities: random word edits of a few bases, English and Chinese."""
    draw = random.Random(seed)
    words = [f"word{number}" for number in range(80)] + list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往")
    bases = [[draw.choice(words) for _ in range(draw.randint(8, 60))] for _ in range(max(3, count // 12))]
    texts = []
    for _ in range(count):
        text = list(draw.choice(bases))
        for _ in range(draw.randint(0, 4)):
            text[draw.randrange(len(text))] = draw.choice(words)
        texts.append(" ".join(text))
    return texts


@pytest.mark.parametrize(("search", "crowd"), [("exhaustive", 1), ("lsh", 2), ("lsh", 10**6)])
def test_no_pair_below_the_threshold_is_merged_and_none_above_it_stays(
    search: str, crowd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "CROWD", crowd)
    texts = list(dict.fromkeys(varied_texts(600, seed=crowd)))
    sets = {text: shingles(text) for text in texts}
    kept = kept_outputs(texts, search=search)
    assert kept == [text for text in texts if text in set(kept)]  # in the order they came
    for text in set(texts) - set(kept):
        assert max(jaccard(sets[text], sets[other]) for other in kept) >= THRESHOLD
    left = [
        (one, other)
        for number, one in enumerate(kept)
        for other in kept[:number]
        if jaccard(sets[one], sets[other]) >= THRESHOLD
    ]
    above = sum(
        jaccard(sets[one], sets[other]) >= THRESHOLD for number, one in enumerate(texts) for other in texts[:number]
    )
    assert above > 30
    assert len(left) <= 0.01 * above


def test_the_order_of_leaving_is_never_a_chain() -> None:
    # each text is like the next, the ends are not alike: a chain would leave only one
    words = [f"w{number}" for number in range(60)]
    texts = [" ".join([*words[: 60 - step], *[f"v{number}" for number in range(step)]]) for step in range(0, 30, 4)]
    kept = kept_outputs(texts)
    sets = {text: shingles(text) for text in texts}
    assert len(kept) > 1
    for text in set(texts) - set(kept):
        assert max(jaccard(sets[text], sets[other]) for other in kept) >= THRESHOLD


def test_a_text_shorter_than_the_shingle_equals_only_itself() -> None:
    assert kept_outputs(["Yes", "No", "yes ", "Yes!", "42", "24", "是", "否", "是"]) == [
        "Yes",
        "No",
        "Yes!",
        "42",
        "24",
        "是",
        "否",
    ]


def test_an_empty_text_matches_nothing() -> None:
    assert kept_outputs(["", " ", "", "x"]) == ["", " ", "", "x"]


def test_rows_that_share_a_long_instruction_are_told_apart_by_a_short_input() -> None:
    long = "Read the sum below with care, think about each of its parts, and write down its result as a number. " * 3
    rows = [{"instruction": long, "input": f"{number} + 2", "output": str(number + 2)} for number in range(20)]
    assert ik.dedup(examples(rows)).read_all().num_rows == 20


def test_a_long_prompt_with_another_answer_is_another_row() -> None:
    text = " ".join(f"word{number}" for number in range(100))
    rows = [{"instruction": text, "output": "positive"}, {"instruction": text, "output": "negative"}]
    assert ik.dedup(examples(rows)).read_all().num_rows == 2
    assert ik.dedup(examples(rows), on="prompt").read_all().num_rows == 1


def test_a_changed_word_in_a_short_instruction_does_not_hide_a_duplicate() -> None:
    text = " ".join(f"word{number}" for number in range(60))
    rows = [
        {"instruction": "Summarise the text.", "input": text, "output": "A list of words."},
        {"instruction": "Summarize the text!", "input": text, "output": "A list of words."},
    ]
    assert ik.dedup(examples(rows)).read_all().num_rows == 1


def test_two_dialogues_that_end_alike_are_not_the_same() -> None:
    def dialogue(first: str) -> dict[str, object]:
        turns = [{"role": "user", "content": first}, {"role": "assistant", "content": "I see, " + first}]
        return {"instruction": "Go on.", "output": "Of course.", "history": turns}

    rows = [dialogue("tell me about the history of bread in the north"), dialogue("how do I repair a bicycle chain")]
    assert ik.dedup(examples([*rows, rows[0]])).read_all().num_rows == 2


def test_phrasings_of_one_raw_row_stay_unless_they_are_equal() -> None:
    text = " ".join(f"word{number}" for number in range(80))
    rows = [
        {"instruction": f"{verb} this.", "input": text, "output": "short", "parent": "p", "template": "t/x"}
        for verb in ("Sum", "Cut", "Sum")
    ]
    assert ik.dedup(examples(rows)).read_all()["instruction"].to_pylist() == ["Sum this.", "Cut this."]


def test_every_dropped_row_names_the_row_that_stays(tmp_path: Path) -> None:
    base = " ".join(f"word{number}" for number in range(60))
    table = examples(
        [{"output": base, "id": "a"}, {"output": base.upper(), "id": "b"}, {"output": base + " more", "id": "c"}]
    )
    reader = ik.dedup(table, on="output", rejects=str(tmp_path / "rejects.parquet"))
    assert reader.read_all()["id"].to_pylist() == ["a"]
    counts = ik.counts(reader)
    assert (counts.rows_in, counts.rows_out, counts.rows_dropped) == (3, 1, 2)
    rejects = ik.read(str(tmp_path / "rejects.parquet")).read_all()
    reasons = [row[0] for row in rejects["reasons"].to_pylist()]
    assert [reason["rule"] for reason in reasons] == ["exact_duplicate", "near_duplicate"]
    assert all(reason["value"].endswith(" of a") for reason in reasons)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), st.integers(1, 7), st.integers(0, 3))
def test_the_result_depends_on_neither_workers_nor_batches(workers: int, batches: int, seed: int) -> None:
    texts = varied_texts(120, seed)
    table = examples([{"output": text, "parent": str(number)} for number, text in enumerate(texts)])
    cut = table.to_batches(max_chunksize=max(1, 120 // batches))
    reader = pa.RecordBatchReader.from_batches(table.schema, cut)
    got = ik.dedup(reader, on="output", workers=workers).read_all()
    assert got.to_pylist() == ik.dedup(table, on="output", workers=1).read_all().to_pylist()


def test_pairs_that_datasketch_finds_at_a_high_similarity_are_found() -> None:
    texts = list(dict.fromkeys(varied_texts(1200, seed=5)))
    index = datasketch.MinHashLSH(threshold=THRESHOLD, num_perm=128)
    sets = {text: shingles(text) for text in texts}
    pairs = []
    for text in texts:
        signature = datasketch.MinHash(num_perm=128)
        signature.update_batch([repr(one).encode() for one in sorted(sets[text])])
        pairs += [(text, other) for other in index.query(signature) if jaccard(sets[text], sets[other]) >= 0.85]
        index.insert(text, signature)
    kept = set(kept_outputs(texts))
    assert len(pairs) > 10
    assert not [pair for pair in pairs if kept >= set(pair)]


def test_exact_alone_keeps_near_duplicates() -> None:
    base = " ".join(f"word{number}" for number in range(60))
    assert kept_outputs([base, base + " more", base.title()], exact=True) == [base, base + " more"]


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(UsageError, match="nowhere"):
        ik.dedup(examples([{}]), on="nowhere")


def test_a_column_of_the_users_can_be_compared() -> None:
    table = examples([{"output": str(number)} for number in range(3)], url=["a b", "A  B", "c"])
    assert ik.dedup(table, on="url").read_all()["url"].to_pylist() == ["a b", "c"]


def test_rows_of_two_datasets_that_number_alike_are_compared() -> None:
    base = " ".join(f"word{number}" for number in range(60))
    rows = [{"output": base, "id": "1", "source": "v1"}, {"output": base + " more", "id": "1", "source": "v2"}]
    assert ik.dedup(examples(rows)).read_all().num_rows == 1


def test_a_pair_just_at_the_threshold_is_one_though_floats_round() -> None:
    # 55 shingles shared of 100
    words = [f"w{number}" for number in range(55)]
    one = " ".join([*words, *[f"a{number}" for number in range(22)]])
    other = " ".join([*words, *[f"b{number}" for number in range(23)]])
    assert kept_outputs([one, other], threshold=0.55, ngram=1) == [one]


def test_many_rows_with_one_long_input_are_told_apart_soon() -> None:
    schema = " ".join(f"column_{number} varchar({number})," for number in range(300))
    rows = [
        {
            "instruction": f"How many have column_{number}?",
            "input": schema,
            "output": f"SELECT count(*) WHERE column_{number} > {number}",
        }
        for number in range(400)
    ]
    assert ik.dedup(examples(rows)).read_all().num_rows == 400
