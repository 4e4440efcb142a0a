"""The script that trains the model keeps the trap lines out."""

import sys
from pathlib import Path
from typing import Any

import pytest

TRAINING = Path(__file__).parents[3] / "training"


@pytest.fixture(scope="module")
def script() -> Any:
    """The script, as a module."""
    pytest.importorskip("scipy")
    sys.path.insert(0, str(TRAINING))
    try:
        import toxicity

        return toxicity
    finally:
        sys.path.remove(str(TRAINING))


def test_a_trap_line_is_refused_in_any_spelling(script: Any) -> None:
    traps = script.trap_lines("en")
    text = script.Text(traps[0].upper() + " !!", 0, "frames", False, False)
    with pytest.raises(SystemExit, match="a trap line"):
        script.refuse_traps([text], traps)


@pytest.mark.parametrize("chinese", [False, True])
def test_no_frame_makes_a_trap_line(script: Any, chinese: bool) -> None:
    made = [*script.clean_frames(chinese, 0), *(text for text, _ in script.toxic_frames(chinese, 0))]
    assert len(made) > 5000
    traps = script.trap_lines("zh" if chinese else "en")
    script.refuse_traps([script.Text(text, 0, "frames", chinese, False) for text in made], traps)


def test_texts_near_a_held_out_one_are_left_out_of_training(script: Any) -> None:
    held = "The cat sat on the mat while the dog slept in the garden."
    near, far = held.replace("garden", "kitchen").upper(), "A wholly different sentence about trains and bridges."
    texts = [script.Text(text, 0, "surge", False, False) for text in (near, far)]
    assert [text.text for text in script.apart(texts, [held])] == [far]


@pytest.mark.parametrize("chinese", [False, True])
def test_no_held_out_plain_line_is_trained_on(script: Any, chinese: bool) -> None:
    lines = script.plain_lines(chinese, 0)
    held = {line.text.lower() for line in lines if line.held_out}
    made = script.made_texts(chinese, 0)
    assert len(lines) / 3 < len(held) < len(lines) * 2 / 3
    assert not held & {text.text.lower() for text in made}
    assert {line for line in lines if not line.held_out} <= set(made)
    traps = script.trap_lines("zh" if chinese else "en")
    script.refuse_traps(made, traps)


def test_a_text_is_left_out_for_any_held_out_one_however_many_share_more_with_it(script: Any) -> None:
    text = "abcdefghijklmnopq"  # twelve shingles
    longer = [f"{number}{number}{number}{number}{number}{number}abcdefghij{number}xyzxyzxyz" for number in range(6)]
    shorter = "klmnopqz"  # three shingles, of which two are shared
    texts = [script.Text(text, 0, "surge", False, False)]
    assert script.apart(texts, longer) == texts
    assert script.apart(texts, [*longer, shorter]) == []
