"""Names as they stand in a sentence: whole, and none inside another."""

import pytest

from instructkit.templating.pretext.language import chinese
from instructkit.templating.pretext.language.mention import Mention, apart


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("总统伊·万和平相处。", ["伊·万"]),  # 和 begins 和平
        ("拉里·伯德合约期满。", ["拉里·伯德"]),
        ("约翰·达到了北京。", ["北京"]),  # 达 begins 达到: what is left of the name is no whole one
        ("索尼次子，赫舍里·索额图，继承爵位。", []),  # 额 spells no names
    ],
)
def test_a_foreign_name_ends_with_a_word_and_has_a_part_on_each_side_of_its_dot(
    sentence: str, names: list[str]
) -> None:
    assert [one.text for one in chinese.mentions(sentence)] == names


def test_of_mentions_that_overlap_the_first_stays_and_of_two_that_begin_together_the_longer() -> None:
    whole = Mention("New York Times", "organisation", 4)
    inside = Mention("York", "place", 8)
    shorter = Mention("New York", "place", 4)
    behind = Mention("1999", "year", 18)
    assert apart([behind, inside, shorter, whole]) == [whole, behind]
