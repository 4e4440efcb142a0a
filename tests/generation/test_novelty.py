"""Whether a text is unlike a pool, against rouge_score and brute force, in both forms: plain and compiled."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenize import tokenize

from instructkit.errors import UsageError
from instructkit.generation.novelty import Nearest, Novelty
from instructkit.generation.rouge import pool, rare_tokens
from instructkit.generation.rouge.tokens import tokens_of

SCORER = RougeScorer(["rougeL"])
ALWAYS, NEVER = -1, 10**9  # comparisons after which the loops are taken


@pytest.fixture(params=[ALWAYS, NEVER], ids=["compiled", "plain"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Lets pools be asked in one form, with an index that is made anew every few texts."""
    take(request.param, monkeypatch)
    monkeypatch.setattr(rare_tokens, "LATE", 20)
    return int(request.param)


def take(plain: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PLAIN", plain)
    monkeypatch.setattr(pool, "loaded", lambda module: False)


def rouge(one: str, other: str) -> float:
    return float(SCORER.score(one, other)["rougeL"].fmeasure)


def brute_force(texts: list[str], text: str, threshold: float) -> Nearest | None:
    best = None
    for index, other in enumerate(texts):
        score = rouge(other, text)
        if score > (best.score if best else threshold):
            best = Nearest(other, index, score)
    return best


def common_length(one: list[str], other: list[str]) -> int:
    """The longest common subsequence, as it is defined."""
    row = [0] * (len(other) + 1)
    for token in one:
        before = row
        row = [0]
        for at, there in enumerate(other):
            row.append(before[at] + 1 if token == there else max(before[at + 1], row[at]))
    return row[-1]


def random_text(draw: random.Random, longest: int = 12) -> str:
    words = "abcdefgh"[: draw.randint(2, 8)]
    return " ".join(draw.choice(words) for _ in range(draw.randint(0, longest)))


def changed(draw: random.Random, text: str) -> str:
    """The text with some words gone, replaced, or put elsewhere."""
    words = [word for word in text.split() if draw.random() < 0.8]
    words = [word if draw.random() < 0.8 else draw.choice("abcdefgh") for word in words]
    words[1:1] = [draw.choice("abcdefgh") for _ in range(draw.randint(0, 2))]
    return " ".join(words)


@pytest.mark.parametrize("plain", [ALWAYS, NEVER])
def test_ten_thousand_pairs_are_decided_and_scored_as_by_rouge_score(
    plain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(plain, monkeypatch)
    draw = random.Random(0)
    near = 0
    for number in range(10_000):
        threshold = (0.3, 0.5, 2 / 3, 0.7, 0.8)[number % 5]
        one = random_text(draw)
        other = random_text(draw) if draw.random() < 0.5 else changed(draw, one)
        novelty = Novelty(threshold)
        novelty.add(one)
        score = rouge(one, other)
        assert novelty.nearest(other) == (Nearest(one, 0, score) if score > threshold else None), (one, other)
        near += score > threshold
    assert 2_000 < near < 8_000


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.7, 0.95, 1.0])
def test_the_nearest_of_a_growing_pool_is_that_of_brute_force(threshold: float, form: int) -> None:
    draw = random.Random(1)
    novelty, texts = Novelty(threshold), list[str]()
    for _ in range(120):
        text = random_text(draw, longest=draw.choice((4, 12, 40)))
        assert novelty.nearest(text) == brute_force(texts, text, threshold)
        novelty.add(text)
        texts.append(text)
    assert len(novelty) == len(texts)


def test_a_pool_that_takes_the_loops_when_it_has_grown_goes_on_with_the_same_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = random.Random(2)
    texts = [random_text(draw) for _ in range(120)]
    answers: list[list[Nearest | None]] = []
    for plain in (ALWAYS, 1_000, NEVER):
        take(plain, monkeypatch)
        novelty = Novelty(0.6)
        answers.append([])
        for text in texts:
            answers[-1].append(novelty.nearest(text))
            novelty.add(text)
        assert (novelty._pool._compiled is None) == (plain == NEVER)
    assert answers[0] == answers[1] == answers[2]
    assert None in answers[0]
    assert any(answers[0][60:])


@given(pairs=st.lists(st.text(st.sampled_from("ab1 ,é\u0130K.")), max_size=12), text=st.text("ab1 ,éK"))
def test_odd_texts_are_judged_as_by_rouge_score(pairs: list[str], text: str) -> None:
    for plain in (ALWAYS, NEVER):
        with pytest.MonkeyPatch.context() as patch:
            take(plain, patch)
            novelty = Novelty(0.4)
            for other in pairs:
                novelty.add(other)
            assert novelty.nearest(text) == brute_force(pairs, text, 0.4)


