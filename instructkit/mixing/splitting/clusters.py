"""A file of clusters: which rows belong together, by their ids."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.dedup.arrays import Rows
from instructkit.dedup.components import components
from instructkit.errors import BadInput
from instructkit.mixing.splitting.gathering import id_hashes
from instructkit.records.columns import open_columns
from instructkit.records.containers.raw import BadRows
from instructkit.records.hashing import Hashes, draw, file_hash
from instructkit.records.rejects import Rejects
from instructkit.records.schema import as_text
from instructkit.records.sources import resolve

log = logging.getLogger("instructkit")


@dataclass(frozen=True)
class Clusters:
    """The ids that a file names, as sorted hashes, and the number of the cluster of each."""

    name: str
    ids: Hashes
    numbers: Rows

    def of(self, ids: Hashes) -> Rows:
        """The number of the cluster of each row; -1 for a row that is in none."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.int32)
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        found: Rows = np.where(self.ids[places] == ids, self.numbers[places], np.int32(-1))
        if not (found >= 0).any():
            raise BadInput(f"{self.name} names no row of the input: was it made from other rows?")
        return found


def read_clusters(path: str) -> Clusters:
    """Read what ``dedup --clusters`` writes (``id``, ``kept``), or a file that names a ``cluster`` for each ``id``.

    Rows of which a passage was cut are in no cluster for it. Raises `BadInput` for a file of anything else.
    """
    source = resolve(path) if not _is_empty(path) else None
    if source is None:  # dedup has found no duplicates
        log.info("%s names no clusters", Path(path).name)
        return Clusters(Path(path).name, np.zeros(0, np.uint64), np.zeros(0, np.int32))
    raw, _ = open_columns(path, None, BadRows(Rejects(), 0))
    other = next((name for name in ("kept", "cluster") if name in raw.schema.names), None)
    if "id" not in raw.schema.names or other is None:
        raise BadInput(
            f"{raw.name} holds no clusters: it has {', '.join(raw.schema.names)}, and not id with kept (as dedup "
            "--clusters writes them) or with cluster"
        )
    pairs = [np.zeros((0, 2), np.uint64)]
    for batch, _ in raw.batches:
        pairs.append(_pairs(batch, other))
    found = np.concatenate(pairs)
    names, places = np.unique(found, return_inverse=True)
    one, two = places.reshape(-1, 2).T.astype(np.int32)
    return Clusters(raw.name, names, components(len(names), one, two))


def _is_empty(path: str) -> bool:
    place = Path(path)
    return place.is_file() and place.stat().st_size == 0


def _pairs(batch: pa.RecordBatch, other: str) -> Any:
    """The pairs of a batch that are in one cluster, as hashes."""
    one, two = as_text(batch.column("id")), as_text(batch.column(other))
    wanted = pc.and_(pc.not_equal(one, ""), pc.not_equal(two, ""))
    if "reason" in batch.schema.names:
        wanted = pc.and_(wanted, pc.not_equal(as_text(batch.column("reason")), "cut"))
    one, two = one.filter(wanted), two.filter(wanted)
    return np.stack([id_hashes(one), id_hashes(two) if other == "kept" else draw(two, 0, "cluster")], axis=1)


def named_clusters(path: str) -> dict[str, str]:
    """The file as lineage keeps it."""
    source = resolve(path) if not _is_empty(path) else None
    if source is not None and source.container in ("directory", "hub"):
        return {"name": source.name}
    return {"name": Path(path).name, "xxh3_128": file_hash(path)}
