"""Rows a second and memory of ``invert``, from an Arrow file to an Arrow file: python benchmarks/invert.py [ROWS]

The rows are labelled reviews in the phrasings of the pack, as ``format`` writes them.
"""

import sys
import tempfile
from collections import deque
from pathlib import Path

import pyarrow as pa
from measure import medians, rows_file, run_pipe, timed

import instructkit as ik

RUNS = 3
COMMANDS = {
    "invert": "invert {} -o {}",
    "invert --only": "invert {} --only -o {}",
    "invert --rate 0.3": "invert {} --rate 0.3 -o {}",
}


def alone(examples: Path, rows: int) -> float:
    """Rows a second of the step itself: batches that are in memory already, loops loaded, nothing written."""
    held, count = [], 0
    for batch in ik.read(str(examples)):
        held.append(batch)
        count += batch.num_rows
        if count >= rows:
            break

    def run(batches: list[pa.RecordBatch]) -> None:
        deque(ik.invert(pa.RecordBatchReader.from_batches(held[0].schema, batches)), maxlen=0)

    run(held[:4])
    (seconds,) = medians(RUNS, lambda: timed(lambda: run(held)))
    return count / seconds


def main(rows: int) -> None:
    """Print the medians of ``rows`` and the peaks of a tenth of them and of all."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.arrow"
        peaks: dict[tuple[str, int], float] = {}
        seconds: dict[str, float] = {}
        for count in (rows // 10, rows):
            examples = Path(folder) / f"examples-{count}.arrow"
            run_pipe(f"format {rows_file(count, Path(folder))} --task sentiment -o {examples}")
            for name, command in COMMANDS.items():
                found: list[float] = []

                def once(line: str = command.format(examples, out), found: list[float] = found) -> float:
                    usage = run_pipe(line)
                    found.append(max(usage.peaks))
                    return usage.seconds

                (seconds[name],) = medians(RUNS, once)
                peaks[name, count] = max(found)
        size = examples.stat().st_size / 1e6
        print(f"{rows:,} examples, {size:.0f} MB, median of {RUNS} runs, start included\n")
        print(f"| command | seconds | rows/s | peak MB at {rows // 10:,} rows | at {rows:,} | ratio |")
        print("|---|---|---|---|---|---|")
        for name, taken in seconds.items():
            small, large = peaks[name, rows // 10], peaks[name, rows]
            print(f"| `{name}` | {taken:.1f} | {rows / taken:,.0f} | {small:.0f} | {large:.0f} | {large / small:.2f} |")
        print(f"\nThe step alone, from memory: {alone(examples, 500_000):,.0f} rows/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000_000)
