"""Which parents are turned round, where it is only a share of them: an exact one, whatever the order of the rows."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from instructkit.engine import Spool, map_batches
from instructkit.records.hashing import Hashes, draw
from instructkit.templating.inversion.examples import turn
from instructkit.templating.templates import Mask

_HELD = 1 << 16  # draws that wait before they are put to the others


@dataclass(frozen=True)
class Drawn:
    """The draws of all parents that have a row which can be turned round, lowest first; the first ``number`` won."""

    draws: Hashes
    number: int
    seed: int

    def passed_over(self, batch: pa.RecordBatch) -> Mask:
        """The rows of parents that could be turned round and were not drawn."""
        own = parent_draws(batch, self.seed)
        lost = self.draws[self.number :]
        if not len(lost):
            return np.zeros(batch.num_rows, bool)
        place = np.minimum(np.searchsorted(lost, own), len(lost) - 1)
        found: Mask = lost[place] == own
        return found


def parent_draws(batch: pa.RecordBatch, seed: int) -> Hashes:
    """The random number of each row's parent."""
    return draw(batch.column("parent"), seed, "inverted")


@contextmanager
def draw_parents(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, rate: float, seed: int, workers: int | None
) -> Iterator[tuple[Iterator[pa.RecordBatch], Drawn]]:
    """Look at all rows once, draw ``rate`` of the parents that can be turned round, and give the rows again.

    The rows wait on disk; what is held in memory are 8 bytes a parent.
    """
    with Spool(schema) as spool:

        def seen() -> Iterator[pa.RecordBatch]:
            for batch in batches:
                spool.append(batch)
                yield batch

        found = np.zeros(0, np.uint64)
        waiting: list[Hashes] = []
        for draws in map_batches(seen(), functools.partial(_can_be_turned, seed=seed), workers=workers):
            waiting.append(draws)
            if sum(map(len, waiting)) > max(_HELD, len(found)):
                found, waiting = np.unique(np.concatenate([found, *waiting])), []
        found = np.unique(np.concatenate([found, *waiting]))
        yield spool.batches(), Drawn(found, round(rate * len(found)), seed)


def _can_be_turned(batch: pa.RecordBatch, seed: int) -> Hashes:
    """The draws of the parents of which a row can be turned round."""
    found: Hashes = np.unique(parent_draws(batch, seed)[turn(batch, seed).rows])
    return found
