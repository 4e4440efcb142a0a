"""What can be wrong with an input or a place for the output: one sentence, an exit code, and no file."""

import codecs
import gzip
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import instructkit as ik
from tests.conftest import EXAMPLES, Cli, one_sentence, rows_of, write_lines
from tests.forking import Forks

ROW = {"instruction": "Name a river.", "output": "The Elbe."}
GOOD = json.dumps(ROW)


def summary(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((cli.folder / "summary.json").read_text())
    return found


def rejects(cli: Cli) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (cli.folder / "rejects.jsonl").read_text().splitlines()]


KEEP_BOTH = ("-o", "out.arrow", "--summary", "summary.json", "--rejects", "rejects.jsonl")


def cut_gzip(*parts: bytes) -> bytes:
    """A gzip file of these parts around 6 KB of noise, without its last 500 bytes."""
    *before, after = parts
    return gzip.compress(b"".join([*before, os.urandom(3000).hex().encode(), after]))[:-500]


# a file's name, its bytes, more options, words of the one sentence
UNREADABLE: dict[str, tuple[str, bytes, tuple[str, ...], tuple[str, ...]]] = {
    "an empty file": ("a.jsonl", b"", (), ("a.jsonl", "empty")),
    "an empty arrow file": ("a.arrow", b"", (), ("a.arrow", "empty")),
    "an unknown suffix": ("a.docx", b"x", (), ("a.docx", ".docx", "--from")),
    "jsonl in another encoding": ("a.jsonl", '{"instruction": "你好", "output": "嗯"}\n'.encode("gb18030") * 2, (),
                                  ("a.jsonl", "not UTF-8")),
    "a json array in another encoding": ("a.json", '[{"instruction": "你好", "output": "嗯"}]'.encode("gb18030"), (),
                                         ("a.json", "not UTF-8")),
    "csv in another encoding": ("a.csv", "text,label\n很好,1\n".encode("gb18030"), ("--task", "sentiment"),
                                ("a.csv", "not UTF-8")),
    "a csv header in another encoding": ("a.csv", "文本,标签\n很好,1\n".encode("gb18030"), ("--task", "sentiment"),
                                         ("a.csv", "not UTF-8")),
    "text in another encoding": ("a.txt", "很好".encode("gb18030"), ("--task", "text-completion"),
                                 ("a.txt", "not UTF-8")),
    "utf-16": ("a.jsonl", GOOD.encode("utf-16"), (), ("a.jsonl", "UTF-16", "iconv")),
    "utf-16 csv": ("a.csv", "text,label\nGood,1\n".encode("utf-16"), ("--task", "sentiment"), ("a.csv", "UTF-16")),
    "all lines broken": ("a.jsonl", b'{"instruction": "a\n{"output"\n', (), ("a.jsonl", "not one row", "row 1")),
    "an array cut in the middle": ("a.json", f"[{GOOD},\n{GOOD[:20]}".encode(), (),
                                   ("a.json", "cut off", "after row 1")),
    "an array cut after a comma": ("a.json", f"[{GOOD},".encode(), (), ("a.json", "cut off", "after row 1")),
    "an array that lacks a comma": ("a.json", f"[{GOOD} {GOOD}]".encode(), (), ("a.json", "comma", "after row 1")),
    "an object cut in the middle": ("a.json", b'{\n "data": [{"paragraphs"', (), ("a.json", "cut off")),
    "an object with two lists": ("a.json", json.dumps({"a": [ROW], "b": [ROW]}, indent=1).encode(), (),
                                 ("a.json", "a, b")),
    "a gz file that is cut": ("a.jsonl.gz", cut_gzip(GOOD.encode(), b'\n{"instruction": "', b'"}\n'), (),
                              ("a.jsonl.gz", "cut")),
    "a cut csv.gz": ("a.csv.gz", cut_gzip(b"text,label\n", b",1\n"), ("--task", "sentiment"),
                     ("a.csv.gz", "cut")),
    "a gz file that is none": ("a.jsonl.gz", GOOD.encode(), (), ("a.jsonl.gz", "damaged")),
    "a parquet file that is none": ("a.parquet", b"PAR1 and no more", (), ("a.parquet",)),
    "a csv file with no header": ("a.csv", b"\n\n", ("--task", "sentiment"), ("a.csv", "header")),
    "two columns of one name": ("a.csv", b"text,text\na,b\n", ("--task", "sentiment"), ("a.csv", "'text'")),
    "plain columns": ("a.jsonl", b'{"color": "red"}\n', (), ("a.jsonl", "color", "--task")),
    "a number where rows should be": ("a.json", b"17\n", (), ("a.json", "not an object")),
}  # fmt: skip
USAGE = {"plain columns"}


