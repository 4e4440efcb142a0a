"""What is shown of a value: its form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.filters.pii import TYPES
from instructkit.filters.pii.naming import sample


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("EMAIL", "x@y.com", "***@***.com"),
        ("EMAIL", "ann@b.io", "a***@***.***"),
        ("EMAIL", "ann@localhost", "a***@***.***"),
        ("PHONE", "(415) 555-0132", "(***) ***-****"),
        ("PHONE", "+1 415 555 0132", "+*** *** *** ****"),
        ("PERSON", "王明", "***"),
        ("PERSON", "Jo Li", "*** ***"),
        ("PERSON", "Jane Li", "J*** ***"),
        ("PERSON", "राम", "र**"),
        ("IP", "10.0.0.1", "***.***.***.***"),
        ("ADDRESS", "5 Elm Street", "***"),
        ("KEY", "ab", "***"),
    ],
)
def test_a_short_part_shows_nothing(kind: str, value: str, shown: str) -> None:
    assert sample(kind, value) == shown


@given(st.sampled_from(TYPES), st.from_regex(r"[a-z0-9]{1,8}([ .:@/-][a-z0-9]{1,8}){0,3}", fullmatch=True))
def test_at_most_the_first_sign_of_a_value_is_shown(kind: str, value: str) -> None:
    shown = sample(kind, value)
    assert "***" in shown
    if kind != "EMAIL":
        assert sum(one.isalnum() for one in shown) <= 1
