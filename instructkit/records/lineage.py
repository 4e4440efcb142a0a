"""The life of a file: each step that made it, with its arguments and what became of the rows."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.records.containers.arrow import END_OF_STREAM
from instructkit.records.sources import resolve
from instructkit.records.stream import LINEAGE_KEY, Counts, Lineage, Records, lineage_of


def lineage(source: object) -> Lineage:
    """The steps behind a file, a directory or a stream, oldest first, each with its ``counts``.

    A step that took several inputs holds the lineage of each in its own ``inputs``. A stream's last counts are
    known once it is drained.

    Raises `BadInput` for a file whose format holds no lineage.
    """
    if isinstance(source, str | Path):
        steps, counts = _of_file(str(source))
    else:
        records = Records.made(source)
        steps, counts = records.lineage, records.counts()
    return with_counts(steps, counts)


def with_counts(steps: Lineage, counts: list[Counts]) -> Lineage:
    """Put each step's counts beside its arguments."""
    told = []
    for number, step in enumerate(steps):
        entry = {**step, "inputs": [dict(one) for one in step.get("inputs", [])]}
        if number < len(counts):
            entry["counts"] = {key: value for key, value in counts[number].to_json().items() if key != "inputs"}
            branches = [one for one in entry.get("inputs", []) if "lineage" in one]
            for branch, behind in zip(branches, _behind(entry, counts[number]), strict=False):
                branch["lineage"] = with_counts(branch["lineage"], behind)
        told.append(entry)
    return told


def _behind(step: dict[str, Any], counts: Counts) -> list[list[Counts]]:
    """The counts of those inputs that have steps behind them."""
    inputs = step.get("inputs", [])
    return [steps for one, steps in zip(inputs, counts.inputs, strict=False) if "lineage" in one]


def _of_file(path: str) -> tuple[Lineage, list[Counts]]:
    source = resolve(path)
    if source.container == "directory":
        from instructkit.records.containers.directory import shard_paths

        shards = shard_paths(Path(path))
        steps, counts = _of_arrow(shards[-1])
        return steps, counts
    if source.container == "arrow":
        return _of_arrow(Path(path))
    if source.container == "parquet":
        from instructkit.records.containers.parquet import open_parquet

        raw = open_parquet(source)
        return raw.lineage, raw.steps
    raise BadInput(f"{path} holds no lineage: {source.container} can't carry it; .arrow, .parquet and directories do")


def _of_arrow(path: Path) -> tuple[Lineage, list[Counts]]:
    counts: list[Counts] = []
    with path.open("rb") as raw:
        raw.seek(-min(len(END_OF_STREAM), path.stat().st_size), os.SEEK_END)
        if raw.read() != END_OF_STREAM:
            raise BadInput(f"{path.name} is no Arrow stream, or a cut one; make it again")
    try:
        with pa.memory_map(str(path)) as file:  # mapped: the rows themselves are never read
            reader = pa.ipc.open_stream(file)
            for _, metadata in reader.iter_batches_with_custom_metadata():
                if metadata is not None and LINEAGE_KEY in metadata:
                    counts = [Counts.from_json(entry) for entry in json.loads(metadata[LINEAGE_KEY])]
            return lineage_of(reader.schema), counts
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInput(f"{path.name} is no Arrow stream, or a cut one; make it again") from error
