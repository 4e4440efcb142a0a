"""What a document is, and which ones no task is made of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.pretext.document import Document

ENGLISH = (
    "The mill stood at the end of the valley for almost two hundred years. It was built by a family of carpenters "
    "from the town. They ground the flour of all the farms around it, and they were paid in bread. "
)
CHINESE = "这座磨坊在山谷尽头立了将近两百年。它是镇上一家木匠修建的。周围农户的麦子都在这里磨成面粉，报酬就是面包。"


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_prose_has_no_fault(text: str) -> None:
    assert Document(text).fault is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty_document"),
        (" \n\t ", "empty_document"),
        (ENGLISH + "\x00\x01\x02" * 20, "garbled"),
        (ENGLISH + " http://a.example www.b.example https://c.example" * 8, "many_links"),
        ("<div><p>" + ENGLISH + "</p><br><a>x</a><b>y</b></div>", "markup"),
        ("\n".join(f"| {place} | cell | cell |" for place in range(30)), "tables"),
        ("\n".join(f"{place}\t{place}\t{place}" for place in range(30)), "tables"),
        ("\n".join(["Home", "About us", "Contact", "Log in"] * 20), "lists"),
        (" ".join(str(number * 7919) for number in range(300)), "only_numbers"),
        (ENGLISH * 20, "repetitive"),
        (CHINESE * 40, "repetitive"),
        (
            "La maison était au bout de la vallée depuis presque deux cents ans, et personne ne venait.",
            "other_language",
        ),
        ("كان البيت في نهاية الوادي منذ مئتي عام، ولم يكن أحد يأتي إليه.", "other_language"),
        ("家は谷の終わりに二百年近く立っていました。だれも来ませんでした。", "other_language"),
        (ENGLISH.replace(".", ""), "no_sentence_end"),
        (CHINESE.replace("。", ""), "no_sentence_end"),
    ],
)
def test_what_no_task_is_made_of_is_told_by_its_reason(text: str, reason: str) -> None:
    fault = Document(text).fault
    assert fault is not None
    assert fault[0] == reason


def test_a_program_is_code_and_prose_about_one_is_not() -> None:
    code = 'import os\n\n\ndef size(path):\n    """Give the size."""\n    return os.stat(path).st_size\n'
    assert Document(code).is_code
    assert Document(code).fault is None
    assert not Document(ENGLISH).is_code
    assert not Document(
        "We import tea (def not coffee) and return {empty} crates.\nIt is sold here.\nThat is all."
    ).is_code


@settings(deadline=None)
@given(st.text(alphabet="ab .。\n中文", min_size=1, max_size=40).map(lambda text: text * 400))
def test_the_passages_of_a_document_are_its_text(text: str) -> None:
    document = Document(text)
    assert "".join(document.passage(place).text for place in range(document.passages)) == text
    one = Document(text).passage(document.passages - 1).text  # read without those before
    assert one == document.passage(document.passages - 1).text


def test_passages_begin_where_a_sentence_does() -> None:
    document = Document(ENGLISH * 200)
    assert document.passages > 10
    assert all(document.passage(place).text.startswith(("The ", "It ", "They ")) for place in range(document.passages))
