"""What a grain of repeats is: sentences or substrings."""

from typing import Protocol

import pyarrow as pa

from instructkit.dedup.arrays import I64, Mask
from instructkit.dedup.passages.entries import Keys
from instructkit.dedup.passages.repeats import Found
from instructkit.dedup.passages.tokens import Tokens


class Grain(Protocol):
    """What may repeat in a text, as keys."""

    @property
    def least(self) -> int:
        """The tokens a repeat has at least."""

    @property
    def share(self) -> float:
        """A row is dropped when more of its tokens than this share are repeats."""

    @property
    def joins(self) -> bool:
        """Whether what repeats goes on from one key to the next."""

    @property
    def changed(self) -> str:
        """What is counted where a text is cut."""

    @property
    def dropped(self) -> str:
        """The reason why a row is dropped."""

    def keys(self, texts: pa.StringArray) -> Keys:
        """The keys of what may repeat, row by row."""

    def runs(self, tokens: Tokens, rows: I64, places: I64) -> tuple[I64, I64]:
        """The first and the last token (exclusive) of keys, by row and place in the row."""

    def are_repeats(self, found: Found, within: bool) -> Mask:
        """Which keys found are repeats; of those that stand first in the same row, only some and only ``within``."""
