"""`mix` beside `datasets`, its memory, and how evenly it interleaves: python benchmarks/mix.py WHAT [options]

speed [ROWS]     ten files to one shuffled dataset on disk, beside datasets.interleave_datasets and save_to_disk
memory [ROWS]    seconds and peak memory of rows from 50 groups (1000000 10000000)
order [ROWS]     how far the shares of the output's beginnings are from the mixture's, beside a plain shuffle
select [ROWS]    seconds and coverage of a diverse selection
"""

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

from measure import run_pipe

WORDS = 4_000
PEER = """
import sys, time
from datasets import Dataset, interleave_datasets, disable_progress_bars
disable_progress_bars()
how, *sources, target = sys.argv[1:]
files = [Dataset.from_file(source) for source in sources]
if how == "shuffled":
    files = [one.shuffle(seed=0) for one in files]
rows = [one.num_rows for one in files]
mixed = interleave_datasets(files, probabilities=[n / sum(rows) for n in rows], seed=0,
                            stopping_strategy="all_exhausted")
mixed.save_to_disk(target)
"""


def write_groups(rows: int, groups: int, folder: Path) -> list[Path]:
    """Files of made examples, a file a task; the first tasks are the largest (their sizes fall as 1/n)."""
    from instructkit.records.hashing import row_ids
    from instructkit.records.schema import build_examples

    rng = np.random.default_rng(0)
    words = np.array(
        ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), rng.integers(2, 10))) for _ in range(WORDS)]
    )
    # about as long as Alpaca's: an instruction of 60 characters, an input in two rows of five, an output of 270
    pools = {name: pa.array([" ".join(rng.choice(words, rng.integers(*lengths))) for _ in range(20_000)], pa.string())
             for name, lengths in (("instruction", (5, 14)), ("input", (0, 30)), ("output", (5, 80)))}  # fmt: skip
    pools["input"] = pa.array([text if place % 5 < 2 else "" for place, text in enumerate(pools["input"].to_pylist())])
    sizes = (1 / np.arange(1, groups + 1)) / (1 / np.arange(1, groups + 1)).sum() * rows
    sizes = sizes.astype(int)
    sizes[0] += rows - sizes.sum()
    paths = []
    number = 0
    for group, size in enumerate(sizes.tolist()):
        path = folder / f"task-{group:02d}.arrow"
        paths.append(path)
        if path.exists():
            continue
        writer = None
        for start in range(0, size, 8192):
            count = min(8192, size - start)
            ids = row_ids([pa.array(np.arange(number, number + count))], count)
            number += count
            values = {"id": ids} | {name: pool.take(pa.array(rng.integers(0, len(pool), count)))
                                    for name, pool in pools.items()}  # fmt: skip
            batch = build_examples(values, count, task=f"task-{group:02d}", source="made", template="made", extras={})
            writer = writer or pa.ipc.new_stream(str(path), batch.schema)
            writer.write_batch(batch)
        writer.close()
    return paths


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own: a process is charged with the peak of the one that starts it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def speed(options: argparse.Namespace) -> None:
    """Print the seconds of both, the median of runs that take turns."""
    rows = (options.rows or [1_000_000])[0]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        paths = apart(write_groups, rows, 10, Path(folder))
        named = " ".join(map(str, paths))
        seconds: dict[str, list[float]] = {"instructkit mix": []}
        for run in range(options.runs):
            usage = run_pipe(f"mix {named} -o {folder}/ours-{run}")
            seconds["instructkit mix"].append(usage.seconds)
            for how in ("shuffled", "not shuffled"):
                start = time.perf_counter()
                subprocess.run([sys.executable, "-c", PEER, how, *map(str, paths), f"{folder}/theirs"], check=True,
                               env={**os.environ, "HF_HUB_OFFLINE": "1"}, stderr=subprocess.DEVNULL)  # fmt: skip
                seconds.setdefault(f"datasets, {how}", []).append(time.perf_counter() - start)
                shutil.rmtree(f"{folder}/theirs")
            shutil.rmtree(f"{folder}/ours-{run}")
        print(f"{rows:,} rows, {sum(path.stat().st_size for path in paths) >> 20} MB, median of {options.runs} runs; "
              f"instructkit's peak: {usage.peaks[0]:.0f} MB\n\n| | seconds | of ours |\n|---|---|---|")  # fmt: skip
        for name, taken in seconds.items():
            print(f"| {name} | {median(taken):.1f} | {median(taken) / median(seconds['instructkit mix']):.1f} |")


def memory(options: argparse.Namespace) -> None:
    """Print seconds and peak memory."""
    print("| rows | MB of files | seconds | peak, MB |\n|---|---|---|---|")
    for rows in options.rows or [1_000_000, 10_000_000]:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            paths = apart(write_groups, rows, 50, Path(folder))
            size = sum(path.stat().st_size for path in paths) >> 20
            usage = run_pipe(f"mix {' '.join(map(str, paths))} --temperature 1.1 -o {folder}/mixed")
            print(f"| {rows:,} | {size:,} | {usage.seconds:.0f} | {usage.peaks[0]:.0f} |", flush=True)


def order(options: argparse.Namespace) -> None:
    """Print the largest deviation of a group's rows in the beginnings of the output from its share of them."""
    import instructkit as ik

    rows = (options.rows or [200_000])[0]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        paths = write_groups(rows, 20, Path(folder))
        tasks = np.array(ik.mix(ik.read(*map(str, paths))).read_all()["task"].to_pylist())
    plain = np.random.default_rng(0).permutation(tasks)
    print("| first rows | interleaved, rows off | a plain shuffle, rows off |\n|---|---|---|")
    names, counts = np.unique(tasks, return_counts=True)
    for first in (100, 1_000, 10_000, 100_000):
        off = []
        for one in (tasks, plain):
            held = np.array([(one[:first] == name).sum() for name in names])
            off.append(np.abs(held - first * counts / len(tasks)).max())
        print(f"| {first:,} | {off[0]:.1f} | {off[1]:.1f} |")


def select(options: argparse.Namespace) -> None:
    """Print the seconds of each way to select half of the rows."""
    for rows in options.rows or [100_000, 1_000_000]:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            named = " ".join(map(str, apart(write_groups, rows, 10, Path(folder))))
            for how in ("random", "diverse"):
                usage = run_pipe(f"mix {named} --size {rows // 2} --select {how} -o {folder}/{how}")
                print(f"{rows:,} rows, {how}: {usage.seconds:.1f} s, {usage.peaks[0]:.0f} MB", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "memory", "order", "select"])
    parser.add_argument("rows", type=int, nargs="*")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", help="a disk with room for four times the rows")
    options = parser.parse_args()
    {"speed": speed, "memory": memory, "order": order, "select": select}[options.what](options)


if __name__ == "__main__":
    main()
