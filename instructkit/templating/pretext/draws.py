"""Random choices of a rule: each a hash of the seed, the document and the purpose."""

from collections.abc import Sequence
from typing import TypeVar

import xxhash

Item = TypeVar("Item")

_MASK = 2**64 - 1
_GAMMA = 0x9E3779B97F4A7C15  # SplitMix64's increment (Steele et al. 2014)


class Draws:
    """A stream of random numbers that depends on its key alone: SplitMix64."""

    def __init__(self, seed: int, *key: str) -> None:
        self._state = xxhash.xxh3_64_intdigest("\x1f".join(key).encode("utf-8", "surrogatepass"), seed & _MASK)

    def bits(self) -> int:
        """64 random bits."""
        self._state = (self._state + _GAMMA) & _MASK
        value = self._state
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
        return value ^ (value >> 31)

    def below(self, number: int) -> int:
        """A number from 0 to ``number`` - 1."""
        return self.bits() * number >> 64

    def chance(self, share: float) -> bool:
        """True in this share of the draws."""
        return self.bits() < share * 2**64

    def choose(self, items: Sequence[Item]) -> Item:
        """One of the items, of which there must be one."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in random order (Fisher and Yates)."""
        found = list(items)
        for place in range(len(found) - 1, 0, -1):
            other = self.below(place + 1)
            found[place], found[other] = found[other], found[place]
        return found

    def sample(self, items: Sequence[Item], number: int) -> list[Item]:
        """Some of the items, each at most once, in random order; all where there are fewer."""
        found = list(items)
        number = min(number, len(found))
        for place in range(number):
            other = place + self.below(len(found) - place)
            found[place], found[other] = found[other], found[place]
        return found[:number]
