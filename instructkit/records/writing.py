"""Write a stream: whole, or not at all."""

import contextlib
import os
import sys
from pathlib import Path

import pyarrow as pa

from instructkit.errors import OutputFailed, UsageError
from instructkit.records.batching import rechunk
from instructkit.records.containers.arrow import ArrowWriter
from instructkit.records.containers.directory import DirectoryWriter
from instructkit.records.part import PartFile, Writer
from instructkit.records.sources import COMPRESSIBLE, known_types, split_suffix
from instructkit.records.stream import Records, close, with_lineage

SHARD_ROWS = 1_000_000
CARD = "README.md"  # what tells of a dataset, in its folder
CARD_MARK = "<!-- written by instructkit export -->"
CARD_HEAD = 65_536  # bytes of its beginning, in which the mark stands


def write(records: object, target: str, *, shard_rows: int = SHARD_ROWS, text: bool = False) -> None:
    """Drain a stream into a file, a directory (no suffix or a trailing slash), or stdout (``-``; ``text``: JSON lines).

    A file appears under its name when it is complete. A directory is what ``datasets.load_from_disk`` opens,
    in shards of ``shard_rows`` rows.

    Raises `OutputFailed` for a missing or read-only folder and a full disk, `UsageError` for an unknown type.
    """
    stream = Records.made(records)
    writer = open_writer(target, with_lineage(stream.schema, stream.lineage), shard_rows=shard_rows, text=text)
    drain(stream, writer)


def drain(stream: Records, writer: Writer) -> None:
    """Give a stream to a writer, whole, or abort it."""
    try:
        for batch in rechunk(stream.batches):
            writer.write(batch)
        writer.finish(stream.counts())
    except BaseException:
        with contextlib.suppress(OSError):
            writer.abort()
        close(stream.batches)
        raise


def open_writer(target: str, schema: pa.Schema, *, shard_rows: int = SHARD_ROWS, text: bool = False) -> Writer:
    """Make the writer that a target's name asks for."""
    if target == "-" and text:
        from instructkit.records.containers.text_out import StdoutWriter

        return StdoutWriter(sys.stdout.buffer, schema)
    if target == "-":
        return ArrowWriter(pa.PythonFile(sys.stdout.buffer, mode="w"), schema)
    container, compression = check_target(target)
    if container == "directory":
        return DirectoryWriter(Path(target), schema, shard_rows)
    part = PartFile(Path(target))
    if container == "arrow":
        return ArrowWriter(part.sink(), schema, part)
    if container == "parquet":
        from instructkit.records.containers.parquet import ParquetWriter

        return ParquetWriter(part, schema)
    from instructkit.records.containers.text_out import TextWriter

    return TextWriter(part, schema, container, compression)


def _is_datasets(entry: Path) -> bool:
    """Whether a file in a dataset's folder is one that `datasets` writes, or a card of ours."""
    name = entry.name
    if name == CARD:
        with entry.open("rb") as file:
            return CARD_MARK.encode() in file.read(CARD_HEAD)
    return name in ("state.json", "dataset_info.json") or (
        name.startswith(("data-", "cache-")) and name.endswith(".arrow")
    )


def check_target(target: str) -> tuple[str, str | None]:
    """The container and compression of an output's name; raises before any work is done for nothing."""
    if target == "-":
        return "arrow", None
    path = Path(target)
    container, compression = split_suffix(target)
    if target.endswith("/") or not path.suffix or (path.is_dir() and container is None):
        container = "directory"
        if path.exists() and (not path.is_dir() or not ((path / "state.json").exists() or not any(path.iterdir()))):
            raise OutputFailed(f"{target} exists and is no dataset; it is not overwritten: choose another name")
        others = [entry.name for entry in path.iterdir() if not _is_datasets(entry)] if path.exists() else []
        if others:
            raise OutputFailed(f"{target} also holds {others[0]}, which would be lost; choose another name, or move it")
    elif container is None:
        raise UsageError(f"{target} has an unknown type {path.suffix!r} (known: {known_types()}; "
                         "or a directory: no suffix, or a trailing slash)")  # fmt: skip
    elif path.is_dir():
        raise OutputFailed(f"{target} is a directory; a file was to be written there")
    if compression and container not in COMPRESSIBLE:
        raise UsageError(f"{target}: .gz and .zst go over text files only ({', '.join(COMPRESSIBLE)})")
    check_folder(path)
    return container, compression


def check_folder(path: Path) -> None:
    """Raise `OutputFailed` where no file of this name can be made: its folder is not there, or not writable."""
    parent = path.absolute().parent
    if not parent.is_dir():
        raise OutputFailed(f"the folder {path.parent} does not exist; make it first: mkdir -p {path.parent}")
    if not os.access(parent, os.W_OK):
        raise OutputFailed(f"the folder {path.parent} is not writable")
