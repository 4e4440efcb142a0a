"""How long a start takes: python benchmarks/startup.py"""

import os
import subprocess
import sys
from pathlib import Path

from measure import medians, timed

RUNS = 15
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def start(*command: str) -> float:
    """Seconds of one process."""
    return timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT))


def main() -> None:
    """Print the medians."""
    command = Path(sys.executable).with_name("instructkit")
    help_, import_, empty = medians(
        RUNS,
        lambda: start(str(command), "--help"),
        lambda: start(sys.executable, "-c", "import instructkit"),
        lambda: start(sys.executable, "-c", "pass"),
    )
    print("| what | median seconds | limit |\n|---|---|---|")
    print(f"| `instructkit --help` | {help_:.3f} | 0.15 |")
    print(f'| `python -c "import instructkit"` | {import_:.3f} | 0.1 |')
    print(f'| `python -c "pass"`, for comparison | {empty:.3f} | |')


if __name__ == "__main__":
    main()
