"""Rows a second and memory of ``invert``, from an Arrow file to an Arrow file: python benchmarks/invert.py [ROWS]

The rows are labelled reviews in the phrasings of the pack, as ``format`` writes them.
"""

import sys
import tempfile
from pathlib import Path

from measure import medians, rows_file, run_pipe

RUNS = 3
COMMANDS = {
    "invert": "invert {} -o {}",
    "invert --only": "invert {} --only -o {}",
    "invert --rate 0.3": "invert {} --rate 0.3 -o {}",
}


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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000_000)
