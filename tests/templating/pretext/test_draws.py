"""Random choices of the rules."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from instructkit.templating.pretext.draws import Draws


@settings(deadline=None)
@given(st.integers(), st.text(), st.lists(st.integers(), max_size=30), st.integers(0, 40))
def test_a_sample_holds_each_item_at_most_once(seed: int, key: str, items: list[int], number: int) -> None:
    taken = Draws(seed, key).sample(items, number)
    assert len(taken) == min(number, len(items))
    assert not Counter(taken) - Counter(items)
    assert Counter(Draws(seed, key).shuffled(items)) == Counter(items)


def test_draws_hang_on_seed_and_key_alone() -> None:
    assert [Draws(1, "a").bits() for _ in range(2)] == [Draws(1, "a").bits()] * 2
    assert len({Draws(seed, key).bits() for seed in (0, 1) for key in ("a", "b")}) == 4
    assert Draws(0, "a", "b").bits() != Draws(0, "ab").bits()


def test_every_item_is_chosen_equally_often() -> None:
    draws = Draws(0, "uniform")
    counts = Counter(draws.below(7) for _ in range(70_000))
    assert max(abs(count - 10_000) for count in counts.values()) < 500  # five standard deviations


def test_every_order_comes_up() -> None:
    draws = Draws(0, "orders")
    counts = Counter(tuple(draws.shuffled("abc")) for _ in range(6000))
    assert len(counts) == 6
    assert min(counts.values()) > 850
