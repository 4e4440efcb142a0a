"""What the tests share: the sample data, the real data where it is at hand, and the command as a real process."""

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import settings

import instructkit as ik
from instructkit.records.containers.raw import BadRows
from instructkit.records.reading import open_container
from instructkit.records.rejects import Rejects
from instructkit.records.sources import resolve
from tests.forking import SERVER, Forks, client

# the suite draws the same examples each time; `pytest --hypothesis-profile explore` draws new ones
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("suite")

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "instructkit"]
SHIM = f'instructkit() {{ "{sys.executable}" -m instructkit "$@"; }}\n'


@pytest.fixture(autouse=True)
def _own_notes() -> Iterator[None]:
    """A command that is called in this process turns the library's notes to its stderr: not those of the next test."""
    logger = logging.getLogger("instructkit")
    before = logger.handlers, logger.propagate, logger.level
    yield
    logger.handlers, logger.propagate, logger.level = before


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of small files that the README's commands run on."""
    return ROOT / "sample_data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Public datasets, in the folder that INSTRUCTKIT_REAL_DATA names."""
    folder = Path(os.environ.get("INSTRUCTKIT_REAL_DATA") or ROOT / ".." / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("no real data at hand (INSTRUCTKIT_REAL_DATA names its folder)")
    return folder


def one_sentence(stderr: str) -> str:
    """What a failed command said, which must be one sentence at the end, and no traceback."""
    assert "Traceback" not in stderr, stderr
    assert "unforeseen" not in stderr, stderr
    errors = [line for line in stderr.splitlines() if line.startswith(("instructkit:", "Error:"))]
    assert len(errors) == 1, stderr
    assert stderr.splitlines()[-1] == errors[0], stderr
    return errors[0]


class Cli:
    """Runs the command as a user does: a real process, in a folder of its own."""

    def __init__(self, folder: Path, forks: Forks | None = None) -> None:
        self.folder = folder
        self.forks = forks
        self.spools = folder / "tmp"
        self.spools.mkdir(exist_ok=True)
        # TMPDIR of its own: what a command leaves there can be seen
        self.environment = {**os.environ, "TMPDIR": str(self.spools)}

    def __call__(
        self, *arguments: object, stdin: bytes | None = None, env: dict[str, str] | None = None, inside: str = ""
    ) -> "subprocess.CompletedProcess[Any]":
        """Run one command to its end, in the folder or one ``inside`` it; stderr is text, stdout bytes."""
        command, environment = COMMAND, self.environment
        if self.forks is not None and env is None:  # some variables are for the start of Python
            command, environment = client(), {**environment, SERVER: self.forks.socket}
        done = subprocess.run(
            [*command, *map(str, arguments)],
            input=b"" if stdin is None else stdin,
            capture_output=True,
            cwd=self.folder / inside,
            env={**environment, **(env or {})},
            timeout=60,
            check=False,
        )
        done.stderr = done.stderr.decode()
        return done

    def ok(self, *arguments: object, **options: Any) -> "subprocess.CompletedProcess[Any]":
        """Run a command that must succeed."""
        done = self(*arguments, **options)
        assert done.returncode == 0, done.stderr
        return done

    def fails(self, *arguments: object, code: int = 1, **options: Any) -> str:
        """Run a command that must fail as a failure is promised; gives its one sentence."""
        before = sorted(os.listdir(self.folder))
        done = self(*arguments, **options)
        assert done.returncode == code, (done.returncode, done.stderr)
        assert sorted(os.listdir(self.folder)) == before, "a failed command leaves no file"
        assert os.listdir(self.spools) == [], "a failed command leaves no temporary file"
        return one_sentence(done.stderr)

    def shell(self, script: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a line of bash in which ``instructkit`` is the command under test."""
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", SHIM + script],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment,
            timeout=60,
            check=False,
            **options,
        )

    def start(self, *arguments: object, **options: Any) -> "subprocess.Popen[bytes]":
        """Start a command and leave it running, in a session of its own so that all of it can be signalled."""
        return subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
            **options,
        )


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Commands that start at once."""
    server = Forks(tmp_path_factory.mktemp("forks"))
    yield server
    server.close()


@pytest.fixture
def cli(tmp_path: Path, forks: Forks) -> Cli:
    """The command line, run in the test's folder."""
    return Cli(tmp_path, forks)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts small file systems in memory; ``small_disk(size="64k")`` gives the folder of one."""
    mounted: list[Path] = []

    def mount(size: str = "64k", name: str = "disk") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        if shutil.which("mount") is None or os.geteuid() != 0:
            pytest.skip("only root can mount a small disk")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("no file system can be mounted here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


EXAMPLES = [
    {"instruction": f"Write the number {number} as a word, please.", "input": "", "output": f"Number {number} in words"}
    for number in range(20)
]


@pytest.fixture
def examples_file(tmp_path: Path) -> Path:
    """An ``.arrow`` file of twenty examples."""
    source = write_lines(tmp_path / "twenty.jsonl", EXAMPLES)
    target = tmp_path / "twenty.arrow"
    ik.write(ik.format([str(source)]), str(target))
    source.unlink()
    return target


def wait_until(happened: Callable[[], object], seconds: float = 20) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """End a started command and its workers, whatever became of the test."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of an Arrow stream on disk, read by pyarrow alone."""
    with pa.OSFile(str(path), "rb") as file:
        return pa.ipc.open_stream(file).read_all().to_pylist()


def write_lines(path: Path, rows: list[Any]) -> Path:
    """Write JSON lines; a row that is text stands there as it is."""
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def raw_rows(path: Path, workers: int | None = None) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str]]]:
    """What a container gives: its rows, their numbers in the file, and the number and rule of each bad row."""
    bad = Noted()
    raw = open_container(resolve(str(path)), bad, workers)
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    for batch, found in raw.batches:
        assert batch.schema == raw.schema
        rows += batch.to_pylist()
        numbers += found.tolist()
    return rows, numbers, bad.noted


class Noted(BadRows):
    """The bad rows of a test's file, by number and rule."""

    def __init__(self) -> None:
        super().__init__(Rejects())
        self.noted: list[tuple[int, str]] = []

    def add(self, file: str, row: int, rule: str, found: str, text: str, threshold: str = "") -> None:
        """Note it, and count it as ever."""
        self.noted.append((row, rule))
        super().add(file, row, rule, found, text, threshold)


def examples_of(*paths: Path, **options: Any) -> list[dict[str, Any]]:
    """The examples that files hold."""
    return list(ik.read(*map(str, paths), **options).read_all().to_pylist())
