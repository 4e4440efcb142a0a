"""What a user installs, and what a start costs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import instructkit as ik

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"pyarrow", "numpy", "numba", "datasets", "rich", "tqdm", "jinja2", "yaml", "fasttext", "xxhash", "stdnum"}


def test_the_wheel_holds_the_library_of_templates_and_nothing_of_the_tests(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    packs = {f"instructkit/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "templates").rglob("*.yaml")}
    assert len(packs) > 10
    assert packs <= names
    assert "instructkit/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "sample_data/", "benchmarks/"))]


@pytest.mark.parametrize(
    "code", ["import instructkit", "from instructkit.cli import cli; cli.main(['--help'], standalone_mode=False)"]
)
def test_neither_the_import_nor_the_help_loads_anything_heavy(code: str) -> None:
    check = f"{code}\nimport sys; print(sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_function_dedup_stays_one_where_a_folder_has_its_name() -> None:
    code = "import instructkit.dedup, instructkit as ik; assert callable(ik.dedup); assert callable(ik.filter)"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="nothing"):
        ik.nothing  # noqa: B018
    assert {"dedup", "read", "mix", "InstructkitError"} <= set(dir(ik))
