"""The arrays that the parts of dedup hand to each other."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]  # numbers of rows
Mask = npt.NDArray[np.bool_]


@dataclass
class Shingled:
    """What a batch's rows are compared by."""

    exact: U64  # rows x 2: equal for equal texts; 0, 0 for a row without text
    shingles: U64  # each row's sets, field after field
    sizes: U32  # rows x fields: how many shingles each has
    runs: int = 0  # of tokens: the shingles of all rows, those that repeat in a row too

    @classmethod
    def sets(cls, shingles: U64, sizes: U32) -> "Shingled":
        """Sets alone, where the hashes are known already."""
        return cls(np.zeros((0, 2), np.uint64), shingles, sizes)


def band_file(band: int) -> str:
    """The file of a band's keys, one a row."""
    return f"band-{band}"
