"""Running commands and measuring them: wall seconds, and the peak memory the system reports of each process."""

import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

COMMAND = [sys.executable, "-m", "instructkit"]


@dataclass
class Usage:
    """What a pipe of commands used."""

    seconds: float
    peaks: list[float]  # MB of each process, in the order of the pipe


def run_pipe(*commands: str) -> Usage:
    """Run commands joined by pipes (each without the leading "instructkit"); stop where one fails."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    running: list[subprocess.Popen[bytes]] = []
    for number, command in enumerate(commands):
        last = number == len(commands) - 1
        running.append(
            subprocess.Popen(
                [*COMMAND, *shlex.split(command), "--quiet"],
                stdin=running[-1].stdout if running else subprocess.DEVNULL,
                stdout=None if last else subprocess.PIPE,
                env=environment,
            )
        )
        if number:
            running[-2].stdout.close()
    peaks = []
    for process in running:
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{process.args} failed")
        peaks.append(usage.ru_maxrss / 1024)
    return Usage(time.perf_counter() - start, peaks)


def medians(runs: int, *measures: object) -> list[float]:
    """The median of each measure over runs that take turns, so that a slow minute hurts all alike."""
    found: list[list[float]] = [[] for _ in measures]
    for _ in range(runs):
        for place, measure in enumerate(measures):
            found[place].append(measure())
    return [median(values) for values in found]


def timed(function: object) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def rows_file(rows: int, folder: Path) -> Path:
    """The made rows, once a folder."""
    from make_rows import make_rows

    path = folder / f"rows-{rows}.jsonl"
    if not path.exists():
        make_rows(rows, str(path))
    return path
