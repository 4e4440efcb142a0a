"""What the tests of exports share."""

import json
from pathlib import Path
from typing import Any

import pytest

import instructkit as ik
from tests.conftest import write_lines


class Exports:
    """Files that are read and exported again, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, source: object, **options: Any) -> list[dict[str, Any]]:
        """The rows of an export as a JSON file holds them."""
        target = self.folder / "out.jsonl"
        ik.write(ik.export(source, workers=1, **options), str(target))
        return [json.loads(line) for line in target.read_text(encoding="utf-8").split("\n") if line]

    def again(self, rows: list[dict[str, Any]], layout: str | None = None, **options: Any) -> list[dict[str, Any]]:
        """Rows that are written as JSON lines, read and exported."""
        path = write_lines(self.folder / "in.jsonl", rows)
        return self.rows(ik.read(str(path), layout=layout, workers=1), **options)


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """Reads and exports in a folder of its own."""
    return Exports(tmp_path_factory.mktemp("exports"))


def settled(value: Any) -> Any:
    """A value without what counts as missing: keys whose value is null; at the top also those that are empty."""
    if isinstance(value, dict):
        return {key: settled(one) for key, one in value.items() if one is not None}
    return [settled(one) for one in value] if isinstance(value, list) else value


def same(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as they are compared: a key that is missing, null or empty is the same."""
    return [{key: value for key, value in settled(row).items() if value not in ("", [])} for row in rows]
