"""What ``dedup`` may be told, and the numbers that follow from it."""

from dataclasses import dataclass

from instructkit.errors import UsageError

RECALL = 0.99  # of the pairs that lie exactly at the threshold; those above it are found more surely


@dataclass(frozen=True)
class DedupSettings:
    """Which rows are the same."""

    threshold: float = 0.8  # Jaccard similarity of the shingle sets
    ngram: int = 5  # tokens a shingle
    permutations: int = 128  # values a MinHash signature
    on: str = "all"  # all, prompt, instruction, input, output, or a column
    exact: bool = False  # only equal texts
    against: tuple[str, ...] = ()  # evaluation files no row may overlap

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise UsageError(f"the threshold is a similarity above 0 and up to 1, not {self.threshold}")
        if self.ngram < 1:
            raise UsageError(f"a shingle has at least 1 token, not {self.ngram}")
        if not 1 <= self.permutations <= 4096:
            raise UsageError(f"a signature has 1 to 4096 permutations, not {self.permutations}")

    @property
    def rows_per_band(self) -> int:
        """The most rows a band may have that pairs at the threshold still meet in one with `RECALL`.

        A pair of similarity s shares a band of r rows with probability s^r, and one of b bands with
        1 - (1 - s^r)^b (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4.2). More rows a band make
        fewer false candidates; all are verified anyway.
        """
        for rows in range(self.permutations, 1, -1):
            bands = self.permutations // rows
            if 1 - (1 - self.threshold**rows) ** bands >= RECALL:
                return rows
        return 1

    @property
    def bands(self) -> int:
        """How many bands the signature gives."""
        return self.permutations // self.rows_per_band
