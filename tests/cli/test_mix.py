"""``instructkit mix``: its options, as a user types them."""

import json
from collections import Counter

import datasets
import pytest

from tests.conftest import Cli, one_sentence, rows_of, write_lines

ROWS = [
    {"instruction": f"Say {number}.", "output": f"It is {number}.", "task": "abc"[number % 3], "lang": "ez"[number % 2],
     "score": number % 7, "user": f"u{number % 11}"}
    for number in range(120)
]  # fmt: skip


@pytest.fixture
def inputs(cli: Cli) -> Cli:
    write_lines(cli.folder / "one.jsonl", ROWS[:70])
    write_lines(cli.folder / "two.jsonl", ROWS[70:])
    return cli


def tasks(cli: Cli) -> Counter[str]:
    return Counter(row["task"] for row in rows_of(cli.folder / "out.arrow"))


def test_the_plan_is_a_table_with_bars_or_json(inputs: Cli) -> None:
    table = inputs.ok("mix", "one.jsonl", "two.jsonl", "--size", 60, "--weight", "a=2", "--plan").stdout.decode()
    head = table.splitlines()[1].split()
    assert head == ["group", "rows", "natural", "rate", "taken", "epochs", "tokens"]
    bars = {line.split()[0]: line.count("█") for line in table.splitlines()[2:5]}
    assert bars["a"] == 24
    assert bars["b"] == bars["c"] == 12
    told = json.loads(inputs.ok("mix", "one.jsonl", "two.jsonl", "--size", 60, "--plan", "--json").stdout)
    assert [(one["group"], one["taken"]) for one in told["mixture"]] == [("a", 20), ("b", 20), ("c", 20)]
    assert not (inputs.folder / "out.arrow").exists()
    inputs.ok("mix", "one.jsonl", "two.jsonl", "--size", 60, "--plan", "--summary", "s.json")
    assert json.loads((inputs.folder / "s.json").read_text()) == {"command": "mix", **told}
    for more in (("-o", "out.arrow"), ("--rejects", "r.jsonl")):
        assert "--plan writes nothing" in inputs.fails("mix", "one.jsonl", "--plan", *more, code=2)
    assert "--json goes with --plan" in inputs.fails("mix", "one.jsonl", "--json", "-o", "out.arrow", code=2)


def test_a_recipe_says_what_options_would_and_options_go_before_it(inputs: Cli) -> None:
    (inputs.folder / "r.yaml").write_text("size: 60\nmax-epochs: 2\ngroups:\n  a: {share: 0.5}\n  b: {rows: 6}\n")
    inputs.ok("mix", "one.jsonl", "two.jsonl", "--recipe", "r.yaml", "-o", "out.arrow")
    assert tasks(inputs) == {"a": 27, "b": 6, "c": 27}
    inputs.ok("mix", "one.jsonl", "two.jsonl", "--recipe", "r.yaml", "--size", 20, "-o", "out.arrow")
    assert tasks(inputs) == {"a": 7, "b": 6, "c": 7}
    lineage = json.loads(inputs.ok("lineage", "out.arrow", "--json").stdout)
    assert lineage[-1]["arguments"]["groups"] == {"a": {"share": 0.5}, "b": {"rows": 6}}
    assert lineage[-1]["counts"]["mixture"][0]["taken"] == 7


def test_a_share_a_quality_and_a_selection(inputs: Cli) -> None:
    inputs.ok("mix", "one.jsonl", "two.jsonl", "--size", 40, "--share", "lang=z:0.75", "--select", "score:score",
              "--quality", "score", "-o", "out.arrow")  # fmt: skip
    got = rows_of(inputs.folder / "out.arrow")
    assert Counter(row["lang"] for row in got) == {"z": 30, "e": 10}
    assert "is not COLUMN=VALUE:SHARE" in inputs.fails("mix", "one.jsonl", "--share", "lang:0.5", code=2)
    assert "is not COLUMN=VALUE:SHARE" in inputs.fails("mix", "one.jsonl", "--share", "lang=z", code=2)


