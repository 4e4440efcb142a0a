"""Three demonstrations before every row, by each way of choosing them: python benchmarks/demonstrations.py [ROWS]"""

import sys
import tempfile
from pathlib import Path

from measure import rows_file, timed

import instructkit as ik
from instructkit.templating.prompting.shots import METHODS


def drain(path: Path, method: str) -> None:
    """Format to the end."""
    for _ in ik.format(str(path), task="sentiment", shots=(3, 3), demos=method):
        pass


def main(rows: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = rows_file(rows, Path(folder))
        drain(rows_file(1_000, Path(folder)), "random")  # loads the compiled loops
        print(f"{rows:,} rows, as many candidates, one run each\n\n| --demos | seconds | rows/s |\n|---|---|---|")
        for method in METHODS:
            seconds = timed(lambda method=method: drain(path, method))
            print(f"| {method} | {seconds:.1f} | {rows / seconds:,.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
