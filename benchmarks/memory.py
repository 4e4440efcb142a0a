"""Peak memory on ten times the rows: python benchmarks/memory.py [ROWS [format]] (``format`` measures it alone)"""

import sys
import tempfile
from pathlib import Path

from measure import rows_file, run_pipe


def main(rows: int, alone: bool = False) -> None:
    """Print the peaks of ``rows`` and of a tenth of them, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        print(f"| command | {rows // 10:,} rows, MB | {rows:,} rows, MB | ratio |\n|---|---|---|---|")
        peaks: dict[str, list[float]] = {}
        for count in (rows // 10, rows):
            source = rows_file(count, Path(folder))
            examples = Path(folder) / f"examples-{count}.arrow"
            out = Path(folder) / "out.arrow"
            if alone:
                for name, options in (("format", ""), ("format --shots 3", "--shots 3")):
                    usage = run_pipe(f"format {source} --task sentiment {options} -o {out}")
                    peaks.setdefault(name, []).append(max(usage.peaks))
                continue
            measured = {
                "format": run_pipe(f"format {source} --task sentiment -o {examples}"),
                "filter": run_pipe(f"filter {examples} -o {out}"),
            }
            pipe = run_pipe(
                f"format {source} --task sentiment",
                "dedup",
                "filter",
                f"mix --cap {count // 2} -o {folder}/train-{count}",
            )
            for name, usage in measured.items():
                peaks.setdefault(name, []).append(max(usage.peaks))
            peaks.setdefault("format \\| dedup \\| filter \\| mix, the four added up", []).append(sum(pipe.peaks))
            for name, peak in zip(("format", "dedup", "filter", "mix"), pipe.peaks, strict=True):
                peaks.setdefault(f"... of them {name}", []).append(peak)
        for name, (small, large) in peaks.items():
            print(f"| {name} | {small:.0f} | {large:.0f} | {large / small:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000, "format" in sys.argv[2:])