@pytest.fixture(scope="module")
def unreadable(
    tmp_path_factory: pytest.TempPathFactory, forks: Forks
) -> tuple[Path, dict[str, "subprocess.CompletedProcess[Any]"]]:
    """The folder in which ``format`` was run on each of the unreadable files, and how the runs ended."""
    cli = Cli(tmp_path_factory.mktemp("unreadable"), forks)
    for what, (name, content, _, _) in UNREADABLE.items():
        (cli.folder / what).mkdir()
        (cli.folder / what / name).write_bytes(content)
    runs = {what: cli("format", name, *options, "-o", "out.arrow", inside=what)
            for what, (name, _, options, _) in UNREADABLE.items()}  # fmt: skip
    return cli.folder, runs


@pytest.mark.parametrize("what", UNREADABLE)
def test_an_unreadable_file_is_told_in_one_sentence(
    unreadable: tuple[Path, dict[str, "subprocess.CompletedProcess[Any]"]], what: str
) -> None:
    folder, runs = unreadable
    name, _, _, words = UNREADABLE[what]
    said = one_sentence(runs[what].stderr)
    assert runs[what].returncode == (2 if what in USAGE else 1)
    assert os.listdir(folder / what) == [name]
    for word in words:
        assert word in said


def test_a_missing_file_is_named(cli: Cli) -> None:
    assert "gone.jsonl does not exist" in cli.fails("format", "gone.jsonl", "-o", "out.arrow")


def test_a_directory_that_is_no_dataset_is_told(cli: Cli) -> None:
    (cli.folder / "folder").mkdir()
    assert "folder is a directory but no dataset" in cli.fails("format", "folder", "-o", "out.arrow")
    (cli.folder / "folder" / "one.jsonl").write_text("{}\n", encoding="utf-8")
    assert "to read the files in it, name them" in cli.fails("mix", "folder", "-o", "out.arrow")


def test_a_directory_of_splits_names_them(cli: Cli) -> None:
    whole = datasets.Dataset.from_list([ROW])
    datasets.DatasetDict({"train": whole, "test": whole}).save_to_disk(str(cli.folder / "splits"))
    assert "holds the splits test, train; name one: splits/test" in cli.fails("format", "splits", "-o", "out.arrow")


def test_a_dataset_that_lacks_a_shard_is_told(cli: Cli, examples_file: Path) -> None:
    cli.ok("format", examples_file, "--shard-rows", 7, "-o", "train")
    (cli.folder / "train" / "data-00001-of-00003.arrow").unlink()
    assert "data-00001-of-00003.arrow" in cli.fails("filter", "train", "-o", "out.arrow")


def test_half_a_line_is_rejected_and_the_others_are_kept(cli: Cli) -> None:
    write_lines(cli.folder / "a.jsonl", [GOOD, "", GOOD[:25], {"instruction": "b", "output": "c"}])
    cli.ok("format", "a.jsonl", *KEEP_BOTH)
    assert [row["instruction"] for row in rows_of(cli.folder / "out.arrow")] == ["Name a river.", "b"]
    assert summary(cli)["reasons"] == {"not_json": 1}
    assert (summary(cli)["rows_in"], summary(cli)["rows_out"], summary(cli)["rows_dropped"]) == (3, 2, 1)
    (row,) = rejects(cli)
    assert row["origin"] == {"file": "a.jsonl", "row": 3, "text": GOOD[:25]}


def test_a_line_in_another_encoding_is_rejected_by_itself(cli: Cli) -> None:
    (cli.folder / "a.jsonl").write_bytes(f"{GOOD}\n".encode() + '{"instruction": "你好"}\n'.encode("gb18030"))
    (cli.folder / "a.csv").write_bytes(b"instruction,output\nfine,yes\n" + "你好,嗯\n".encode("gb18030"))
    cli.ok("format", "a.jsonl", "a.csv", *KEEP_BOTH)
    assert [row["instruction"] for row in rows_of(cli.folder / "out.arrow")] == ["Name a river.", "fine"]
    assert [(row["origin"]["file"], row["origin"]["row"]) for row in rejects(cli)] == [("a.jsonl", 2), ("a.csv", 2)]
    assert summary(cli)["reasons"] == {"not_utf8": 2}


