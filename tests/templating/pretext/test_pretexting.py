"""`pretext`: documents to examples."""

import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

import instructkit as ik
from instructkit.errors import UsageError
from instructkit.templating.pretext import pretexting
from instructkit.templating.pretext.document import Document
from instructkit.templating.pretext.tasks import TASKS
from instructkit.templating.pretext.tasks.summary_gap import rouge_1
from tests.conftest import rows_of, write_lines

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """Documents of the sample data, of every kind it has."""
    news = ik_rows(sample_data / "news.parquet")
    crawl = [json.loads(line) for line in (sample_data / "documents.jsonl").read_text(encoding="utf-8").splitlines()]
    plain = [{"text": line} for line in (sample_data / "documents.txt").read_text(encoding="utf-8").splitlines()]
    code = [
        {"text": path.read_text(encoding="utf-8")} for path in sorted(Path(pretexting.__file__).parent.glob("*.py"))
    ]
    rows = [{"title": "", "topic": "", "url": "", **row} for row in (*news, *crawl, *plain, *code)]
    return write_lines(tmp_path_factory.mktemp("documents") / "documents.jsonl", rows)


def ik_rows(path: Path) -> Rows:
    """The rows of a Parquet file."""
    import pyarrow.parquet as pq

    return list(pq.read_table(path).to_pylist())


def made(source: Path, **options: Any) -> Rows:
    """The examples of a file's documents."""
    return list(ik.pretext([str(source)], **options).read_all().to_pylist())


def test_each_example_says_how_it_was_made(documents: Path) -> None:
    rows = made(documents)
    assert len(rows) > 60
    for row in rows:
        assert row["instruction"].strip()
        assert row["output"].strip()
        assert 0 < row["confidence"] <= 1
        assert row["why"].strip()
        assert row["task"].removeprefix("pretext-") in TASKS
        assert row["template"].startswith(row["task"] + "/")
        assert row["source"] == "documents.jsonl"
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_document_gives_so_many_examples_that_share_its_parent(documents: Path) -> None:
    for number in (1, 2, 5):
        counts = Counter(row["parent"] for row in made(documents, per_document=number, balance=False))
        assert max(counts.values()) == number
        assert len(counts) > 50
    every = made(documents, per_document=None, balance=False)
    assert len(every) > len(made(documents, per_document=5, balance=False))
    assert max(Counter((row["parent"], row["task"]) for row in every).values()) == 1  # they have one passage


