"""Structured answers that do not parse, and marks left open."""

import pytest

from instructkit.filters.rules.structure import why_no_json, why_no_xml, why_unbalanced

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb">'
    + "".join(
        f'<!ENTITY b{number} "&b{number - 1 if number else ""};&b{number - 1 if number else ""};">'
        for number in range(30)
    )
    + "]><a>&b29;</a>"
)


@pytest.mark.parametrize(
    "text", ["<a><b></a>", "<a>", "<list><item>one</item>", "```xml\n<a><b/></c>\n```", "<a x=1/>"]
)
def test_xml_that_does_not_parse_is_told(text: str) -> None:
    assert why_no_xml(text)


@pytest.mark.parametrize(
    "text",
    [
        "<a><b/></a>",
        '<?xml version="1.0"?>\n<a/>',
        "<a/><b/>",
        "<html><br></html>",
        "<!DOCTYPE html><p>",
        "```xml\n<a/>\n```",
        "<a>汉字 &amp; more</a>",
    ],
)
def test_xml_several_documents_and_html_pass(text: str) -> None:
    assert not why_no_xml(text)


def test_entities_are_never_expanded() -> None:
    assert why_no_xml(BOMB) == ""


@pytest.mark.parametrize("text", ["He said “no.", "参见《红楼梦", "a [list of {things}", "“一”和”二"])
def test_marks_that_do_not_come_out_even_are_told(text: str) -> None:
    assert why_unbalanced(text)


@pytest.mark.parametrize(
    "text",
    [
        "“Yes,” he said.",
        "1) one\n2) two :)",
        "“One.\n\n“Two.”",
        "```python\nprint('[')\nx = \"{\"\n```",
        "《论语》“学而”",
    ],
)
def test_marks_in_lists_quotations_and_literals_of_code_pass(text: str) -> None:
    assert not why_unbalanced(text)


@pytest.mark.parametrize("text", ['{"a":1}\n{"b":', '{"a":1}}} rubbish', "[1, 2", '{"a": 1}{'])
def test_json_of_which_more_follows_that_is_none_is_told(text: str) -> None:
    assert why_no_json(text)


@pytest.mark.parametrize("text", ['{"a":1}\n{"b":2}', '{"a": 1} is the answer.', "{'a': None}"])
def test_json_lines_words_after_it_and_literals_of_python_pass(text: str) -> None:
    assert not why_no_json(text)