def test_half_a_surrogate_pair_is_rejected_by_itself(cli: Cli) -> None:
    """JSON allows it, UTF-8 and Arrow do not; cutting a text between the halves makes it."""
    write_lines(cli.folder / "a.jsonl", [GOOD, r'{"instruction": "smile \ud83d", "output": "c"}'])
    (cli.folder / "b.json").write_text("[" + (cli.folder / "a.jsonl").read_text().strip().replace("\n", ",\n") + "]")
    cli.ok("format", "a.jsonl", "b.json", *KEEP_BOTH)
    assert [row["origin"]["row"] for row in rejects(cli)] == [2, 2]
    assert summary(cli)["rows_out"] == 2


def test_a_row_with_nothing_asked_is_rejected(cli: Cli) -> None:
    write_lines(cli.folder / "a.jsonl", [ROW, {"instruction": "  ", "output": "c"}, {"output": "d"}])
    cli.ok("format", "a.jsonl", *KEEP_BOTH)
    assert summary(cli)["reasons"] == {"no_instruction": 2}
    assert [row["origin"]["row"] for row in rejects(cli)] == [2, 3]


def test_more_bad_rows_than_allowed_stop_the_run(cli: Cli) -> None:
    write_lines(cli.folder / "a.jsonl", [GOOD, "{", GOOD, "{", GOOD])
    cli.ok("format", "a.jsonl", "--max-bad", 2, "-o", "two.arrow")
    assert "--max-bad 1" in cli.fails("format", "a.jsonl", "--max-bad", 1, *KEEP_BOTH)
    assert "--max-bad 0" in cli.fails("filter", "a.jsonl", "--max-bad", 0, *KEEP_BOTH)


def test_nested_nulls_are_kept(cli: Cli) -> None:
    tags = [{"a": None, "b": [1, None]}, None, {"a": "x", "b": None}, {"a": None, "b": []}]
    write_lines(cli.folder / "a.jsonl", [{**ROW, "tags": value} for value in tags])
    cli.ok("format", "a.jsonl", "-o", "out.arrow")
    assert [row["tags"] for row in rows_of(cli.folder / "out.arrow")] == tags


