"""The data card: what it counts, what it says of foreign names, and what it never overwrites."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import instructkit as ik
from instructkit.errors import OutputFailed, UsageError
from instructkit.records.stream import Records
from instructkit.reports import markdown
from instructkit.reports.card import DataCard, size_category
from instructkit.reports.card_counts import MOST_GROUPS, OTHERS, CardCounts
from tests.rows import examples

ROWS = [{"task": "nli", "source": "a"}, {"task": "nli", "source": "b", "instruction": "Do."}, {"source": "a"}]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def front(text: str) -> dict[str, Any]:
    """The front matter, read as the hub reads it."""
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def card_of(rows: list[dict[str, object]], target: str = "train.jsonl", **licenses: str) -> str:
    card = DataCard(target, licenses)
    records = Records.plain(ik.export(examples(rows), to="alpaca", seen=card.count, workers=1))
    for _ in records.batches:
        pass
    return card.text(ik.lineage(records))


def test_rows_and_mean_lengths_by_task() -> None:
    text = card_of(ROWS)
    assert "| nli | 2 | 66.7% | 4 | 0 | 5 |" in text  # "Do it." and "Do." are 4.5 characters, rounded to even
    assert "| t | 1 | 33.3% | 6 | 0 | 5 |" in text


def test_the_front_matter_is_what_the_hub_reads() -> None:
    found = front(card_of(ROWS, a="mit", b="mit"))
    assert found == {
        "license": "mit",
        "size_categories": ["n<1K"],
        "task_categories": ["text-generation", "text-classification"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "train.jsonl"}]}],
    }
    assert front(card_of(ROWS, "out/test.parquet"))["configs"][0]["data_files"][0]["split"] == "test"
    assert "configs" not in front(card_of(ROWS, "out/"))


def test_a_source_without_a_license_is_said_to_be_unknown() -> None:
    text = card_of(ROWS, a="mit")
    assert front(text)["license"] == ["mit", "unknown"]
    assert "| b | 1 | 33.3% | unknown |" in text
    assert "The license of 1 of 2 sources is unknown." in text


def test_sizes_are_the_words_of_the_hub() -> None:
    assert [size_category(rows) for rows in (0, 999, 1000, 10**6, 10**9 - 1, 10**9)] == [
        "n<1K", "n<1K", "1K<n<10K", "1M<n<10M", "100M<n<1B", "n>1B"
    ]  # fmt: skip


HOSTILE = "x](http://evil) <script>|`*_\n# y\x1b[2J @you www.evil.com ![i](j) $a$ ~b~ &lt; " + "z" * 300


def test_names_from_anywhere_stay_text() -> None:
    text = card_of([{"task": HOSTILE, "source": HOSTILE}], **{HOSTILE: "mit: yes\nlicense: [evil]"})
    assert front(text)["license"] == "mit: yes\nlicense: [evil]"  # one text, whatever it spells
    body = re.sub(r"```.*?```", "", text.split("---\n", 2)[2], flags=re.DOTALL)
    assert not re.search(r"(?<!\\)\]\(|<script|://|www\.|\x1b|(?<!&#)(?<![\w.])@", body)
    cells = [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in body.splitlines() if line.startswith("| x")]
    assert cells == [6, 4]  # of tasks, of sources
    (block,) = re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL)
    assert len(block.splitlines()) == 1
    assert "`" not in block


def test_markdown_shows_a_text_as_it_is() -> None:
    assert markdown.plain("a_b*c|d\\e") == r"a\_b\*c\|d\\e"
    assert markdown.plain("reviews.csv (2)") == "reviews.csv (2)"
    assert markdown.plain("x" * 90) == "x" * 79 + "…"
    assert markdown.table(("a", ">b"), [("x\ny", 1000)]) == "| a | b |\n| --- | ---: |\n| x y | 1,000 |\n"
    assert markdown.bars([("a", 30), ("bb", 1)], 10) == "```text\na  ██████████ 96.8%\nbb █ 3.2%\n```\n"


def test_what_is_counted_stays_bounded() -> None:
    counts = CardCounts()
    counts.add(examples([{"task": f"t{row}"} for row in range(MOST_GROUPS + 5)]).to_batches()[0])
    assert len(counts.tasks) == MOST_GROUPS + 1
    assert counts.tasks[OTHERS].rows == 5


def test_a_mixture_is_told(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.arrow"
    ik.write(ik.mix(examples(ROWS), cap=1, seed=3), str(mixed))
    card = DataCard(str(tmp_path / "train.jsonl"), {"": "mit"}, ["en", "zh"])
    records = Records.plain(ik.export(ik.read(str(mixed)), to="sharegpt", seen=card.count))
    ik.write(records, str(tmp_path / "train.jsonl"))
    assert card.write(records.lineage, records.counts()) == []
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert front(text)["language"] == ["en", "zh"]
    assert re.search(r"## Mixture\n\nby='task', .*cap=1.*: 2 rows of 3\n", text)
    assert re.search(r"\| (.+) \| 2 \| 66.67% \| 50.00% \| 1 \| 0.50 \|\n[\s\S]*\n\1 +█+ 50.0%\n", text)
    assert re.search(r"\| mix \| .* \| 3 \| 3 \| 2 \| 1 \| not\\_taken 1 \|", text)


def test_of_a_mixture_of_many_groups_the_largest_are_told() -> None:
    shares = [{"group": f"group {number}", "rows": number, "rate": 0.0, "taken": number} for number in range(1_000)]
    step = {"command": "mix", "counts": {"rows_in": 499_500, "rows_out": 499_500, "mixture": shares}}
    text = DataCard("train.jsonl", {}).text([step])
    assert "499,500 rows of 499,500" in text
    assert "The 30 groups that give most, of 1,000." in text
    assert "| group 999 | 999 |" in text
    assert "| group 969 | 969 |" not in text


def test_a_readme_of_somebody_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# My project\n")
    for target in (str(tmp_path / "train.jsonl"), str(tmp_path) + "/"):
        with pytest.raises(OutputFailed, match="no card of instructkit; it is not overwritten"):
            DataCard(target, {})
    with pytest.raises(UsageError, match="name one with -o"):
        DataCard("-", {})
    assert path.read_text() == "# My project\n"
