"""Arrow IPC: the stream and the file format, and what other writers put in them."""

from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.feather
import pytest

from instructkit.errors import BadInput, BrokenStream
from tests.conftest import raw_rows

TABLE = pa.table({"text": ["a", None, "c"], "label": [0, 1, None]})


def write(path: Path, table: pa.Table, *, as_file: bool, rows: int = 2) -> Path:
    make = pa.ipc.new_file if as_file else pa.ipc.new_stream
    with make(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return path


@pytest.mark.parametrize("as_file", [False, True])
def test_both_formats_are_read(tmp_path: Path, as_file: bool) -> None:
    rows, numbers, _ = raw_rows(write(tmp_path / "a.arrow", TABLE, as_file=as_file))
    assert rows == TABLE.to_pylist()
    assert numbers == [1, 2, 3]


@pytest.mark.parametrize("as_file", [False, True])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_of_either_format_is_an_error(tmp_path: Path, as_file: bool, share: float) -> None:
    path = write(tmp_path / "a.arrow", TABLE, as_file=as_file)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BadInput, match=r"a\.arrow"):
        raw_rows(path)


def test_a_stream_cut_between_two_batches_is_an_error(tmp_path: Path) -> None:
    """pyarrow alone takes it for a stream that has ended."""
    path = tmp_path / "a.arrow"
    with pa.OSFile(str(path), "wb") as file:
        writer = pa.ipc.new_stream(file, TABLE.schema)
        writer.write_table(TABLE)
        # not closed: no end marker
    with pytest.raises(BrokenStream, match="ends too early"):
        raw_rows(path)
    with pa.OSFile(str(path)) as file:
        assert pa.ipc.open_stream(file).read_all().num_rows == 3


def test_text_that_is_no_utf8_is_an_error(tmp_path: Path) -> None:
    text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
    path = write(tmp_path / "a.arrow", pa.table({"text": text}), as_file=False)
    with pytest.raises(BadInput, match="damaged"):
        raw_rows(path)


def test_large_dictionary_and_view_columns_become_plain_ones(tmp_path: Path) -> None:
    texts = ["x", "y", "x"]
    table = pa.table(
        {
            "large": pa.array(texts, pa.large_string()),
            "codes": pa.array(texts).dictionary_encode(),
            "view": pa.array(texts, pa.string_view()),
            "lists": pa.array([[text] for text in texts], pa.large_list(pa.large_string())),
            "none": pa.nulls(3),
        }
    )
    rows, _, _ = raw_rows(write(tmp_path / "a.arrow", table, as_file=False))
    assert rows == table.to_pylist()


def test_the_class_names_of_datasets_are_known(tmp_path: Path) -> None:
    """A ``ClassLabel`` is an integer whose names stand in the metadata."""
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    data = datasets.Dataset.from_dict({"text": ["It sings.", "It drags."], "label": [1, 0]}, features=features)
    data.save_to_disk(str(tmp_path / "saved"))
    import instructkit as ik

    rows = ik.format([str(tmp_path / "saved")], task="sentiment").read_all().to_pylist()
    assert ["positive" in row["output"].lower() or "good" in row["output"].lower() for row in rows] == [True, False]


def test_feather_files_are_the_ipc_file_format(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    pyarrow.feather.write_feather(TABLE, str(path), compression="zstd")
    assert raw_rows(path)[0] == TABLE.to_pylist()
