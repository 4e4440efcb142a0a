"""Drop a prompt that begins like an earlier one (Ouyang et al. 2022, appendix A: a long common prefix)."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.hashing import Hashes, draw, row_ids

TOLD = "^[a-z-]+:"  # the template of an example whose last turn before the answer is no user's: messages:tool
LONGEST = (1 << 31) - 1  # bytes of an Arrow text: no prompt has more characters
Mask = npt.NDArray[np.bool_]


def fold(texts: pa.StringArray) -> pa.StringArray:
    """Texts in lower case and NFC, with single spaces where there was white space and none at the ends."""
    lower = pc.utf8_normalize(pc.utf8_lower(texts), form="NFC")
    return pc.utf8_trim_whitespace(pc.binary_join(pc.utf8_split_whitespace(lower), " "))


class Prefixes:
    """The beginnings of the prompts so far: 8 bytes for each that was new, 24 while they are merged."""

    def __init__(self, length: int) -> None:
        self.length = min(length, LONGEST)
        self._runs: list[Hashes] = []  # sorted, each at least twice as long as the next

    def fresh_examples(self, examples: pa.RecordBatch) -> Mask:
        """Which examples begin as none before; the prompt is the user's turn: instruction and input."""
        prompts = pc.binary_join_element_wise(examples.column("instruction"), examples.column("input"), "\n")
        return self.fresh(
            prompts, examples.column("history"), pc.match_substring_regex(examples.column("template"), TOLD)
        )

    def fresh(
        self, prompts: pa.StringArray, history: pa.ListArray | None = None, told: pa.BooleanArray | None = None
    ) -> Mask:
        """Which prompts begin as none before.

        One shorter than ``length`` characters counts whole, and with the turns before it: a "Why?" after another
        answer is another prompt. So does a turn that was ``told`` by a tool, which is no prompt of a user.
        """
        folded = fold(prompts)
        begins = pc.utf8_slice_codeunits(folded, 0, self.length)
        if history is not None:
            whole = pc.less(pc.utf8_length(folded), self.length)
            whole = whole if told is None else pc.or_(whole, told)
            after = pc.and_(whole, pc.greater(pc.list_value_length(history), 0))
            if pc.any(after).as_py():
                turns = row_ids([history], len(history))
                begins = pc.if_else(after, pc.binary_join_element_wise(folded, turns, "\x1f"), begins)
        return self._new(draw(begins, 0, "common prefix"))

    def _new(self, hashes: Hashes) -> Mask:
        values, first = np.unique(hashes, return_index=True)
        new = np.ones(len(values), bool)
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, values), len(run) - 1)
            new &= run[at] != values
        mask = np.zeros(len(hashes), bool)
        mask[first[new]] = True
        if new.any():
            self._runs.append(values[new])
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [np.sort(np.concatenate(self._runs[-2:]), kind="stable")]
        return mask
