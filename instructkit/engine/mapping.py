"""Run a row-wise step over a stream of batches, in order."""

import functools
import itertools
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import TypeVar, cast

import pyarrow as pa

from instructkit.engine.worth import note
from instructkit.errors import InstructkitError, RowFailed

Item = TypeVar("Item")
Result = TypeVar("Result")

LOOK_AHEAD = 2  # batches in flight for each worker: enough to keep them busy, small enough to bound memory
INLINE_ITEMS = 4  # run here before processes are started: a small input never waits for interpreters


def default_workers() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_batches(
    batches: Iterable[pa.RecordBatch],
    step: Callable[[pa.RecordBatch], Result],
    *,
    workers: int | None = None,
    processes: bool = False,
) -> Iterator[Result]:
    """Yield ``step(batch)`` for each batch, in the order of the batches.

    Threads serve a step that releases the GIL (Arrow kernels, compiled loops); ``processes=True`` serves
    one that holds it (Jinja): the step must then be picklable. The result does not depend on ``workers``.

    Raises `RowFailed`, naming the row (counted from 1), when the step fails in a way nobody foresaw.
    """
    return map_ordered(numbered(batches), functools.partial(_run, step), workers=workers, processes=processes)


def map_ordered(
    items: Iterable[Item],
    function: Callable[[Item], Result],
    *,
    workers: int | None = None,
    processes: bool = False,
) -> Iterator[Result]:
    """Yield ``function(item)`` in the order of the items, with at most ``LOOK_AHEAD`` items a worker in flight."""
    workers = workers or default_workers()
    items = iter(items)
    if workers == 1:
        yield from map(function, items)
        return
    # a small input never waits for a pool
    yield from map(function, itertools.islice(items, INLINE_ITEMS if processes else 1))
    second = next(items, None)
    if second is None:
        return
    pool = _pool(workers, processes)
    flying: deque[Future[Result]] = deque()
    try:
        for item in itertools.chain([second], items):
            flying.append(pool.submit(function, item))
            if len(flying) >= workers * LOOK_AHEAD:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, the next of them fetched by a thread while one is used: reading and writing at once."""
    pool = ThreadPoolExecutor(1)
    end = object()
    try:
        item = pool.submit(next, items, end)
        while (found := item.result()) is not end:
            item = pool.submit(next, items, end)
            yield cast(Item, found)
    finally:
        pool.shutdown()  # nobody else may touch the items while the thread does


def numbered(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Batches, each with the number of its first row."""
    start = 0
    for batch in batches:
        yield start, batch
        start += batch.num_rows


def _pool(workers: int, processes: bool) -> Executor:
    if not processes:
        return ThreadPoolExecutor(workers)
    import multiprocessing

    # spawn, not fork: Arrow's and numba's threads do not survive a fork
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_follow_parent)


def _follow_parent() -> None:
    """Leave Ctrl+C to the main process, and end with it: a killed one can't tell its workers."""
    import multiprocessing
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _run(step: Callable[[pa.RecordBatch], Result], placed: tuple[int, pa.RecordBatch]) -> Result:
    start, batch = placed
    note(batch.num_rows)
    try:
        return step(batch)
    except (InstructkitError, MemoryError):
        raise
    except Exception as error:
        raise RowFailed(_describe(step, batch, start, error)) from error


def _describe(step: Callable[[pa.RecordBatch], object], batch: pa.RecordBatch, start: int, error: Exception) -> str:
    """Find the row that fails by itself; the values of the row stay out of the message."""
    for row in range(batch.num_rows):
        try:
            step(batch.slice(row, 1))
        except Exception as alone:  # noqa: BLE001 - any error at all marks the row
            return f"row {start + row + 1} could not be processed ({type(alone).__name__}: {alone})"
    return f"rows {start + 1} to {start + batch.num_rows} could not be processed ({type(error).__name__}: {error})"
