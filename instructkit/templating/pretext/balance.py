"""Labels given equally often: an example waits until one of each other label has come."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

WAITING = 10_000  # examples of one label that wait at most


@dataclass
class Balance:
    """Holds back what would make one label of a task more frequent than another."""

    labels: dict[str, tuple[str, ...]]  # of each balanced task
    waiting: dict[tuple[str, str], deque[pa.RecordBatch]] = field(default_factory=dict)

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
            if len(queue) == WAITING:
                dropped.append(own)
                continue
            queue.append(own)
            pieces += self._complete(key[0])
        pieces.append(examples.slice(start))
        return pa.concat_batches(pieces), dropped

    def _complete(self, task: str) -> Iterator[pa.RecordBatch]:
        queues = [self.waiting.get((task, label)) for label in self.labels[task]]
        if all(queues):
            yield from (queue.popleft() for queue in queues if queue)

    def left(self) -> Iterator[pa.RecordBatch]:
        """The examples that are still waiting at the end."""
        for queue in self.waiting.values():
            yield from queue
