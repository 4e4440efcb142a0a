"""The word lists: their form, and that none says two things at once."""

import unicodedata
from pathlib import Path

import pytest

from instructkit.templating import pretext

FOLDER = Path(pretext.__file__).parent / "words"
LEAST = {
    "zh_sentiment": 700, "zh_negations": 30, "zh_degrees": 50, "en_antonyms": 250, "zh_antonyms": 200,
    "en_synonyms": 200, "zh_synonyms": 200, "en_stopwords": 180, "zh_stopwords": 180, "en_abbreviations": 120,
    "en_adjectives": 400, "en_verbs_past": 500, "en_nouns_common": 400, "en_first_names": 300, "en_places": 500,
    "en_occupations": 200, "en_organisation_words": 50,
}  # fmt: skip
WITH_NUMBERS = ("zh_sentiment", "zh_degrees")
PAIRS = ("en_antonyms", "zh_antonyms", "en_verbs_past", *WITH_NUMBERS)


def lines(name: str) -> list[str]:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("# ")]


def groups(name: str) -> list[list[str]]:
    return [line.replace(">", "\t").split("\t") for line in lines(name)]


@pytest.mark.parametrize("name", LEAST)
def test_a_list_says_what_it_is_and_is_sorted_without_repeats(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "ritten for this project." in text
    assert text.endswith("\n")
    assert unicodedata.is_normalized("NFC", text)
    found = lines(name)
    assert found == sorted(set(found))
    assert len(found) >= LEAST[name]
    for group in groups(name):
        assert all(word and word == word.strip() for word in group), group
        assert len(set(group)) == len(group), group


@pytest.mark.parametrize("name", PAIRS)
def test_a_list_of_pairs_names_each_word_once(name: str) -> None:
    assert all(len(line.split("\t")) == 2 for line in lines(name))
    firsts = [group[0] for group in groups(name)]
    assert len(set(firsts)) == len(firsts)


@pytest.mark.parametrize("name", ["en_antonyms", "zh_antonyms"])
def test_an_opposite_leads_back(name: str) -> None:
    every = [word for group in groups(name) for word in group]
    assert len(set(every)) == len(every), "a word with two opposites would not lead back"
    assert all(len(word) > 1 for word in every)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_opposites_are_said_to_mean_the_same(language: str) -> None:
    same = [set(group) for group in groups(f"{language}_synonyms")]
    assert not [pair for pair in groups(f"{language}_antonyms") if any(set(pair) <= group for group in same)]


@pytest.mark.parametrize("name", ["en_synonyms", "zh_synonyms"])
def test_synonyms_are_groups_or_one_way(name: str) -> None:
    for line in lines(name):
        assert (line.count(">") == 1) != ("\t" in line), line
        assert name != "en_synonyms" or all(len(word.split()) <= 4 for word in line.replace(">", "\t").split("\t"))
    one_way = {tuple(line.split(">")) for line in lines(name) if ">" in line}
    assert not {(other, one) for one, other in one_way} & one_way, "two ways are a group"


def test_praise_and_blame_are_balanced_and_on_the_scale() -> None:
    valences = {word: float(value) for word, value in groups("zh_sentiment")}
    assert all(0 < abs(value) <= 4 for value in valences.values())
    praise = sum(value > 0 for value in valences.values())
    assert 0.4 < praise / len(valences) < 0.6
    assert all(len(word) > 1 for word in valences)
    assert all(0 < float(factor) < 2 for _, factor in groups("zh_degrees"))
    turning = set(lines("zh_negations"))
    assert not turning & (valences.keys() | {word for word, _ in groups("zh_degrees")})


def test_opposites_in_valence_are_never_the_same_word_and_judge_apart() -> None:
    valences = {word: float(value) for word, value in groups("zh_sentiment")}
    judged = [pair for pair in groups("zh_antonyms") if set(pair) <= valences.keys()]
    assert len(judged) > 20
    assert [pair for pair in judged if (valences[pair[0]] > 0) == (valences[pair[1]] > 0)] == []
    same = [[word for word in group if word in valences] for group in groups("zh_synonyms")]
    assert [group for group in same if len({valences[word] > 0 for word in group}) > 1] == []


def test_word_classes_do_not_share_words() -> None:
    adjectives, nouns = set(lines("en_adjectives")), set(lines("en_nouns_common"))
    stop = set(lines("en_stopwords"))
    assert not adjectives & nouns
    assert not (adjectives | nouns) & stop
    assert all(word == word.lower() for word in adjectives | nouns | stop | set(lines("en_occupations")))
    assert not {name.lower() for name in lines("en_first_names")} & (adjectives | nouns | stop)


def test_abbreviations_end_in_a_point() -> None:
    assert all(word.endswith(".") for word in lines("en_abbreviations"))


@pytest.mark.parametrize("word", ["的", "了", "在", "和", "因为"])
def test_common_function_words_are_there(word: str) -> None:
    assert word in lines("zh_stopwords")


def test_chinese_words_are_one_word_to_the_segmenter() -> None:
    rjieba = pytest.importorskip("rjieba")
    replaced = [group[:1] if ">" in line else group
                for line, group in zip(lines("zh_synonyms"), groups("zh_synonyms"), strict=True)]  # fmt: skip
    words = [word for group in (*replaced, *groups("zh_antonyms")) for word in group]
    words += [word for word, _ in groups("zh_sentiment")]
    assert [word for word in words if len(rjieba.cut(word, False)) != 1] == []
