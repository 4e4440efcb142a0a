"""How the rules of a run come together: reasons, counts, columns."""

from pathlib import Path
from typing import Any

import pyarrow as pa

import instructkit as ik
from tests.rows import examples

ROWS: list[dict[str, object]] = [
    {"instruction": "Return JSON", "output": '{"a": "{{ name }}"'},
    {"output": "Run this:\n```bash\nls -l\n"},
    {"output": "fine"},
    {"instruction": "Return JSON", "output": '{"a": 1,'},
]


def test_what_each_rule_alone_drops_is_counted() -> None:
    reader = ik.filter(examples(ROWS), workers=1)
    reader.read_all()
    counts = ik.counts(reader)
    assert counts.reasons == {"broken_json": 2, "template_leftovers": 1, "open_fence": 1}
    assert {name: rows for name, rows in counts.alone.items() if rows} == {"broken_json": 1, "open_fence": 1}
    assert counts.to_json()["alone"]["open_fence"] == 1
    assert type(counts).from_json(counts.to_json()).to_json() == counts.to_json()


def test_tagged_rows_all_stay_with_their_values_and_the_rules_they_fail() -> None:
    reader = ik.filter(examples(ROWS), tag=True, rules=["max_output_words=4"], workers=1)
    table = reader.read_all()
    assert table.num_rows == len(ROWS)
    assert table["failed"].to_pylist() == [
        ["broken_json", "template_leftovers"], ["max_output_words", "open_fence"], [], ["broken_json"]
    ]  # fmt: skip
    assert table["max_output_words"].to_pylist() == [4, 5, 1, 2]
    assert table["template_leftovers"].to_pylist() == ["{{ name }}", None, None, None]
    assert ik.counts(reader).rows_dropped == 0
    assert ik.counts(reader).changed["broken_json_tagged"] == 2


def test_a_column_of_the_users_own_is_never_overwritten_by_a_tag() -> None:
    table = ik.filter(examples([{}], open_fence=["mine"], failed=["mine"]), tag=True).read_all()
    assert table["open_fence"].to_pylist() == table["failed"].to_pylist() == ["mine"]
    assert table["raw_failed"].to_pylist() == [[]]


def test_the_result_does_not_depend_on_workers_or_batches(tmp_path: Path) -> None:
    rows = [{**row, "input": str(number)} for number in range(60) for row in ROWS]
    table = examples(rows)

    def run(batch: int, workers: int, **options: Any) -> pa.Table:
        reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=batch))
        return ik.filter(reader, workers=workers, **options).read_all().combine_chunks()

    for options in ({"language": "en,zh"}, {"tag": True}, {"preset": "web", "tag": True}):
        first = run(7, 1, **options)
        assert run(1000, 1, **options).equals(first)
        assert run(50, 2, **options).equals(first)


def test_texts_of_emoji_nul_and_great_length_are_judged() -> None:
    rows = [{"output": "😀🎉🏳️‍🌈" * 40}, {"output": "a\x00b"}, {"output": ""}, {"output": "汉字，" * 500_000 + "。"},
            {"output": "word and word, " * 200_000}]  # fmt: skip
    for preset in ("instruction", "strict", "web"):
        reader = ik.filter(examples(rows), preset=preset, rules=["max_output_tokens"], workers=1)
        reader.read_all()
        assert ik.counts(reader).rows_in == len(rows)
        assert ik.counts(reader).reasons["max_output_tokens"] == 2


def test_evidence_shows_no_personal_data_where_they_are_masked(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("ann@example.com\n", encoding="utf-8")
    rows = [{"output": "Mail ann@example.com, you fucking idiot@example.org!"}]
    table = ik.filter(
        examples(rows), tag=True, toxicity="tag", pii="mask", keywords=[str(tmp_path / "words.txt")]
    ).read_all()
    assert "example" not in str([table.drop_columns(["id", "parent"]).to_pylist()])


def test_two_lists_of_keywords_are_counted_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"{name}pple\n", encoding="utf-8")
    rows = [{"output": text} for text in ("apple", "bpple", "apple bpple", "none")]
    reader = ik.filter(examples(rows), preset="none", keywords=[str(tmp_path / "a.txt"), str(tmp_path / "b.txt")])
    assert reader.read_all().num_rows == 1
    assert ik.counts(reader).reasons == {"keywords": 3} == dict(ik.counts(reader).alone)