def test_a_column_of_mixed_types_is_kept_as_text(cli: Cli) -> None:
    values = [1, "one", None, [1, 2], {"a": True}, 2.5]
    write_lines(cli.folder / "a.jsonl", [{**ROW, "mixed": value} for value in values])
    done = cli.ok("format", "a.jsonl", "-o", "out.arrow")
    assert "mixed" in done.stderr
    kept = [row["mixed"] for row in rows_of(cli.folder / "out.arrow")]
    assert kept == ["1", "one", None, "[1,2]", '{"a":true}', "2.5"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_a_row_of_50_mb_is_a_row(cli: Cli, name: str) -> None:
    long = "river, " * (50 * 1024 * 1024 // 7)
    with open(cli.folder / name, "w") as file:
        if name == "a.csv":
            file.write(f'instruction,output\nfirst,x\n"{long}",y\nlast,z\n')
        else:
            rows = [{"instruction": text, "output": "x"} for text in ("first", long, "last")]
            json.dump(rows, file) if name == "a.json" else file.writelines(json.dumps(row) + "\n" for row in rows)
    cli.ok("format", name, "-o", "out.arrow")
    with pa.OSFile(str(cli.folder / "out.arrow")) as file:
        table = pa.ipc.open_stream(file).read_all()
    assert table["instruction"].to_pylist() == ["first", long, "last"]


def test_an_unknown_task_lists_the_known_ones(cli: Cli, sample_data: Path) -> None:
    said = cli.fails("format", sample_data / "reviews.csv", "--task", "sentimental", "-o", "out.arrow", code=2)
    assert "sentimental" in said
    assert "sentiment," in said
    assert "nli" in said


def test_a_role_without_a_column_names_those_present(cli: Cli) -> None:
    (cli.folder / "a.csv").write_text("review_en,verdict\nGood,1\n")
    said = cli.fails("format", "a.csv", "--task", "sentiment", "-o", "out.arrow", code=2)
    assert "text" in said
    assert "review_en, verdict" in said


def test_a_label_out_of_range_is_rejected_with_its_value_and_the_range(cli: Cli) -> None:
    (cli.folder / "a.csv").write_text("text,label\nGood,1\nBad,0\nOdd,7\n")
    cli.ok("format", "a.csv", "--task", "sentiment", *KEEP_BOTH)
    (row,) = rejects(cli)
    assert row["origin"]["row"] == 3
    assert row["reasons"][0]["value"] == "7"
    assert "0" in row["reasons"][0]["threshold"]
    assert "1" in row["reasons"][0]["threshold"]
    assert summary(cli)["rows_out"] == 2


def test_a_wrong_from_is_told(cli: Cli) -> None:
    write_lines(cli.folder / "a.jsonl", [ROW])
    said = cli.fails("format", "a.jsonl", "--from", "sharegpt", "-o", "out.arrow")
    assert "can't be read as sharegpt; its columns are instruction, output" in said
    assert "alpaca" in cli.fails("format", "a.jsonl", "--from", "alpace", "-o", "out.arrow", code=2)


def test_wrong_usage_is_exit_code_2(cli: Cli, examples_file: Path) -> None:
    cli.fails("format", code=2)
    cli.fails("dedup", examples_file, "--ngram", "0", "-o", "out.arrow", code=2)
    cli.fails("dedup", examples_file, "--no-such-option", code=2)
    cli.fails("filter", examples_file, "-o", "out.docx", code=2)
    cli.fails("no-such-command", code=2)


def test_an_output_in_a_missing_folder_fails_before_any_work(cli: Cli, examples_file: Path) -> None:
    for option in ("-o", "--rejects"):
        assert "mkdir -p no/such" in cli.fails("filter", examples_file, option, "no/such/out.arrow")


@pytest.mark.parametrize("name", ["out.arrow", "out.parquet", "out.jsonl", "out.jsonl.gz", "out.csv", "train"])
def test_a_full_disk_leaves_nothing_under_the_name(cli: Cli, small_disk: Callable[..., Path], name: str) -> None:
    disk = small_disk("64k")
    noise = [{**ROW, "noise": os.urandom(500).hex()} for _ in range(1000)]
    write_lines(cli.folder / "a.jsonl", noise)
    (disk / name).mkdir() if name == "train" else (disk / name).write_text("the old one")
    said = cli.fails("mix", "a.jsonl", "-o", disk / name)
    assert "the disk is full" in said
    assert name in said
    assert ".part" not in said
    assert os.listdir(disk) == [name]
    if name != "train":
        assert (disk / name).read_text() == "the old one"


@pytest.mark.parametrize("command", ["dedup", "mix"])
def test_a_full_temporary_folder_is_told_with_the_way_out(
    cli: Cli, small_disk: Callable[..., Path], command: str
) -> None:
    disk = small_disk("64k")
    write_lines(cli.folder / "a.jsonl", [{**ROW, "noise": os.urandom(500).hex()} for _ in range(1000)])
    said = cli.fails(command, "a.jsonl", "-o", "out.arrow", env={"TMPDIR": str(disk)})
    assert "TMPDIR" in said
    assert str(disk) in said
    assert os.listdir(disk) == []


def test_a_read_only_folder_fails_before_any_work(
    cli: Cli, examples_file: Path, small_disk: Callable[..., Path]
) -> None:
    disk = small_disk("64k")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert "is not writable" in cli.fails("filter", examples_file, "-o", disk / "out.arrow")
    assert "is not writable" in cli.fails("filter", examples_file, "-o", disk / "train/")


def test_a_folder_that_is_no_dataset_is_not_overwritten(cli: Cli, examples_file: Path) -> None:
    (cli.folder / "papers").mkdir()
    (cli.folder / "papers" / "thesis.tex").write_text("years of work")
    assert "is not overwritten" in cli.fails("filter", examples_file, "-o", "papers")
    assert "is not overwritten" in cli.fails("filter", examples_file, "-o", "papers/")
    assert (cli.folder / "papers" / "thesis.tex").read_text() == "years of work"


def test_two_inputs_with_different_extra_columns_keep_both(cli: Cli) -> None:
    write_lines(cli.folder / "a.jsonl", [{**ROW, "score": 1, "both": 1}])
    write_lines(cli.folder / "b.jsonl", [{**ROW, "lang": "en", "both": "x"}])
    cli.ok("format", "a.jsonl", "b.jsonl", "-o", "out.arrow")
    rows = rows_of(cli.folder / "out.arrow")
    assert [(row["score"], row["lang"], row["both"]) for row in rows] == [(1, None, "1"), (None, "en", "x")]


NOTHING: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "csv": ("a.csv", "text,label\n", ("--task", "sentiment")),
    "tsv": ("a.tsv", "instruction\toutput\n", ()),
    "array": ("a.json", " [\n]\n", ()),
}


@pytest.mark.parametrize("what", NOTHING)
def test_no_rows_give_an_empty_but_valid_output(cli: Cli, what: str) -> None:
    name, content, options = NOTHING[what]
    (cli.folder / name).write_text(content)
    cli.ok("format", name, *options, "-o", "out.arrow")
    cli.ok("filter", "out.arrow", "-o", "again")
    opened = datasets.load_from_disk(str(cli.folder / "again"))
    assert opened.num_rows == 0
    assert opened.column_names[:2] == ["id", "instruction"]


@pytest.mark.parametrize("command", ["dedup", "filter", "mix --allow-empty"])
def test_an_empty_stream_goes_through_every_step(cli: Cli, examples_file: Path, command: str) -> None:
    with pa.OSFile(str(examples_file)) as file:
        schema = pa.ipc.open_stream(file).schema
    with pa.ipc.new_stream(str(cli.folder / "none.arrow"), schema):
        pass
    cli.ok(*command.split(), "none.arrow", "-o", "out.parquet")
    assert pq.read_table(cli.folder / "out.parquet").num_rows == 0
    assert pq.read_table(cli.folder / "out.parquet").column_names[:2] == ["id", "instruction"]


def test_a_step_that_drops_all_rows_succeeds_and_says_so(cli: Cli, examples_file: Path) -> None:
    done = cli.ok("filter", examples_file, "--rule", "long_output=1", "-o", "out.arrow")
    assert "no row is left" in done.stderr
    assert rows_of(cli.folder / "out.arrow") == []


def test_a_byte_order_mark_alone_is_no_rows(cli: Cli) -> None:
    (cli.folder / "a.jsonl").write_bytes(codecs.BOM_UTF8)
    assert "holds no rows" in cli.fails("format", "a.jsonl", "-o", "out.arrow")


def test_the_library_raises_what_the_command_says(tmp_path: Path) -> None:
    with pytest.raises(ik.InstructkitError, match="does not exist"):
        ik.read(str(tmp_path / "gone.jsonl"))
    broken = write_lines(tmp_path / "a.jsonl", [*map(json.dumps, EXAMPLES), "{"])
    with pytest.raises(ik.InstructkitError, match="--max-bad 0"):
        ik.read(str(broken), max_bad=0).read_all()


def test_neither_rejects_nor_summary_may_overwrite_what_is_read(cli: Cli, sample_data: Path) -> None:
    copy = cli.folder / "tasks.jsonl"
    copy.write_bytes((sample_data / "seed_tasks.jsonl").read_bytes())
    for command in (["format", "tasks.jsonl", "--summary"], ["filter", "tasks.jsonl", "--rejects"]):
        done = cli(*command, "tasks.jsonl", "-o", "out.jsonl")
        assert done.returncode == 2
        assert "is an input" in done.stderr
    assert copy.read_bytes() == (sample_data / "seed_tasks.jsonl").read_bytes()


@pytest.mark.parametrize("words", [("stats", b"\xff.jsonl"), ("export", "a.jsonl", "--to", "trl", "--joiner", b"\xff")])
def test_a_name_that_is_no_utf8_is_refused(cli: Cli, words: tuple[object, ...]) -> None:
    words = tuple(os.fsdecode(word) if isinstance(word, bytes) else word for word in words)
    assert "is not UTF-8: rename the file, or spell the value so" in cli.fails(*words, code=2)