def test_of_equal_scores_the_text_added_first_wins(form: int) -> None:
    novelty = Novelty()
    for text in ("z", "a b c d e", "a b c d f", "a b c d g", *(f"x{number}" for number in range(40)), "a b c d h"):
        novelty.add(text)
    assert novelty.nearest("a b c d") == Nearest("a b c d e", 1, rouge("a b c d e", "a b c d"))


@pytest.mark.parametrize("size", [63, 64, 65, 128, 129, 200])
def test_texts_of_more_tokens_than_a_machine_word_has_bits(size: int, form: int) -> None:
    draw = random.Random(size)
    base = [draw.choice("abcdefghijklmnop") for _ in range(size)]
    texts = []
    for changes in (0, 1, size // 10, size // 4, size // 2):
        text = list(base)
        for _ in range(changes):
            text[draw.randrange(size)] = draw.choice("abcxyz")
        texts.append(" ".join(text))
    novelty = Novelty(0.5)
    for text in reversed(texts):
        novelty.add(text)
    for text in (*texts, " ".join(base[: size * 2 // 3]), " ".join(base[::-1])):
        assert novelty.nearest(text) == brute_force(texts[::-1], text, 0.5)


def test_a_text_longer_than_any_when_the_index_was_made_is_found(form: int) -> None:
    novelty = Novelty()
    for number in range(30):
        novelty.add(f"w{number} a b")
    assert novelty.nearest("q a b") is None
    long = " ".join(f"t{number}" for number in range(50))
    novelty.add(long)
    assert novelty.nearest(long) == Nearest(long, 30, 1.0)


def test_words_beyond_the_surrogates_of_unicode_are_told_apart(form: int) -> None:
    novelty = Novelty()
    words = [f"w{number}" for number in range(60_000)]
    novelty.add(" ".join(words))
    for start in range(0xD7F0, 0xE010, 0x100):
        novelty.add(" ".join(words[start : start + 20]))
    assert novelty.nearest(" ".join(words[0xD8F0 : 0xD8F0 + 20])) == Nearest(
        " ".join(words[0xD8F0 : 0xD8F0 + 20]), 2, 1.0
    )
    assert novelty.nearest(" ".join(words[0xD900 : 0xD900 + 20])) is None


CHINESE = [
    "写一首关于春天的诗，要求押韵。",
    "写一首关于秋天的诗，要求押韵。",
    "列出三种减少城市空气污染的办法。",
    "请把下面的句子翻译成英文。",
]


def test_chinese_texts_are_compared_by_characters(form: int) -> None:
    novelty = Novelty()
    for text in CHINESE[:1] + CHINESE[2:]:
        novelty.add(text)
    one, other = tokens_of(CHINESE[0]), tokens_of(CHINESE[1])
    assert len(one) == 13
    common = common_length(one, other)
    precision, recall = common / len(other), common / len(one)
    assert novelty.nearest(CHINESE[1]) == Nearest(CHINESE[0], 0, 2 * precision * recall / (precision + recall))
    assert novelty.nearest("给我讲讲火星上有没有水。") is None


def test_a_text_without_any_token_is_novel(form: int) -> None:
    novelty = Novelty(0.1)
    for text in ("", "?!", "a"):
        assert novelty.nearest(text) is None
        novelty.add(text)
    assert novelty.nearest("") is None
    assert novelty.nearest("…") is None
    assert novelty.nearest("A!") == Nearest("a", 2, 1.0)


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1, float("nan")])
def test_a_threshold_that_is_no_similarity_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="above 0 and up to 1"):
        Novelty(threshold)


def test_real_instructions_are_decided_and_scored_as_by_rouge_score(real_data: Path, form: int) -> None:
    folder = real_data / "instructions"
    texts = [
        json.loads(line)["instruction"]
        for name in ("self_instruct_seed_tasks.jsonl", "self_instruct_human_eval_252.jsonl")
        for line in (folder / name).read_text(encoding="utf-8").splitlines()
    ]
    assert len(texts) == 427
    threshold, found = 0.45, 0
    words = [Counter(tokenize(text, None)) for text in texts]
    novelty = Novelty(threshold)
    for index, text in enumerate(texts):
        best = None
        for other in range(index):
            shared = (words[index] & words[other]).total()  # no LCS is longer, so the slow scorer need not be asked
            if 2 * shared > threshold * (words[index].total() + words[other].total()):
                score = rouge(texts[other], text)
                if score > (best.score if best else threshold):
                    best = Nearest(texts[other], other, score)
        assert novelty.nearest(text) == best
        found += best is not None
        novelty.add(text)
    assert found > 20
