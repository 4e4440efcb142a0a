"""Tokens, shingles and signatures, against plain Python and datasketch."""

import re
import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.dedup.settings import DedupSettings
from instructkit.dedup.shingling import Shingler
from instructkit.dedup.signing import permutations
from instructkit.dedup.stretches import equal_below
from instructkit.dedup.texts import FIELDS
from instructkit.errors import UsageError
from instructkit.records.buffers import buffers
from instructkit.records.characters import UNSPACED, characters
from instructkit.records.tokens import normalised, tokenise
from tests.rows import examples

TEXTS = st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=60)


def plain_tokens(text: str) -> list[str]:
    """What a token is, said in Python."""
    text = unicodedata.normalize("NFC", text).lower()
    tokens: list[str] = []
    word = ""
    for character in text:
        point = ord(character)
        category = unicodedata.category(character)
        space = character.isspace() or category in ("Zs", "Zl", "Zp", "Cc")
        in_word = point < 0x10000 and (category[0] in "LNM" or character == "_")
        in_word = in_word and not any(first <= point <= last for first, last in UNSPACED)
        if in_word and not space:
            word += character
            continue
        if word:
            tokens.append(word)
            word = ""
        if not space:
            tokens.append(character)
    return [*tokens, word] if word else tokens


def compiled_tokens(text: str) -> list[int]:
    texts = normalised(pa.array([text], pa.string()))
    data, offsets = buffers(texts)
    out = np.empty(int(offsets[-1] - offsets[0]) + 1, np.uint64)
    count = tokenise(data, int(offsets[0]), int(offsets[1]), characters(), out)
    return [int(value) for value in out[:count]]


@settings(max_examples=120, deadline=None)
@given(TEXTS, TEXTS)
def test_compiled_tokens_are_equal_where_plain_ones_are(one: str, other: str) -> None:
    both = [plain_tokens(unicodedata.normalize("NFC", text).lower()) for text in (one, other)]
    hashes = [compiled_tokens(text) for text in (one, other)]
    assert [len(found) for found in hashes] == [len(found) for found in both]
    names: dict[str, int] = {}
    for tokens, found in zip(both, hashes, strict=True):
        for token, value in zip(tokens, found, strict=True):
            assert names.setdefault(token, value) == value
    assert len(set(names.values())) == len(names)


@settings(max_examples=200, deadline=None)
@given(st.text("abcdef0é", min_size=12, max_size=40), st.data())
def test_long_words_that_differ_in_a_character_or_two_are_not_the_same(word: str, data: st.DataObject) -> None:
    places = st.integers(0, len(word) - 1)
    other = list(word)
    for _ in range(data.draw(st.integers(1, 3))):
        other[data.draw(places)] = data.draw(st.sampled_from("abcdef0é"))
    assert (compiled_tokens(word) == compiled_tokens("".join(other))) == (word == "".join(other))


def test_words_whose_differences_lie_eight_bytes_apart_are_not_the_same() -> None:
    assert compiled_tokens("internationalisation") != compiled_tokens("internalionilisition")
    assert compiled_tokens("responsibilities") != compiled_tokens("responsebilutieo")


def test_symbols_count_so_that_sums_and_differences_differ() -> None:
    assert compiled_tokens("3+2") != compiled_tokens("3-2")
    assert compiled_tokens("Yes.") != compiled_tokens("Yes")


def test_case_white_space_and_unicode_form_do_not_count() -> None:
    assert compiled_tokens("Caf\u00e9  AU lait\n") == compiled_tokens("cafe\u0301 au\tLAIT")


def test_chinese_is_cut_by_character_and_mixed_text_by_both() -> None:
    assert len(compiled_tokens("我用Python写代码")) == 6


def jaccard_of(one: str, other: str, ngram: int) -> float:
    sets = []
    for text in (one, other):
        tokens = compiled_tokens(text)
        width = min(ngram, len(tokens))
        sets.append(
            {tuple(tokens[place : place + width]) for place in range(len(tokens) - width + 1)} if tokens else set()
        )
    union = sets[0] | sets[1]
    return len(sets[0] & sets[1]) / len(union) if union else 0.0


def test_signatures_estimate_the_similarity_as_well_as_theory_says() -> None:
    words = [f"w{number}" for number in range(200)]
    rows = [{"output": " ".join(words)}, {"output": " ".join([*words[:160], *[f"v{number}" for number in range(40)]])}]
    table = examples(rows).to_batches()[0]
    slopes, shifts = permutations(1024)
    signed = Shingler(5, FIELDS["output"])(table)
    sizes = signed.sizes[:, 0]
    sets = np.split(signed.shingles, [int(sizes[0])])
    signatures = [
        (slopes[:, None] * (part & np.uint64(0xFFFFFFFF)).astype(np.uint32)[None, :] + shifts[:, None]).min(axis=1)
        for part in sets
    ]
    true = jaccard_of(str(rows[0]["output"]), str(rows[1]["output"]), 5)
    estimate = float((signatures[0] == signatures[1]).mean())
    assert abs(estimate - true) < 4 * (true * (1 - true) / 1024) ** 0.5


def test_bands_find_pairs_at_the_threshold_with_the_recall_promised() -> None:
    for threshold in (0.5, 0.7, 0.8, 0.9, 0.95):
        config = DedupSettings(threshold=threshold)
        bands, rows = config.banding()
        assert rows * bands <= 128
        assert 1 - (1 - threshold**rows) ** bands >= 0.99
        more = rows + 1
        assert 1 - (1 - threshold**more) ** (128 // more) < 0.99


def test_small_sets_reach_the_threshold_only_by_being_equal() -> None:
    least = equal_below(0.8)
    assert 3 < least < 4  # four of five shingles reach 0.8, three of four do not
    assert equal_below(1.0) > 1e9


@pytest.mark.parametrize("wrong", [{"threshold": 0}, {"threshold": 1.5}, {"ngram": 0}, {"permutations": 0}])
def test_settings_that_can_not_be_meant_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=re.compile("threshold|shingle|permutations")):
        DedupSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("idle", "missing"),
    [
        ({"repeats": "drop"}, "--sentences or --substring"),
        ({"overlap": 8}, "--against"),
        ({"bands": 10, "search": "exhaustive"}, "leave out --exhaustive"),
        ({"rows_per_band": 4, "exact": True}, "leave out --exhaustive and --exact"),
        ({"search": "lsh", "exact": True}, "leave out --exhaustive and --lsh"),
    ],
)
def test_settings_without_effect_are_refused(idle: dict[str, Any], missing: str) -> None:
    with pytest.raises(UsageError, match=missing):
        DedupSettings(**idle)
