"""How long rows are."""

import math

from hypothesis import given
from hypothesis import strategies as st

from instructkit.records.lengths import content_lengths, estimated_tokens
from tests.rows import examples

TEXT = st.text(max_size=8)
TURN = st.fixed_dictionaries({"role": st.just("user"), "content": TEXT})


@given(st.lists(st.tuples(TEXT, TEXT, st.lists(TURN, max_size=3)), min_size=1, max_size=5))
def test_all_texts_of_a_row_are_counted(rows: list[tuple[str, str, list[dict[str, str]]]]) -> None:
    table = examples([{"instruction": one, "system": two, "history": turns} for one, two, turns in rows])
    characters, size = content_lengths(table.to_batches()[0])
    texts = [one + two + "Done." + "".join(turn["content"] for turn in turns) for one, two, turns in rows]
    assert characters.tolist() == [len(text) for text in texts]
    assert size.tolist() == [len(text.encode()) for text in texts]


def test_tokens_are_estimated_by_script() -> None:
    assert estimated_tokens(8, 8) == 2  # ASCII
    assert estimated_tokens(10, 30) == 8  # Chinese
    assert estimated_tokens(0, 0) == 0
    assert estimated_tokens(14, 24) == math.ceil(9 / 4 + 5 * 0.8)  # five characters of three bytes among nine of one
