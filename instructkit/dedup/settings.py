"""What ``dedup`` may be told, and the numbers that follow from it."""

from dataclasses import dataclass, fields

from instructkit.errors import UsageError

HASHES = ("own", "datasketch", "datasketch-legacy")
SEARCHES = ("auto", "exhaustive", "lsh")
SHORTEST, LONGEST = 8, 13  # tokens of an overlap: Brown et al. 2020, appendix C
ROUNDING = 1e-9  # 55 of 100 are 0.55, though 0.55 * 100 is a little more to a float
RECALL = 0.99  # of the pairs that lie exactly at the threshold; those above it are found more surely


def _option(name: str, value: object) -> str:
    return f"--{value}" if name == "search" else f"--{name.replace('_', '-')}"


@dataclass(frozen=True)
class DedupSettings:
    """Which rows are the same."""

    threshold: float = 0.8  # Jaccard similarity of the shingle sets
    ngram: int = 5  # tokens a shingle
    permutations: int = 128  # values a MinHash signature
    bands: int | None = None  # of a signature; by the threshold where not given
    rows_per_band: int | None = None
    search: str = "auto"  # auto, exhaustive, lsh: how the pairs to compare are found
    keep: str = "first"  # of rows that are the same: first, longest, or COLUMN[:min|max]
    on: str = "all"  # all, prompt, instruction, input, output, or a column
    exact: bool = False  # only equal texts
    rouge: float | None = None  # equal texts, and those whose ROUGE-L F1 is above this; in place of the similarity
    against: tuple[str, ...] = ()  # evaluation files no row may overlap
    overlap: int = 13  # tokens of a run that a row must not share with them
    sentences: bool = False  # take out sentences that stand in an earlier row
    substring: int | None = None  # take out runs of so many tokens or more that stand before
    repeats: str = "cut"  # what becomes of those: cut out of the later text, or dropped with its row
    thresholds: tuple[float, ...] = ()  # also tell how many rows would leave at each of these
    explain: int = 0  # also tell so many of the pairs nearest to the threshold, on either side
    index: str | None = None  # a folder that remembers the rows of earlier runs
    hash: str = "own"  # own, datasketch, datasketch-legacy: how the signatures of an index are made

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise UsageError(f"the threshold is a similarity above 0 and up to 1, not {self.threshold}")
        for threshold in self.thresholds:
            if not 0 < threshold <= 1:
                raise UsageError(f"a threshold is a similarity above 0 and up to 1, not {threshold}")
        if self.hash not in HASHES:
            raise UsageError(f"signatures are made by {', '.join(HASHES)}, not {self.hash}")
        if self.hash != "own" and (self.index is None or self.on in ("all", "prompt")):
            raise UsageError(
                "signatures as datasketch makes them are for an index of one text a row: name both --index and --on"
            )
        if self.exact and (self.index is not None or self.thresholds or self.explain):
            raise UsageError("--exact compares no similarities: leave out --index, --thresholds and --explain")
        self._refuse_beside_rouge()
        if not SHORTEST <= self.overlap <= LONGEST:
            raise UsageError(f"an overlap is of {SHORTEST} to {LONGEST} tokens, not {self.overlap}")
        if self.ngram < 1:
            raise UsageError(f"a shingle has at least 1 token, not {self.ngram}")
        if not 1 <= self.permutations <= 4096:
            raise UsageError(f"a signature has 1 to 4096 permutations, not {self.permutations}")
        if (self.bands or 1) * (self.rows_per_band or 1) > self.permutations:
            raise UsageError(
                f"{self.bands or 1} bands of {self.rows_per_band or 1} values need more than the "
                f"{self.permutations} permutations"
            )
        if self.search not in SEARCHES:
            raise UsageError(f"pairs are sought by {', '.join(SEARCHES)}, not {self.search}")
        self._refuse_what_says_nothing()

    def _refuse_beside_rouge(self) -> None:
        """Raise `UsageError` for what is no similarity, and for settings of the other one beside it."""
        if self.rouge is None:
            return
        if not 0 < self.rouge <= 1:
            raise UsageError(f"--rouge is a similarity above 0 and up to 1, not {self.rouge}")
        of_jaccard = ("exact", "threshold", "ngram", "keep", "search", "permutations", "bands", "rows_per_band",
                      "thresholds", "explain", "index", "hash")  # fmt: skip
        defaults = {field.name: field.default for field in fields(self)}
        given = [name for name in of_jaccard if getattr(self, name) != defaults[name]]
        if given:
            names = " and ".join(_option(name, getattr(self, name)) for name in given)
            raise UsageError(f"--rouge compares by ROUGE-L in the order of the rows: leave out {names}")

    def _refuse_what_says_nothing(self) -> None:
        """Raise `UsageError` for settings without effect: who gave them expects one."""
        if self.repeats == "drop" and not self.sentences and self.substring is None:
            raise UsageError("--repeats is about passages: name --sentences or --substring N too")
        if self.overlap != LONGEST and not self.against:
            raise UsageError("--overlap is about evaluation files: name one with --against FILE too")
        if (self.bands or self.rows_per_band) and (self.exact or self.search == "exhaustive"):
            raise UsageError("bands are those of MinHash: leave out --exhaustive and --exact, or the bands")
        if self.exact and self.search != "auto":
            raise UsageError("--exact compares no similarities: leave out --exhaustive and --lsh")

    @property
    def near_reason(self) -> str:
        """What is said of a row that left because it is alike another, and not equal."""
        return "near_duplicate" if self.rouge is None else "rouge"

    def banding(self) -> tuple[int, int]:
        """How many bands a signature is cut into, and how many values each has.

        A pair of similarity s shares a band of r values with probability s^r, and one of b bands with
        1 - (1 - s^r)^b (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4.2). More values a band make
        fewer false candidates; all are verified anyway. So they are the most with which pairs at the threshold
        still meet with `RECALL`.
        """
        if self.bands is not None or self.rows_per_band is not None:
            rows = self.rows_per_band or self.permutations // (self.bands or 1)
            return self.bands or self.permutations // rows, rows
        for rows in range(self.permutations, 1, -1):
            bands = self.permutations // rows
            if 1 - (1 - self.threshold**rows) ** bands >= RECALL:
                return bands, rows
        return self.permutations, 1
