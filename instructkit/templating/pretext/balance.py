"""Labels given equally often: an example waits until one of each other label has come."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

WAITING = 10_000  # examples of one label that wait at most ...
WAITING_BYTES = 64 << 20  # ... and what they take together


@dataclass
class Balance:
    """Holds back what would make one label of a task more frequent than another."""

    labels: dict[str, tuple[str, ...]]  # of each balanced task
    waiting: dict[tuple[str, str], deque[pa.RecordBatch]] = field(default_factory=dict)
    held: dict[tuple[str, str], int] = field(default_factory=dict)  # bytes of those that wait

    def passed(
        self, examples: pa.RecordBatch, balanced: Sequence[tuple[str, str] | None]
    ) -> tuple[pa.RecordBatch, list[pa.RecordBatch]]:
        """The examples that may go on, in the order in which they may; and those for which there is no place left."""
        pieces: list[pa.RecordBatch] = []
        dropped: list[pa.RecordBatch] = []
        start = 0
        for row, key in enumerate(balanced):
            if key is None:
                continue
            pieces.append(examples.slice(start, row - start))
            start = row + 1
            queue = self.waiting.setdefault(key, deque())
            own = examples.take(pa.array([row]))  # a slice would keep all its batch
            if len(queue) == WAITING or self.held.get(key, 0) + own.nbytes > WAITING_BYTES:
                dropped.append(own)
                continue
            queue.append(own)
            self.held[key] = self.held.get(key, 0) + own.nbytes
            pieces += self._complete(key[0])
        pieces.append(examples.slice(start))
        return pa.concat_batches(pieces), dropped

    def _complete(self, task: str) -> Iterator[pa.RecordBatch]:
        queues = [self.waiting.get((task, label)) for label in self.labels[task]]
        if all(queues):
            for label, queue in zip(self.labels[task], queues, strict=True):
                if queue:
                    example = queue.popleft()
                    self.held[task, label] -= example.nbytes
                    yield example

    def left(self) -> Iterator[pa.RecordBatch]:
        """The examples that are still waiting at the end."""
        for queue in self.waiting.values():
            yield from queue
