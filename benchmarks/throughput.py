"""Rows a second of each command, from file to file: python benchmarks/throughput.py [ROWS]"""

import sys
import tempfile
from pathlib import Path

from measure import medians, rows_file, run_pipe

RUNS = 3


def main(rows: int) -> None:
    """Print the medians."""
    with tempfile.TemporaryDirectory() as folder:
        source = rows_file(rows, Path(folder))
        examples = Path(folder) / "examples.arrow"
        run_pipe(f"format {source} --task sentiment -o {examples}")
        out = Path(folder) / "out.arrow"
        commands = {
            "format (28 phrasings, en and zh)": f"format {source} --task sentiment -o {out}",
            "dedup": f"dedup {examples} -o {out}",
            "filter (default preset)": f"filter {examples} -o {out}",
            "filter --language en,zh": f"filter {examples} --language en,zh -o {out}",
            "mix --cap": f"mix {examples} --cap {rows // 2} -o {out}",
        }
        size = source.stat().st_size / 1e6
        print(f"{rows:,} rows, {size:.0f} MB of JSON lines, median of {RUNS} runs, start included\n")
        print("| command | seconds | rows/s | peak MB |\n|---|---|---|---|")
        for name, command in commands.items():
            peaks: list[float] = []

            def once(command: str = command, peaks: list[float] = peaks) -> float:
                usage = run_pipe(command)
                peaks.append(max(usage.peaks))
                return usage.seconds

            (seconds,) = medians(RUNS, once)
            print(f"| `{name}` | {seconds:.1f} | {rows / seconds:,.0f} | {max(peaks):.0f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
