"""Counts of the n-grams of characters in clean text, of bounded number."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

U64 = npt.NDArray[np.uint64]
START = 1  # stands before and after each text, as a character no text has
BASE, GROWTH = np.uint64(0xD1342543DE82EF95), np.uint64(0x9E3779B97F4A7C15)
_MERGE = 1 << 22  # new n-grams of an order that are gathered before they are added up


def characters(texts: pa.StringArray) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The characters of texts, white space as one space, each text between two `START`; and where each begins."""
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"[\s\x{3000}\x{a0}]+", " "))
    joined = "".join(f"\x01{text}\x01" for text in plain.to_pylist())
    points = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    lengths = pc.utf8_length(plain).to_numpy(zero_copy_only=False).astype(np.int64) + 2
    return points, np.concatenate([[0], np.cumsum(lengths)])


def grams(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], size: int
) -> tuple[U64, npt.NDArray[np.bool_]]:
    """The hash of the n-gram that ends at each character, and whether its text has so many characters before it."""
    scrambled = (points.astype(np.uint64) + np.uint64(1)) * GROWTH
    value = scrambled.copy()
    for back in range(1, size):
        value[back:] = value[back:] * BASE + (scrambled[:-back] ^ (scrambled[:-back] >> np.uint64(31)))
    value ^= value >> np.uint64(29)
    place = np.arange(len(points)) - np.repeat(starts[:-1], np.diff(starts))
    return value * GROWTH, place >= size - 1


@dataclass
class Counted:
    """Distinct n-grams of an order, how often each stands, and of each its context and the n-gram one shorter.

    What is found is added up now and then, and rare n-grams go where there are too many, so that memory is bounded.
    """

    most: int  # distinct n-grams that are kept
    rows: U64 = field(default_factory=lambda: np.zeros((3, 0), np.uint64))  # n-gram, context, the shorter n-gram
    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    waiting: list[U64] = field(default_factory=list)
    left_out: int = 0  # n-grams that stood so often or less were left out at some time

    def add(self, found: U64) -> None:
        """Count n-grams: (3, n), as in ``rows``."""
        self.waiting.append(found)
        if sum(one.shape[1] for one in self.waiting) >= _MERGE:
            self.merge()

    def merge(self) -> None:
        """Add up what waits."""
        every = np.concatenate([self.rows, *self.waiting], axis=1)
        counts = np.concatenate([self.counts, np.ones(every.shape[1] - len(self.counts), np.int64)])
        self.waiting = []
        _, first, places = np.unique(every[0], return_index=True, return_inverse=True)
        self.rows = every[:, first]
        self.counts = np.bincount(places, counts, len(first)).astype(np.int64)
        while len(self.counts) > self.most:
            self.left_out += 1
            kept = self.counts > self.left_out
            self.rows, self.counts = self.rows[:, kept], self.counts[kept]
