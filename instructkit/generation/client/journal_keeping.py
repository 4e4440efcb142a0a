"""Keeping a journal: what it holds, its rows as a file, and forgetting."""

import contextlib
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa

from instructkit.errors import UsageError
from instructkit.generation.client.journal import connect, existing, rows, spoken

log = logging.getLogger("instructkit")

EXPORTED = pa.schema(
    [(name, pa.string()) for name in ("key", "endpoint", "model", "prompt", "request", "answer", "finish_reason")]
    + [("prompt_tokens", pa.int64()), ("completion_tokens", pa.int64())]
    + [(name, pa.string()) for name in ("failure", "detail", "answered_at")]
)
_AT_ONCE = 1000


def journal_stats(path: str) -> list[tuple[Any, ...]]:
    """A line for each endpoint, model and prompt: answers, failed ones, tokens of prompts and answers, the last day."""
    query = (
        "SELECT endpoint, model, purpose, COUNT(*), SUM(failure != ''), SUM(prompt_tokens), SUM(completion_tokens), "
        "MAX(answered_at) FROM answers GROUP BY endpoint, model, purpose ORDER BY endpoint, model, purpose"
    )
    return [(*found[:-1], _time(found[-1])[:10]) for found in rows(existing(path), query)]


def export_journal(path: str, output: str) -> int:
    """Write all requests and answers to a file by its type, oldest first; gives their number."""
    from instructkit.records.writing import open_writer

    query = (
        "SELECT lower(hex(key)), endpoint, model, purpose, request, answer, finish_reason, prompt_tokens, "
        "completion_tokens, failure, detail, answered_at FROM answers ORDER BY answered_at, key"
    )
    writer = open_writer(output, EXPORTED)
    count = 0
    try:
        for batch in _batches(rows(existing(path), query)):
            writer.write(batch)
            count += batch.num_rows
        writer.finish([])
    except BaseException:
        writer.abort()
        raise
    return count


def _batches(found: Iterator[tuple[Any, ...]]) -> Iterator[pa.RecordBatch]:
    waiting: list[tuple[Any, ...]] = []
    for row in found:
        waiting.append((*row[:-1], _time(row[-1])))
        if len(waiting) == _AT_ONCE:
            yield _batch(waiting)
            waiting = []
    yield _batch(waiting)


def _batch(found: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*found, strict=True) if found else ([] for _ in EXPORTED)
    arrays = [pa.array(column, child.type) for column, child in zip(columns, EXPORTED, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=EXPORTED)


def prune_journal(
    path: str,
    *,
    failed: bool = False,
    model: str | None = None,
    prompt: str | None = None,
    older_than_days: float | None = None,
) -> tuple[int, int]:
    """Forget the answers that fit all that is given; gives how many went, and how many are left.

    Raises `UsageError` where nothing is given: a journal is deleted as a file.
    """
    fits: list[str] = []
    values: list[str | float] = []
    if failed:
        fits.append("failure != ''")
    for column, value in (("model", model), ("purpose", prompt)):
        if value is not None:
            fits.append(f"{column} = ?")
            values.append(value)
    if older_than_days is not None:
        fits.append("answered_at < ?")
        values.append(time.time() - older_than_days * 86400)
    if not fits:
        raise UsageError("say which answers to forget: --failed, --model, --prompt or --older-than")
    place = existing(path)
    with spoken(place), contextlib.closing(connect(place)) as connection:
        gone = connection.execute(f"DELETE FROM answers WHERE {' AND '.join(fits)}", values).rowcount  # noqa: S608
        left = connection.execute("SELECT COUNT(*) FROM answers").fetchone()[0]
        connection.execute("VACUUM")
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            log.warning("a run has the journal open: what was forgotten stays in %s-wal until it ends", place)
    return gone, left


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")