def test_text_from_a_file_beside_the_tasks(inputs: Cli) -> None:
    write_lines(
        inputs.folder / "corpus.jsonl", [{"text": f"The mill number {n} stands by the river."} for n in range(50)]
    )
    done = inputs.ok("mix", "one.jsonl", "two.jsonl", "--pretraining", "corpus.jsonl", "--pretraining-share", 0.2, "-o",
                     "out.arrow", "--summary", "s.json")  # fmt: skip
    assert tasks(inputs) == {"a": 40, "b": 40, "c": 40, "pretraining": 30}
    assert "pretraining" in done.stderr
    counts = json.loads((inputs.folder / "s.json").read_text())
    assert (counts["rows_in"], counts["rows_out"], counts["reasons"]) == (170, 150, {"not_taken": 20})
    assert "go together" in inputs.fails("mix", "one.jsonl", "--pretraining", "corpus.jsonl", code=2)
    lineage = json.loads(inputs.ok("lineage", "out.arrow", "--json").stdout)
    assert [one["name"] for one in lineage[-1]["inputs"]] == ["one.jsonl", "two.jsonl", "corpus.jsonl"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("one.jsonl", "one.jsonl"), 2, "one.jsonl is given twice"),
        (("one.jsonl", "./one.jsonl"), 2, "is given twice"),
        (("one.jsonl", "--weight", "d=2"), 2, "a weight names 'd', which is no task here; there are a, b, c"),
        (("one.jsonl", "--cap", "0"), 2, "--cap"),
        (("one.jsonl", "--cap", "-3"), 2, "--cap"),
        (("one.jsonl", "--temperature", "0"), 2, "the temperature is a number from 0.01"),
        (("one.jsonl", "--size", "71"), 1, "71 rows are asked for, and all that may be taken are 70"),
        (("one.jsonl", "--size", "60", "--weight", "a=9", "--on-shortage", "refuse"), 1, "a should give"),
        (("one.jsonl", "empty.arrow"), 1, "empty.arrow holds no rows; --allow-empty goes on without it"),
        (("one.jsonl", "text.jsonl"), 1, "the column 'score' is int64 in one.jsonl and string in text.jsonl"),
        (("one.jsonl", "--recipe", "none.yaml"), 1, "none.yaml can't be read as YAML (no such file"),
        (("one.jsonl", "--recipe", "broken.yaml"), 1, "expected node content at line 2, column 1"),
        (("one.jsonl", "--select", "score:nothing"), 2, "--select score:nothing: no such column"),
        (("one.jsonl", "--share", "task=a:half"), 2, "'task=a:half' is not COLUMN=VALUE:SHARE"),
        (("one.jsonl", "--pretraining-share", "half"), 2, "'half' is no share, such as 0.05 or 5%"),
        (("one.jsonl", "--order", "curriculum"), 2, "go together"),
        (("one.jsonl", "--order", "curriculum", "--curriculum", "nothing"), 2, "--curriculum nothing: no such column"),
        (("one.jsonl", "--select", "best"), 2, "--select is random"),
        (("one.jsonl", "--by", "nothing"), 2, "--by nothing: no such column"),
    ],
)  # fmt: skip
def test_what_can_not_be_had_is_one_sentence(inputs: Cli, options: tuple[str, ...], code: int, words: str) -> None:
    write_lines(inputs.folder / "text.jsonl", [{**ROWS[0], "score": "high"}])
    (inputs.folder / "broken.yaml").write_text("groups: [\n", encoding="utf-8")
    inputs.ok("filter", "one.jsonl", "--preset", "none", "--rule", "long_output=1", "-o", "empty.arrow")
    said = inputs.fails("mix", *options, "-o", "out.arrow", code=code)
    assert words in (said if code == 2 else one_sentence(said))
    assert not (inputs.folder / "out.arrow").exists()


def test_shares_are_numbers_or_percentages(inputs: Cli) -> None:
    plans = [inputs.ok("mix", "one.jsonl", "--share", f"task=a:{share}", "--plan").stdout for share in ("0.5", "50%")]
    assert plans[0] == plans[1]


