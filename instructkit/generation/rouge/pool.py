"""A growing pool of texts as tokens, and which of them has the highest ROUGE-L F1 with another."""

from array import array
from typing import TYPE_CHECKING

from instructkit.engine.worth import loaded, say_if_new
from instructkit.errors import UsageError
from instructkit.generation.rouge.score import f1, least_common

if TYPE_CHECKING:
    from instructkit.generation.rouge.rare_tokens import RareTokens

_LOOPS = "instructkit.generation.rouge.search"
PLAIN = 1_000_000  # comparisons by rapidfuzz, some half a second, after which the compiled loops win back their loading
_CHARACTERS = 0x10FFFF  # what Unicode has room for, and so the words that rapidfuzz is given as characters


class Pool:
    """Texts as lists of tokens, numbered from 0 as they are added.

    Of each token 8 bytes are kept, of each text 28 (in the compiled form; the plain one, for small pools, has about
    twice that), and each word once.
    """

    def __init__(self, threshold: float) -> None:
        if not 0 < threshold <= 1:
            raise UsageError(f"the threshold of ROUGE-L is a similarity above 0 and up to 1, not {threshold}")
        self.threshold = threshold
        self._words: dict[str, int] = {}
        self._tokens = array("i")
        self._ends = array("q", [0])
        self._most = 0  # tokens of a text
        self._compared = 0
        self._plain: list[str] = []
        self._compiled: RareTokens | None = None

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, tokens: list[str]) -> None:
        """Add a text; one without tokens is like no other."""
        words = self._words
        self._tokens.extend([words.setdefault(token, len(words)) for token in tokens])
        self._ends.append(len(self._tokens))
        self._most = max(self._most, len(tokens))

    def nearest(self, tokens: list[str]) -> tuple[int, float] | None:
        """The number of the text most alike, the first of those, and their F1; None where none is above."""
        query = [self._words.get(token, -1) for token in tokens]
        if not query or max(query) < 0:
            return None
        if self._compiled is None and not self._worth_compiling():
            return self._nearest_plain(query)
        if self._compiled is None:
            say_if_new()
            from instructkit.generation.rouge.rare_tokens import RareTokens

            self._compiled = RareTokens()
            self._plain.clear()
        return self._compiled.nearest(
            query, self.threshold, self._tokens, self._ends, words=len(self._words), most=self._most
        )

    def _worth_compiling(self) -> bool:
        self._compared += len(self)
        return loaded(_LOOPS) or self._compared > PLAIN or len(self._words) > _CHARACTERS

    def _nearest_plain(self, query: list[int]) -> tuple[int, float] | None:
        from rapidfuzz.distance.LCSseq import similarity

        for text in range(len(self._plain), len(self)):
            self._plain.append("".join(map(chr, self._tokens[self._ends[text] : self._ends[text + 1]])))
        size = len(query)
        one = "".join([chr(token) if token >= 0 else chr(_CHARACTERS) for token in query])
        least: dict[int, int] = {}
        best, score = -1, self.threshold
        for text, other in enumerate(self._plain):
            others = len(other)
            if others not in least:
                wanted = least_common(size, others, self.threshold) if others else size + 1
                least[others] = wanted if wanted <= others else size + 1
            wanted = least[others]
            if wanted > size:
                continue
            common = similarity(one, other, score_cutoff=wanted)
            if common and f1(common, size, others) > score:
                best, score = text, f1(common, size, others)
        return (best, score) if best >= 0 else None
