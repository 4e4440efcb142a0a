"""The pool that new tasks are drawn from and held against: the seeds, and what was kept so far."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from instructkit.generation.bootstrapping.seeds import Seed
from instructkit.generation.novelty import Nearest, Novelty
from instructkit.records.hashing import redraw, scramble

Item = TypeVar("Item")


class Pool:
    """Seeds and kept tasks. ``novelty`` is the ROUGE-L F1 above which a task is like another; None: only equal ones."""

    def __init__(self, seeds: Sequence[Seed], seed: int, novelty: float | None) -> None:
        self.seeds = list(seeds)
        self.kept: list[Seed] = []
        self._seed = seed
        self.novelty = novelty
        self._novelty = Novelty(novelty) if novelty is not None else None
        self._known: set[tuple[str, str]] = set()
        for task in seeds:
            self._remember(task)

    def _remember(self, task: Seed) -> None:
        self._known.update((_folded(task.instruction), _folded(given)) for given, _ in task.examples or (("", ""),))
        if self._novelty is not None:
            self._novelty.add(task.instruction)

    def keep(self, task: Seed) -> None:
        """Add a new task."""
        self.kept.append(task)
        self._remember(task)

    def nearest(self, instruction: str) -> Nearest | None:
        """The task of the pool that is too like this one, if any."""
        return None if self._novelty is None else self._novelty.nearest(instruction)

    def holds(self, instruction: str, given: str) -> bool:
        """Whether an equal task with an equal input is there."""
        return (_folded(instruction), _folded(given)) in self._known

    def draw(self, items: Sequence[Item], count: int, purpose: str) -> list[Item]:
        """Up to ``count`` of the items in random order, by the run's seed and the purpose alone."""
        return drawn(items, count, self._seed, purpose)


def drawn(items: Sequence[Item], count: int, seed: int, purpose: str) -> list[Item]:
    """Up to ``count`` items without repeats, in random order: those of the smallest hash of (seed, purpose, place)."""
    keys = redraw(scramble(np.arange(len(items), dtype=np.uint64)), seed, purpose)
    return [items[place] for place in np.argsort(keys, kind="stable")[:count]]


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
