"""JSON lines to Arrow, against pyarrow.json alone on the same file: python benchmarks/reading.py [ROWS]"""

import sys
import tempfile
from pathlib import Path

import pyarrow.json
from measure import medians, rows_file, timed

from instructkit.records.containers.raw import BadRows
from instructkit.records.reading import open_raw, read
from instructkit.records.rejects import Rejects

RUNS = 7


def drain(batches: object) -> None:
    """Read to the end."""
    for _ in batches:
        pass


def main(rows: int) -> None:
    """Print the medians and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        plain = rows_file(rows, Path(folder))
        alpaca = Path(folder) / "alpaca.jsonl"
        with open(plain, encoding="utf-8") as source, open(alpaca, "w", encoding="utf-8") as target:
            for line in source:
                target.write(line.replace('"text"', '"instruction"').replace('"user"', '"output"'))
        size = plain.stat().st_size / 1e6
        print(f"{rows:,} rows, {size:.0f} MB, median of {RUNS} runs that take turns\n")
        print("| from JSON lines to Arrow | MB/s | of pyarrow.json |\n|---|---|---|")
        whole, stream, columns, examples = medians(
            RUNS,
            lambda: timed(lambda: pyarrow.json.read_json(plain)),
            lambda: timed(lambda: drain(pyarrow.json.open_json(plain))),
            lambda: timed(lambda: drain(open_raw(str(plain), None, BadRows(Rejects()))[0].batches)),
            lambda: timed(lambda: drain(read(str(alpaca)))),
        )
        print(f"| `pyarrow.json.read_json` (the whole file in memory) | {size / whole:.0f} | 1 |")
        print(f"| `pyarrow.json.open_json` (streaming) | {size / stream:.0f} | {whole / stream:.2f} |")
        print(f"| ours, plain columns (streaming) | {size / columns:.0f} | {whole / columns:.2f} |")
        print(f"| ours, examples with ids and the file's hash | {size / examples:.0f} | {whole / examples:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
