"""Directories in the layout of ``datasets.save_to_disk``."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from instructkit.errors import BadInput
from instructkit.records.containers.arrow import ArrowWriter, open_arrow
from instructkit.records.containers.json_text import text_bytes
from instructkit.records.containers.raw import Numbers, Raw
from instructkit.records.hashing import json_texts
from instructkit.records.part import PartFile, disk_errors
from instructkit.records.sources import Source
from instructkit.records.stream import Counts


def shard_paths(folder: Path) -> list[Path]:
    """The shards of a saved dataset, in order; raises `BadInput` where state.json is damaged or a shard missing."""
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        shards = [folder / entry["filename"] for entry in state["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{folder}/state.json is damaged ({type(error).__name__}); save the dataset again") from error
    for shard in shards:
        if shard.parent.resolve() != folder.resolve():
            raise BadInput(f"{folder}/state.json names a file outside the dataset ({shard.name})")
        if not shard.exists():
            raise BadInput(f"{folder} lacks its shard {shard.name}; save the dataset again")
    if not shards:
        raise BadInput(f"{folder}/state.json names no shards; save the dataset again")
    return shards


def open_directory(source: Source) -> Raw:
    """Open the shards of a saved dataset as one source."""
    shards = shard_paths(Path(source.path))
    first = open_arrow(Source(str(shards[0]), "arrow"))
    steps: list[Counts] = []

    def batches() -> Iterator[tuple[pa.RecordBatch, Numbers]]:
        rows = 0
        for number, shard in enumerate(shards):
            raw = first if number == 0 else open_arrow(Source(str(shard), "arrow"))
            if not raw.schema.equals(first.schema):
                raise BadInput(f"{source.name}: the shard {shard.name} has other columns than the first")
            shard_rows = 0
            for batch, numbers in raw.batches:
                yield batch, numbers + rows
                shard_rows += batch.num_rows
            rows += shard_rows
            steps[:] = raw.steps or steps

    return Raw(source.name, first.schema, batches(), first.labels, first.lineage, steps)


class DirectoryWriter:
    """What ``datasets.load_from_disk`` opens: shards in IPC stream format, state.json, dataset_info.json."""

    def __init__(self, path: Path, schema: pa.Schema, shard_rows: int, split: str | None = None) -> None:
        self._part = PartFile(path)
        self._split = split  # the name of the dataset among those it belongs to
        self._schema, self._shard_rows = schema, shard_rows
        self._shards: list[Path] = []
        self._writer: ArrowWriter | None = None
        self._room = 0
        self._print = xxhash.xxh3_64()
        with disk_errors(path):
            self._part.part.mkdir()

    def write(self, batch: pa.RecordBatch) -> None:
        start = 0
        for column in batch.columns[:1]:  # the ids say which rows these are
            texts = column if pa.types.is_string(column.type) else json_texts(column)
            self._print.update(pc.fill_null(pc.binary_length(texts), -1).to_numpy(zero_copy_only=False).tobytes())
            self._print.update(text_bytes(texts))
        while start < batch.num_rows:
            if self._room == 0:
                self._next_shard()
            piece = batch.slice(start, self._room)
            assert self._writer is not None  # noqa: S101 - _next_shard has opened it
            self._writer.write(piece)
            start += piece.num_rows
            self._room -= piece.num_rows

    def finish(self, counts: list[Counts]) -> None:
        if self._writer is None:
            self._next_shard()
        self._close_shard(counts)
        names = [f"data-{number:05d}-of-{len(self._shards):05d}.arrow" for number in range(len(self._shards))]
        with disk_errors(self._part.path):
            for shard, name in zip(self._shards, names, strict=True):
                shard.rename(self._part.part / name)
            self._write_json("dataset_info.json", _dataset_info(self._schema))
            self._write_json("state.json", {
                "_data_files": [{"filename": name} for name in names],
                "_fingerprint": self._print.hexdigest(),
                "_format_columns": None,
                "_format_kwargs": {},
                "_format_type": None,
                "_output_all_columns": False,
                "_split": self._split,
            })  # fmt: skip
        self._part.commit()

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.abort()
        self._part.discard()

    def _next_shard(self) -> None:
        if self._writer is not None:
            self._close_shard([])
        shard = self._part.part / f"shard-{len(self._shards)}.arrow"
        self._shards.append(shard)
        part = PartFile(shard)
        self._writer = ArrowWriter(part.sink(), self._schema, part, self._part.path)
        self._room = self._shard_rows

    def _close_shard(self, counts: list[Counts]) -> None:
        assert self._writer is not None  # noqa: S101
        self._writer.finish(counts)
        self._writer = None

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
        (self._part.part / name).write_text(text + "\n", encoding="utf-8")


def _dataset_info(schema: pa.Schema) -> dict[str, Any]:
    info: dict[str, Any] = {"citation": "", "description": "", "homepage": "", "license": ""}
    with contextlib.suppress(KeyError):  # a type datasets names in no simple way: it infers it from the shards
        info["features"] = {field.name: _feature(field.type) for field in schema}
    return info


def _feature(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]  # the form every version of datasets reads
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    names = {"double": "float64", "float": "float32", "halffloat": "float16"}
    plain = (
        "string",
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "binary",
    )
    name = names.get(str(kind)) or {plain_name: plain_name for plain_name in plain}[str(kind)]
    return {"_type": "Value", "dtype": name}
