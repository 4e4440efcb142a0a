"""Steps over threads and processes: in order, bounded, with the row named that fails."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from instructkit.engine.mapping import INLINE_ITEMS, LOOK_AHEAD, ahead, map_batches, map_ordered
from instructkit.errors import BadInput, RowFailed
from tests.conftest import wait_until

WAYS = [(1, False), (2, False), (5, False), (2, True)]


def batches(count: int, rows: int = 3) -> Iterator[pa.RecordBatch]:
    for number in range(count):
        yield pa.record_batch({"n": pa.array(range(number * rows, (number + 1) * rows), pa.int64())})


def slow_at_first(batch: pa.RecordBatch) -> list[int]:
    """The earlier a batch, the longer it takes: without care the last would be first."""
    first = batch.column("n")[0].as_py()
    time.sleep(max(0.0, 0.02 - first / 1000))
    return [2 * value for value in batch.column("n").to_pylist()]


def fails_at_16(batch: pa.RecordBatch) -> pa.RecordBatch:
    if 16 in batch.column("n").to_pylist():
        raise ZeroDivisionError("no such number")
    return batch


def raises_its_own(batch: pa.RecordBatch) -> pa.RecordBatch:
    raise BadInput("a.jsonl is not what it claims")


def process_of(_: object) -> int:
    return os.getpid()


@pytest.mark.parametrize(("workers", "processes"), WAYS)
def test_results_come_in_the_order_of_the_batches(workers: int, processes: bool) -> None:
    found = list(map_batches(batches(12), slow_at_first, workers=workers, processes=processes))
    assert [value for part in found for value in part] == [2 * number for number in range(36)]


@pytest.mark.parametrize(("workers", "processes"), WAYS)
def test_a_failing_row_is_named_by_its_number_in_the_stream(workers: int, processes: bool) -> None:
    results = map_batches(batches(9), fails_at_16, workers=workers, processes=processes)
    assert [next(results).num_rows for _ in range(5)] == [3] * 5  # the batches before it come through
    with pytest.raises(RowFailed, match=r"^row 17 could not be processed \(ZeroDivisionError: no such number\)$"):
        next(results)


@pytest.mark.parametrize(("workers", "processes"), WAYS)
def test_an_error_of_ours_passes_as_it_is(workers: int, processes: bool) -> None:
    with pytest.raises(BadInput, match="not what it claims"):
        list(map_batches(batches(9), raises_its_own, workers=workers, processes=processes))


def test_an_error_that_needs_the_whole_batch_names_its_rows() -> None:
    def odd(batch: pa.RecordBatch) -> None:
        if batch.num_rows > 1:
            raise ValueError("too many")

    with pytest.raises(RowFailed, match=r"^rows 1 to 3 could not be processed"):
        list(map_batches(batches(1), odd, workers=1))


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_few_batches_are_taken_ahead_of_the_consumer(workers: int) -> None:
    taken = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal taken
        for batch in batches(1000):
            taken += 1
            yield batch

    results = map_batches(counted(), lambda batch: batch.num_rows, workers=workers)
    for given in range(1, 30):
        next(results)
        assert taken <= given + (0 if workers == 1 else workers * LOOK_AHEAD)
    results.close()  # type: ignore[attr-defined]


def test_nothing_is_taken_before_the_first_result_is_wanted() -> None:
    taken = []
    results = map_ordered((taken.append(number) or number for number in range(9)), str, workers=2)
    assert taken == []
    next(results)
    assert len(taken) == 1, "a small input never waits for a pool"


def test_a_small_input_starts_no_process() -> None:
    found = list(map_ordered(range(INLINE_ITEMS), process_of, workers=2, processes=True))
    assert set(found) == {os.getpid()}


def test_closing_early_stops_the_threads() -> None:
    before = set(threading.enumerate())
    started = threading.Event()

    def work(number: int) -> int:
        started.set()
        time.sleep(0.01)
        return number

    results = map_ordered(iter(range(10**9)), work, workers=3)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    results.close()  # type: ignore[attr-defined]
    assert started.is_set()
    wait_until(lambda: not set(threading.enumerate()) - before)


def test_closing_early_stops_the_processes() -> None:
    results = map_ordered(iter(range(10**9)), process_of, workers=2, processes=True)
    workers = {next(results) for _ in range(12)} - {os.getpid()}
    assert workers
    results.close()  # type: ignore[attr-defined]
    wait_until(lambda: not any(map(running, workers)))


def running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


MAIN = """
import itertools, os, sys, time
from instructkit.engine import map_ordered
from tests.engine.test_mapping import process_of
if __name__ == "__main__":
    for number, process in enumerate(map_ordered(itertools.count(), process_of, workers=2, processes=True)):
        if process != os.getpid():
            print(process, flush=True)
        time.sleep(0.02)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGINT])
def test_workers_do_not_outlive_the_process_that_started_them(tmp_path: Path, way: signal.Signals) -> None:
    """Only the main process is signalled: nothing else tells its workers that it is gone."""
    (tmp_path / "main.py").write_text(MAIN)
    main = subprocess.Popen(
        [sys.executable, str(tmp_path / "main.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert main.stdout is not None
    workers = {int(main.stdout.readline()) for _ in range(10)}
    main.send_signal(way)
    main.wait(20)
    main.stdout.close()
    wait_until(lambda: not any(map(running, workers)), 10)


def test_items_fetched_ahead_come_in_order_and_no_thread_stays() -> None:
    threads = threading.active_count()
    assert list(ahead(iter(range(100)))) == list(range(100))
    fetched: list[int] = []
    ended: list[bool] = []

    def items() -> Iterator[int]:
        try:
            for number in range(100):
                fetched.append(number)
                yield number
        finally:
            ended.append(True)

    source = items()
    found = ahead(source)
    assert [next(found), next(found)] == [0, 1]
    found.close()  # type: ignore[attr-defined]
    assert fetched in ([0, 1], [0, 1, 2])
    source.close()  # nobody is in it any more
    assert ended == [True]
    assert threading.active_count() <= threads  # those of other tests may end meanwhile


def test_an_error_of_an_item_fetched_ahead_is_raised_where_it_is_due() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no second")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(ValueError, match="no second"):
        next(found)
