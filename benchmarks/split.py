"""`split` beside `dedup` on made rows of 10 to 18 words: python benchmarks/split.py [ROWS ...] (250000 1000000)

A tenth of the rows are near copies of rows anywhere before. Prints seconds and peak memory of each command, start
included, and what a row more costs; without near-duplicates the proof still looks for them. Checks from outside that no
near copy left its row: `dedup` finds in the three sides together the rows that it finds in each by itself.
"""

import json
import sys
import tempfile
from pathlib import Path

from dedup_sets import write_made
from measure import run_pipe

COMMANDS = ("dedup", "split --validation 0.05", "split --validation 0.05 --near-duplicates off")


def dropped(inputs: str, folder: Path) -> int:
    """How many rows dedup drops of some files."""
    run_pipe(f"dedup {inputs} --summary {folder}/dedup.json -o {folder}/kept.arrow")
    return int(json.loads((folder / "dedup.json").read_text())["rows_dropped"])


def main(sizes: list[int]) -> None:
    """Measure each size, and print what a row more costs."""
    print("| rows | command | seconds | rows/s | peak MB |\n|---|---|---|---|---|")
    peaks: dict[str, list[float]] = {command: [] for command in COMMANDS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, rows in enumerate([sizes[0], *sizes]):  # the first is not measured: it may compile
            source = folder / f"made-{rows}.jsonl"
            write_made(rows, source)
            for command in COMMANDS:
                usage = run_pipe(f"{command} {source} --summary {folder}/told.json -o {folder}/out-{command[:5]}/")
                if place:
                    peaks[command].append(usage.peaks[0])
                    told = f"{usage.seconds:.1f} | {rows / usage.seconds:,.0f} | {usage.peaks[0]:.0f}"
                    print(f"| {rows:,} | {command} | {told} |", flush=True)
                found = json.loads((folder / "told.json").read_text())
                if command == COMMANDS[1]:
                    assert found["sides"]["test"] == round(0.1 * rows), found["sides"]
                    sides = [f"{folder}/out-split/{side}" for side in found["sides"]]
                    if rows == sizes[-1] and place:
                        apart, together = sum(dropped(side, folder) for side in sides), dropped(" ".join(sides), folder)
                        print(f"  dedup drops {apart:,} rows of the sides one by one, {together:,} of all together")
                        assert apart == together
        for command, (first, *_, last) in peaks.items():
            if len(sizes) > 1:
                print(f"{command}: {(last - first) * 1e6 / (sizes[-1] - sizes[0]):.0f} bytes a row more")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [250_000, 1_000_000])
