"""Datasets by name, through the library ``datasets``: ``hub:NAME[/CONFIG][:SPLIT]``."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from instructkit.errors import BadInput
from instructkit.records.batching import ROWS
from instructkit.records.containers.arrow import label_names
from instructkit.records.containers.raw import Raw, numbered, plain, plain_schema
from instructkit.records.sources import Source


def open_hub(source: Source) -> Raw:
    """Open a dataset of the Hugging Face hub, or one in its cache, one split of it (default: train)."""
    dataset = _load(source.path)
    schema = plain_schema(dataset.data.schema)
    names = label_names(dataset.features.arrow_schema)

    def batches() -> Iterator[pa.RecordBatch]:
        for table in dataset.with_format("arrow").iter(batch_size=ROWS):
            for batch in table.combine_chunks().to_batches():
                yield plain(batch, schema)

    return Raw(source.name, schema, numbered(batches()), names)


def _load(path: str) -> Any:
    import datasets

    name, _, split = path.removeprefix("hub:").partition(":")
    split = split or "train"
    parts = name.split("/")
    # "a/b" is a user's dataset first, else the configuration b of the dataset a
    tries = [("/".join(parts[:2]), "/".join(parts[2:]) or None)]
    if len(parts) == 2:
        tries.append((parts[0], parts[1]))
    failure: Exception | None = None
    for dataset, config in tries:
        try:
            return datasets.load_dataset(dataset, config, split=split)
        except (OSError, ValueError, RuntimeError) as error:  # datasets' own errors are of these families
            failure = failure or error
    reason = str(failure).splitlines()[0] if failure and str(failure) else type(failure).__name__
    raise BadInput(f"{path} could not be loaded ({reason}); check the name and the network")
