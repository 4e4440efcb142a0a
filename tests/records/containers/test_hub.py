"""Names of the hub, through ``datasets``; only its download is replaced."""

from typing import Any

import datasets
import pytest

import instructkit as ik
from instructkit.errors import BadInput

ROWS = [{"instruction": f"Name river {number}.", "output": str(number)} for number in range(3)]
Calls = list[tuple[str, str | None, str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What ``datasets.load_dataset`` was asked for; it knows the dataset ``known``, alone or as someone's."""
    calls: Calls = []

    def load_dataset(name: str, config: str | None = None, *, split: str) -> Any:
        calls.append((name, config, split))
        if name not in ("known", "someone/known"):
            raise FileNotFoundError(f"Couldn't find a dataset named {name}\nand a second line")
        return datasets.Dataset.from_list(ROWS)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return calls


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hub:known", ("known", None, "train")),
        ("hub:known:test", ("known", None, "test")),
        ("hub:someone/known", ("someone/known", None, "train")),
        ("hub:someone/known/en:test[:10]", ("someone/known", "en", "test[:10]")),
        ("hub:known/en", ("known", "en", "train")),
    ],
)
def test_a_name_says_dataset_configuration_and_split(
    asked: Calls, name: str, expected: tuple[str, str | None, str]
) -> None:
    rows = ik.read(name).read_all().to_pylist()
    assert asked[-1] == expected
    assert [row["output"] for row in rows] == ["0", "1", "2"]
    assert {row["source"] for row in rows} == {name}


def test_a_dataset_that_is_not_there_is_told_in_one_line(asked: Calls) -> None:
    with pytest.raises(BadInput, match=r"hub:gone could not be loaded \(Couldn't find a dataset named gone\)"):
        ik.read("hub:gone")
    assert asked == [("gone", None, "train")]


def test_a_selection_of_rows_is_read_as_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    """``datasets`` keeps a selection beside the table, not in it."""
    chosen = datasets.Dataset.from_list(ROWS).select([2, 0])
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: chosen)
    assert [row["output"] for row in ik.read("hub:known").read_all().to_pylist()] == ["2", "0"]
