"""What a command leaves unloaded, and what it must not."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from instructkit.engine.lean import in_a_command

COMMAND = """
import sys
sys.argv = ["instructkit", *sys.argv[1:]]
from instructkit.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print([name for name in ("pandas", "scipy", "numba") if name in sys.modules])
"""


def loaded_by(folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", COMMAND, *arguments], cwd=folder, capture_output=True, text=True,
                          check=True)  # fmt: skip
    return done.stdout.strip()


def test_a_command_loads_neither_pandas_nor_scipy(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"instruction": "a", "output": "b"}\n' * 3, encoding="utf-8")
    assert loaded_by(tmp_path, "dedup", "rows.jsonl", "-q", "-o", "out.arrow") == "[]"
    assert loaded_by(tmp_path, "dedup", "rows.jsonl", "--lsh", "-q", "-o", "out.arrow") == "['numba']"
    assert loaded_by(tmp_path, "filter", "out.arrow", "-q", "-o", "kept.parquet") == "[]"
    assert loaded_by(tmp_path, "mix", "kept.parquet", "-q", "-o", "train/") == "[]"
    assert loaded_by(tmp_path, "stats", "train/", "--summary", "stats.json").endswith("[]")


def test_times_in_nanoseconds_pass_through_a_command(tmp_path: Path) -> None:
    when = pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns"))
    pq.write_table(pa.table({"instruction": ["a", "b"], "output": ["x", "y"], "when": when}), tmp_path / "rows.parquet")
    arguments = "dedup", "rows.parquet", "--on", "when", "--keep", "when", "-q", "-o", "out.jsonl"
    assert "pandas" not in loaded_by(tmp_path, *arguments)
    assert str(datetime(2023, 11, 14).year) in (tmp_path / "out.jsonl").read_text()
    assert "123456789" in (tmp_path / "out.jsonl").read_text()
    loaded_by(tmp_path, "mix", "rows.parquet", "--by", "when", "-q", "-o", "mixed.jsonl")
    assert "123456789" in (tmp_path / "mixed.jsonl").read_text()


def test_a_program_that_uses_the_library_is_no_command() -> None:
    assert not in_a_command()
