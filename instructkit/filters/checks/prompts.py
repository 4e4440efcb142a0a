"""Prompts that have several answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from instructkit.filters.checks.noting import U64, Notes


@dataclass(frozen=True)
class Clash:
    """Rows of a task whose prompt has another answer elsewhere."""

    check: str
    task: int
    rows: npt.NDArray[np.int64]
    prompts: int
    detail: str


def clashes(notes: Notes) -> list[Clash]:
    """One prompt with two outputs, and prompts that differ in case, marks and spaces alone with different outputs."""
    same = _with_several(notes.prompt, notes.output)
    near = _with_several(notes.loose, notes.output) & ~same
    return [
        *_by_task(notes, "two_outputs", same, notes.prompt, "one prompt, different outputs"),
        *_by_task(notes, "near_equal_prompts", near, notes.loose,
                  "equal but for case, marks and spaces, different outputs"),
    ]  # fmt: skip


def _with_several(prompts: U64, outputs: U64) -> npt.NDArray[np.bool_]:
    """Rows whose prompt stands with an output other than theirs somewhere."""
    pairs = np.unique(np.stack([prompts, outputs], axis=1), axis=0) if len(prompts) else np.zeros((0, 2), np.uint64)
    several, counts = np.unique(pairs[:, 0], return_counts=True)
    found: npt.NDArray[np.bool_] = np.isin(prompts, several[counts > 1])
    return found


def _by_task(notes: Notes, check: str, chosen: npt.NDArray[np.bool_], prompts: U64, detail: str) -> list[Clash]:
    rows = np.flatnonzero(chosen)
    tasks = notes.task[rows]
    return [
        Clash(check, int(task), rows[tasks == task], len(np.unique(prompts[rows[tasks == task]])), detail)
        for task in np.unique(tasks)
    ]
