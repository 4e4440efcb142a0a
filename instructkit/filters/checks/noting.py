"""A few numbers of each row, by which all rows are compared: some 30 bytes a row."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.hashing import draw, row_ids

PROMPT = ("system", "history", "instruction", "input")
U64 = npt.NDArray[np.uint64]
_NOT_A_LETTER = r"[^\p{L}\p{N}]+"


@dataclass
class Notes:
    """Of each row: its task, and hashes of its prompt, of its prompt's letters and digits alone, and of its output."""

    tasks: list[str] = field(default_factory=list)  # by number
    task: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    prompt: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))
    loose: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))
    output: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))

    @property
    def rows(self) -> int:
        """How many rows were noted."""
        return len(self.prompt)


class Noting:
    """Gathers the notes of a stream."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._parts: list[tuple[npt.NDArray[np.int32], U64, U64, U64]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Note the rows of a batch."""
        known = pc.dictionary_encode(batch.column("task"))
        numbers = [self._numbers.setdefault(task, len(self._numbers)) for task in known.dictionary.to_pylist()]
        tasks = np.array(numbers, np.int32)[known.indices.to_numpy()]
        prompts = row_ids([batch.column(name) for name in PROMPT], batch.num_rows)
        earlier = row_ids([batch.column(name) for name in ("system", "history")], batch.num_rows)
        letters = [
            pc.utf8_lower(pc.replace_substring_regex(batch.column(name), _NOT_A_LETTER, " "))
            for name in ("instruction", "input")
        ]
        loose = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*letters, " "))
        loose = pc.binary_join_element_wise(earlier, pc.replace_substring_regex(loose, " +", " "), "\x1f")
        output = pc.utf8_trim_whitespace(batch.column("output"))
        self._parts.append((tasks, *(draw(column, 0, "check") for column in (prompts, loose, output))))

    def notes(self) -> Notes:
        """All that was noted."""
        if not self._parts:
            return Notes()
        return Notes(list(self._numbers), *(np.concatenate(part) for part in zip(*self._parts, strict=True)))
