"""A pool's index by its rare tokens: made anew when the pool has grown by a share, so that each text costs little."""

from array import array

import numpy as np
import numpy.typing as npt

from instructkit.generation.rouge.index import build, sketch
from instructkit.generation.rouge.search import nearest

LATE, SHARE = 2_048, 16  # texts that wait for the index to be made anew: so many, or this part of those it has


class RareTokens:
    """See `search`; the pool itself is given with each question."""

    def __init__(self) -> None:
        self._order = np.zeros(0, np.int32)
        self._length_starts = np.zeros(2, np.int64)
        self._token_ends = np.zeros(0, np.int64)
        self._often = np.zeros(1, np.int64)  # texts of each token; the last for those that the index doesn't know
        self._postings = np.zeros(0, np.int32)
        self._bitmaps = np.zeros((0, 2), np.uint64)
        self._late = np.zeros((LATE, 2), np.uint64)
        self._sketched = 0

    def nearest(
        self, query: list[int], threshold: float, pool: "array[int]", pool_ends: "array[int]", *, words: int, most: int
    ) -> tuple[int, float] | None:
        """The number of the text most alike ``query``, the first of those, and their F1; None where none is above.

        ``query`` has token ids, -1 for words the pool doesn't have. The pool's texts stand one behind the other in
        ``pool``; they have ``words`` different tokens, and none has more than ``most``.
        """
        tokens, ends = np.frombuffer(pool, np.int32), np.frombuffer(pool_ends, np.int64)
        if len(ends) - 1 - len(self._order) > len(self._late):
            self._build(tokens, ends, words, most)
        self._sketched += sketch(tokens, ends, len(self._order) + self._sketched, self._late[self._sketched :])
        asked = np.array(query, np.int32)
        known = np.where(asked < len(self._token_ends), asked, -1)
        rarest = np.argsort(self._often[known], kind="stable")
        text, score = nearest(asked, rarest, threshold, most, tokens, ends, self._late, self._order,
                              self._length_starts, self._token_ends, self._postings, self._bitmaps)  # fmt: skip
        return (text, score) if text >= 0 else None

    def _build(self, tokens: npt.NDArray[np.int32], ends: npt.NDArray[np.int64], words: int, most: int) -> None:
        texts = len(ends) - 1
        self._order = np.empty(texts, np.int32)
        self._length_starts = np.empty(most + 2, np.int64)
        self._token_ends = np.empty(words, np.int64)
        self._bitmaps = np.empty((texts, 2), np.uint64)
        self._postings = np.empty(0, np.int32)  # so that the old ones are not held beside the new
        postings = np.empty(len(tokens), np.int32)
        made = build(tokens, ends, self._order, self._length_starts, self._token_ends, postings, self._bitmaps)
        self._postings = postings[:made].copy()
        self._often = np.append(np.diff(self._token_ends, prepend=0), 0)
        self._late = np.zeros((max(LATE, texts // SHARE), 2), np.uint64)
        self._sketched = 0