@pytest.mark.parametrize("workers", [1, 2])
def test_neither_workers_nor_batches_change_a_byte(documents: Path, tmp_path: Path, workers: int) -> None:
    ik.write(ik.pretext([str(documents)], workers=1), str(tmp_path / "one.arrow"))
    table = pa.Table.from_pylist([json.loads(line) for line in documents.read_text(encoding="utf-8").splitlines()])
    with pa.OSFile(str(tmp_path / "documents.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.to_batches(max_chunksize=7):
            writer.write_batch(batch)
    ik.write(ik.pretext([str(tmp_path / "documents.arrow")], workers=workers), str(tmp_path / "two.arrow"))
    drop = {"source", "template"}
    one, two = (rows_of(tmp_path / name) for name in ("one.arrow", "two.arrow"))
    assert [{k: v for k, v in row.items() if k not in drop} for row in one] == [
        {k: v for k, v in row.items() if k not in drop} for row in two
    ]
    ik.write(ik.pretext([str(documents)], workers=workers), str(tmp_path / "again.arrow"))
    assert (tmp_path / "again.arrow").read_bytes() == (tmp_path / "one.arrow").read_bytes()


def test_blocks_are_worked_by_processes_as_here(
    documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretexting, "BLOCK_ROWS", 8)  # more blocks than are worked in this process
    one, two = (made(documents, workers=workers) for workers in (1, 2))
    assert one == two
    assert len(one) > 60


def test_another_seed_makes_other_examples(documents: Path) -> None:
    assert made(documents, seed=0) == made(documents, seed=0)
    assert {row["id"] for row in made(documents, seed=0)}.isdisjoint(
        {row["id"] for row in made(documents, seed=1) if row["task"] != "pretext-topic"}
    ) or made(documents, seed=0) != made(documents, seed=1)


def test_labels_are_given_equally_often_and_the_rest_is_told(documents: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.jsonl"
    reader = ik.pretext([str(documents)], tasks=("paraphrase", "inference"), per_document=None, rejects=str(rejects))
    rows = reader.read_all().to_pylist()
    counts = ik.counts(reader)
    free = made(documents, tasks=("paraphrase", "inference"), per_document=None, balance=False)
    dropped = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
    unbalanced = [row["id"] for row in dropped if row["reasons"][0]["rule"] == "unbalanced"]
    assert len(unbalanced) == counts.reasons["unbalanced"] > 0
    assert sorted([row["id"] for row in rows] + unbalanced) == sorted(row["id"] for row in free)


def test_a_document_that_gives_nothing_is_told_with_its_reason(tmp_path: Path) -> None:
    good = "The mill stood in the valley for years. It was built by a family of carpenters. They ground flour."
    texts = [
        "",
        " ".join(str(number * 7919) for number in range(300)),
        good,
        good,
        "La maison est au bout de la vallée et personne ne vient jamais.",
        "Go.",
    ]
    source = write_lines(tmp_path / "in.jsonl", [{"text": text} for text in texts])
    reader = ik.pretext([str(source)], rejects=str(tmp_path / "rejects.jsonl"))
    reader.read_all()
    rejected = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["origin"]["row"], row["reasons"][0]["rule"]) for row in rejected if row["origin"]] == [
        (1, "empty_document"),
        (2, "only_numbers"),
        (4, "duplicate_document"),
        (5, "other_language"),
        (6, "other_language"),
    ]
    assert ik.counts(reader).rows_in == 6
    assert ik.counts(reader).rows_dropped == 5


HOSTILE = {
    "one line of 20 MB": "word and " * 2_300_000,
    "one line of 20 MB with ends": "The mill is of stone and it stood there. " * 500_000,
    "right to left": "\u200fكان البيت في نهاية الوادي. ولم يكن أحد يأتي إليه.\u202e" * 20,
    "html": "<html><body><h1>Title</h1><p>Text is here and there.</p></body></html>" * 20,
    "mixed scripts": "The 磨坊 is of stone. 它是石头做的。Она каменная. It is here.",
    "only marks": "。。。！！！？？？...!!!???" * 100,
    "only brackets": "((((([[[[[“““““" * 1000,
    "surrogates": "The mill \ud7ff is of stone. It is here and there.",
    "jinja": "The {{ text }} of the mill is {% raw %} of stone. It was built by a family for the town of {{ answer }}.",
    "one word": "Hello",
    "spaces": "   \u3000\u3000 \n\n\n  ",
    "code that is no code": "def f(:\n  return {\nimport\n" * 30,
    "deep code": "def f():\n    return " + "(" * 5000 + ")" * 5000 + "\nimport os\nimport sys\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_ends_a_run(tmp_path: Path, name: str) -> None:
    good = (
        "The mill stood in the valley for many years. It was built by a family of carpenters from the town of Ambridge."
    )
    source = write_lines(tmp_path / "in.jsonl", [{"text": HOSTILE[name]}, {"text": good}])
    reader = ik.pretext([str(source)], tasks=("all",), per_document=5)
    rows = reader.read_all().to_pylist()
    counts = ik.counts(reader)
    parents = {row["parent"] for row in rows}
    assert counts.rows_in == 2
    assert counts.rows_dropped + len(parents) + (counts.reasons["unbalanced"] > 0) >= 2


def test_templates_in_a_text_are_text(tmp_path: Path) -> None:
    text = (
        "The {{ 7 * 7 }} of the mill is {% raw %} of stone and wood. The old mill was built by a family from the town."
    )
    source = write_lines(tmp_path / "in.jsonl", [{"text": text}])
    rows = made(source, tasks=("keywords-to-text", "last-phrase", "masked-words"), per_document=None)
    assert rows
    assert not any("49" in row["instruction"] + row["input"] + row["output"] for row in rows)


def test_columns_of_the_documents_ride_along(tmp_path: Path, sample_data: Path) -> None:
    rows = made(sample_data / "documents.jsonl")
    addresses = {json.loads(line)["url"] for line in (sample_data / "documents.jsonl").open(encoding="utf-8")}
    assert {row["url"] for row in rows} <= addresses
    clash = write_lines(tmp_path / "in.jsonl", [{"body": row["input"] or row["instruction"], "why": "mine", "id": "7"}
                                                for row in made(sample_data / "documents.txt")])  # fmt: skip
    found = made(clash, text="body", tasks=("last-phrase",))
    assert {row["raw_why"] for row in found} == {"mine"}
    assert {row["raw_id"] for row in found} == {"7"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tasks": ("poetry",)}, "there is no pretext task 'poetry'; known tasks: sentiment"),
        ({"text": "body"}, "has no column 'body' for --text; it has"),
        ({"title": "head"}, "has no column 'head' for --title; it has"),
        ({"per_document": 0}, "per_document is a number of 1 or more, not 0"),
        ({"language": "fr"}, "the phrasings are in en and zh, not in 'fr'"),
        ({"limit": -1}, "limit is a number of 0 or more, not -1"),
    ],
)
def test_what_can_not_be_done_is_said(documents: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        ik.pretext([str(documents)], **options)


def test_the_column_of_the_documents_must_be_known(tmp_path: Path) -> None:
    two = write_lines(tmp_path / "two.jsonl", [{"a": "x", "b": "y"}])
    with pytest.raises(UsageError, match="which column holds the documents"):
        ik.pretext([str(two)])
    number = write_lines(tmp_path / "number.jsonl", [{"text": 7, "b": "y"}])
    with pytest.raises(UsageError, match="holds no text but int64"):
        ik.pretext([str(number)], text="text")


WORDS = st.lists(st.sampled_from(["mill", "stone", "river", "family", "bread", "1954"]), max_size=12)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_rouge_is_that_of_rouge_score(part: list[str], rest: list[str]) -> None:
    known = RougeScorer(["rouge1"]).score(" ".join(rest), " ".join(part))["rouge1"].fmeasure
    assert rouge_1(Counter(part), Counter(part + rest)) == pytest.approx(known)


def test_limit_reads_the_first_documents_alone(documents: Path) -> None:
    few = made(documents, limit=5, balance=False)
    assert 0 < len({row["parent"] for row in few}) <= 5
    assert made(documents, limit=0) == []
    assert made(documents, limit=10**20) == made(documents)


def test_several_sources_are_read_one_after_the_other(sample_data: Path) -> None:
    names = ["documents.txt", "documents.jsonl", "news.parquet"]
    reader = ik.pretext([str(sample_data / name) for name in names])
    assert {row["source"] for row in reader.read_all().to_pylist()} == set(names)
    assert ik.counts(reader).rows_in == 62


def test_an_example_that_is_refused_costs_its_document_nothing(documents: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.jsonl"
    reader = ik.pretext([str(documents)], max_chars=150, balance=False, rejects=str(rejects))
    rows = reader.read_all().to_pylist()
    counts = ik.counts(reader)
    gave = len({row["parent"] for row in rows})
    told = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
    assert counts.reasons["too_long"] > 20
    assert counts.rows_in == gave + counts.rows_dropped
    assert len(told) == sum(counts.reasons.values())


def test_lines_that_can_not_be_read_are_counted_in(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", ["{broken", {"text": ""}])
    reader = ik.pretext([str(source)])
    reader.read_all()
    assert (ik.counts(reader).rows_in, ik.counts(reader).rows_dropped) == (2, 2)


def test_line_breaks_do_not_make_a_document_slow() -> None:
    document = Document("import x" + "\n" * 200_000)
    start = time.perf_counter()
    assert not document.is_code
    assert time.perf_counter() - start < 5  # it was minutes
