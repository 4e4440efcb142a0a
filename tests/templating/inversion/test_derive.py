"""What a task asks for when it is turned round, and in which words."""

import re

import pytest

from instructkit.errors import UsageError
from instructkit.templating.inversion.derive import derive, derived, invert_pack
from instructkit.templating.inversion.kinds import Given, Inversion, kinds, word_phrasings
from instructkit.templating.library.packs import Pack, Phrasing, Role, load_pack, tasks
from instructkit.templating.rendering.render import template

DECIDED = {
    "sentiment": "text from label (text-of-label)",
    "nli": "rationale from premise and hypothesis and label (rationale); hypothesis from premise and label "
    "(text-of-label)",
    "arithmetic": "rationale from question and answer (rationale); question from rationale and answer (question)",
    "reading-comprehension": "question from context and answer (question)",
    "closed-book-question-answering": "question from answer (question-of-answer)",
    "multiple-choice-question-answering": "rationale from question and choices and answer (rationale); "
    "question from choices and answer (question)",
    "translation": "source from target (source-of-translation)",
    "summarization": "document from summary (source-of-summary)",
    "dialogue-reply": "dialogue from reply (earlier-turn)",
    "story-completion": "beginning from ending (beginning)",
    "code-generation": "description from code (source)",
    "toxicity-classification": "none: a text asked for by its label would be abuse",
}


@pytest.mark.parametrize(("task", "said"), DECIDED.items())
def test_what_a_task_asks_for_is_decided_by_its_roles(task: str, said: str) -> None:
    assert derived(task).said == said


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_kind_has_ten_phrasings_in_each_language(kind: object, language: str) -> None:
    found = {name: texts for name, texts in kind.phrasings.items() if texts[0] == language}  # type: ignore[attr-defined]
    assert len(found) >= 10
    assert len(set(found.values())) == len(found)
    for name, (_, instruction, given) in found.items():
        assert name.startswith(f"{language}-")
        assert re.search(r"\{(main|given)\}", instruction + given), name


@pytest.mark.parametrize("task", tasks())
def test_what_is_asked_for_is_in_no_prompt_and_all_that_is_given_is(task: str) -> None:
    pack = load_pack(task)
    lists = {role.name for role in pack.roles.values() if role.is_list}
    found = derived(task)
    assert bool(found.inversions) != bool(found.why_none)
    names = [phrasing.name for phrasing in found.pack.phrasings]
    assert len(set(names)) == len(names)
    for phrasing in found.pack.phrasings:
        inversion = phrasing.inversion  # type: ignore[attr-defined]
        given = template(phrasing.instruction).names | template(phrasing.input).names
        needed = {"option_lines" if name in lists else name for name in (*inversion.given, inversion.main)}
        assert given == needed, phrasing.name
        assert template(phrasing.output).names == {inversion.asked}
        assert phrasing.instruction.strip() == phrasing.instruction != ""
        assert not re.search(r"(?<!\{)\{(a )?\w+\}(?!\})", phrasing.instruction + phrasing.input), "a slot is left"


@pytest.mark.parametrize("task", tasks())
def test_a_role_is_called_by_a_noun_in_both_languages(task: str) -> None:
    for role in load_pack(task).roles.values():
        assert set(role.called) == {"en", "zh"}, role.name
        assert role.called["en"].isascii()
        assert not re.match(r"(a|an|the) ", role.called["en"])
        assert re.search(r"[\u4e00-\u9fff]", role.called["zh"])


@pytest.mark.parametrize("task", tasks())
def test_rows_that_must_show_a_role_find_phrasings_with_and_without_it(task: str) -> None:
    for role in load_pack(task).roles.values():
        used = [role.name in template(one.instruction).names | template(one.input).names
                for one in derived(task).pack.phrasings]  # fmt: skip
        if role.always and used:
            assert any(used)
            assert not all(used)


def test_a_number_alone_determines_no_question() -> None:
    with pytest.raises(
        UsageError, match="arithmetic can't be inverted from question, answer alone; it can give ration"
    ):
        invert_pack(load_pack("arithmetic"), ["question", "answer"])
    asks = [one for one in derived("arithmetic").inversions if one.asked == "question"]
    assert asks
    assert all("rationale" in one.given for one in asks)


def test_a_task_that_cannot_be_turned_round_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError, match="toxicity-classification can't be inverted: a text asked for by its label"):
        invert_pack(load_pack("toxicity-classification"), ["text", "label"])
    silent = Pack("t", "t", {"a": Role("a", "a")}, (Phrasing("en-x", "en", "Say something.", "", "{{ a }}"),), ())
    assert derive(silent).why_none == "its prompts hold no text that could be asked for"
    pair = Pack("t", "t", {"a": Role("a", "a"), "b": Role("b", "b")},
                (Phrasing("en-x", "en", "{{ a }}", "", "{{ b }}"),
                 Phrasing("en-y", "en", "{{ b }}", "", "{{ a }}")), ())  # fmt: skip
    assert derive(pair).why_none == "no role stands in all of its outputs"


@pytest.mark.parametrize(
    ("noun", "said"),
    [("review", "a review"), ("answer", "an answer"), ("user message", "a user message"), ("unit", "a unit"),
     ("highlights", "some highlights"), ("analysis", "an analysis")],
)  # fmt: skip
def test_a_noun_has_its_article(noun: str, said: str) -> None:
    made = word_phrasings(Inversion("source", "x", "y"), {"en": noun}, Given({"en": "result"}, "{{ y }}"), ())
    (command,) = [one for one in made if one.name.endswith("en-command")]
    assert command.instruction == f"Write {said} that goes with this result."


def test_a_noun_of_a_strange_file_is_no_template() -> None:
    made = word_phrasings(Inversion("source", "x", "y"), {"en": "{{ 7*7 }}"}, Given({"en": "{% r %}"}, "{{ y }}"), ())
    assert all(template(one.instruction).names | template(one.input).names == {"y"} for one in made)