def test_ways_out_of_bad_input(inputs: Cli) -> None:
    write_lines(inputs.folder / "text.jsonl", [{**ROWS[0], "score": "high"}])
    inputs.ok("filter", "one.jsonl", "--preset", "none", "--rule", "long_output=1", "-o", "empty.arrow")
    inputs.ok("mix", "one.jsonl", "text.jsonl", "empty.arrow", "--allow-empty", "--on-conflict", "text", "-o", "out/")
    opened = datasets.load_from_disk(str(inputs.folder / "out"))
    assert len(opened) == 71
    assert "high" in opened["score"]


@pytest.mark.parametrize(
    "options",
    [("--cap", 30), ("--size", 150, "--max-epochs", 3), ("--select", "diverse", "--size", 50),
     ("--order", "curriculum", "--curriculum", "length")],
)  # fmt: skip
def test_workers_and_order_of_the_inputs_change_no_byte(inputs: Cli, options: tuple[object, ...]) -> None:
    inputs.ok("mix", "one.jsonl", "two.jsonl", *options, "--workers", 1, "-q", "-o", "a.arrow")
    inputs.ok("mix", "one.jsonl", "two.jsonl", *options, "--workers", 4, "-q", "-o", "b.arrow")
    inputs.ok("mix", "two.jsonl", "one.jsonl", *options, "-q", "-o", "c.arrow")
    assert (inputs.folder / "a.arrow").read_bytes() == (inputs.folder / "b.arrow").read_bytes()
    assert rows_of(inputs.folder / "a.arrow") == rows_of(inputs.folder / "c.arrow")


@pytest.mark.parametrize("name", ["out.arrow", "out.parquet", "out.jsonl", "out.csv", "out"])
def test_an_error_in_the_middle_is_one_sentence_and_leaves_nothing(inputs: Cli, name: str) -> None:
    inputs.ok("filter", "one.jsonl", "--preset", "none", "--rule", "long_output=1", "-o", "empty.arrow")
    assert "holds no rows" in one_sentence(inputs.fails("mix", "one.jsonl", "empty.arrow", "-q", "-o", name))
    assert sorted(path.name for path in inputs.folder.iterdir()) == ["empty.arrow", "one.jsonl", "tmp", "two.jsonl"]
    assert not list((inputs.folder / "tmp").iterdir())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--weight", "a=1", "--weight", "a=2"), "a is given twice"),
        (("--share", "lang=e:0.1", "--share", "lang=e:0.2"), "lang=e is given twice"),
        (("--stages", 3), "--stages goes with"),
        (("--count-by", "chars"), "--count-by goes with"),
    ],
)
def test_options_without_effect_are_refused(inputs: Cli, options: tuple[object, ...], words: str) -> None:
    assert words in inputs.fails("mix", "one.jsonl", *options, "-o", "out.arrow", code=2)


def test_stdin_is_not_both_the_rows_and_the_text(inputs: Cli) -> None:
    said = inputs.fails("mix", "--pretraining", "-", "--pretraining-share", 0.1, "--from", "jsonl", code=2)
    assert "- is given twice" in said


def test_a_group_name_does_not_steer_the_terminal(inputs: Cli) -> None:
    write_lines(inputs.folder / "evil.jsonl", [{**row, "task": "\x07red"} for row in ROWS[:5]])
    said = inputs.ok("mix", "one.jsonl", "evil.jsonl", "--size", 40, "--max-epochs", 9, "--weight", "a=0",
                     "--weight", "b=0", "--weight", "c=0", "--plan").stderr  # fmt: skip
    assert "\x07" not in said
    assert "\\x07red is" in said


def test_a_table_of_very_many_groups_shows_the_largest(inputs: Cli) -> None:
    write_lines(inputs.folder / "many.jsonl", [{**ROWS[0], "task": f"g{number:04}"} for number in range(1000)])
    table = inputs.ok("mix", "one.jsonl", "many.jsonl", "--plan").stdout.decode().splitlines()
    assert len(table) == 2 + 100 + 2
    assert [line.split()[0] for line in table[2:5]] == ["a", "b", "c"]
    assert "903 smaller groups" in table[-2]
