"""Whether a text is unlike all of a growing pool, by ROUGE-L as Self-Instruct does (Wang et al. 2022, section 2.2)."""

from dataclasses import dataclass

from instructkit.generation.rouge.pool import Pool
from instructkit.generation.rouge.tokens import tokens_of


@dataclass(frozen=True)
class Nearest:
    """The text of a pool that another is most alike."""

    text: str
    index: int  # of the texts as they were added, from 0
    score: float  # ROUGE-L F1, in (0, 1]


class Novelty:
    """A growing pool of texts, and whether a new one is unlike all of them.

    Two texts are alike when the F1 of ROUGE-L is above ``threshold``. Score and decision are those of
    ``rouge_score.rouge_scorer.RougeScorer(["rougeL"])`` to the bit; scripts that it can't see are compared too, Chinese
    by characters (see `tokens_of`). A text without any token is novel.

    Memory: the texts, and of each 28 bytes and 8 for each token. One thread at a time may ask or add.

    Raises `UsageError` for a threshold that is not above 0 and up to 1.

    >>> pool = Novelty()
    >>> pool.add("Write a short story about a dragon.")
    >>> pool.nearest("Write a short story about a cat!")
    Nearest(text='Write a short story about a dragon.', index=0, score=0.8571428571428571)
    >>> pool.nearest("Name three rivers.") is None
    True
    """

    def __init__(self, threshold: float = 0.7) -> None:
        self._pool = Pool(threshold)
        self._texts: list[str] = []

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str) -> None:
        """Add a text, novel or not."""
        self._pool.add(tokens_of(text))
        self._texts.append(text)

    def nearest(self, text: str) -> Nearest | None:
        """The text of the pool with the highest ROUGE-L F1, of several the one added first; None where it is novel."""
        found = self._pool.nearest(tokens_of(text))
        return None if found is None else Nearest(self._texts[found[0]], *found)
