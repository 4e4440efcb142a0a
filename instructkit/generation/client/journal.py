"""The journal: every answer of a model, kept from the moment it came.

A SQLite file in WAL mode, committed to the disk before an answer is used. Several runs and processes may share one; who
asks what stands in `claims`.
"""

import contextlib
import json
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from instructkit.errors import BadInput, OutputFailed
from instructkit.generation.client.claims import open_claims
from instructkit.generation.client.request import Answer, Request, whole

log = logging.getLogger("instructkit")

VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    purpose TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    failure TEXT NOT NULL,
    detail TEXT NOT NULL,
    answered_at REAL NOT NULL
) WITHOUT ROWID;
"""
_COLUMNS = "answer, finish_reason, prompt_tokens, completion_tokens, failure, detail"
_INSERT = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FULL_DISK_SECONDS = 60.0  # how long a paid answer waits for room
_ID = b"SQLite format 3\x00"

Entry = tuple[bytes, str, str, str, str, str, str, int, int, str, str, float]


class Journal:
    """The answers that a file holds; opened by one process, used by its threads."""

    def __init__(self, path: str, *, full_disk_seconds: float = _FULL_DISK_SECONDS) -> None:
        self.path = Path(path).absolute().resolve()  # SQLite has names of its own, such as :memory:
        self._patience = full_disk_seconds
        if self.path.is_dir() or not self.path.absolute().parent.is_dir():
            raise OutputFailed(
                f"the journal {path} can't be a file there: name one in a folder that exists (--journal)"
            )
        with contextlib.suppress(OSError):  # for its owner alone, also what SQLite puts beside it: it holds prompts
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
        with spoken(self.path):
            self._reader = connect(self.path)
            with contextlib.suppress(sqlite3.OperationalError):  # another process is making it at this moment
                self._reader.executescript(_SCHEMA + f"PRAGMA user_version={VERSION};")
        self._reading = threading.Lock()
        self._claims = open_claims(self.path.with_name(f"{self.path.name}-lock"))
        self._writes: queue.SimpleQueue[tuple[Entry, Future[None]] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._writer.start()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writes.put(None)
        self._writer.join()
        self._reader.close()
        self._claims.close()

    def get(self, key: bytes) -> Answer | None:
        """The answer to a request, where it was asked before."""
        with self._reading, spoken(self.path):
            row = self._reader.execute(f"SELECT {_COLUMNS} FROM answers WHERE key = ?", (key,)).fetchone()  # noqa: S608
        return None if row is None else replace(Answer(*row), key=key.hex())

    def put(self, key: bytes, endpoint: str, model: str, request: Request, answer: Answer) -> "Future[None]":
        """Keep an answer; done once it is on the disk. Answers that come together are written together."""
        text = whole(json.dumps(request.content(), ensure_ascii=False))
        entry = (key, endpoint, model, request.purpose, text, answer.text, answer.finish_reason, answer.prompt_tokens,
                 answer.completion_tokens, answer.failure, answer.detail, time.time())  # fmt: skip
        done: Future[None] = Future()
        self._writes.put((entry, done))
        return done

    def claim(self, key: bytes) -> bool:
        """Take a request for whoever asks it; False while another does, in this process or in one beside it."""
        return self._claims.take(key)

    def release(self, key: bytes) -> None:
        """Let a request go."""
        self._claims.release(key)

    def _write_all(self) -> None:
        """Write what comes, as much as has come in one transaction; whatever happens, nobody waits for ever."""
        connection: sqlite3.Connection | None = None
        going = True
        while going:
            waiting = [self._writes.get()]
            while not self._writes.empty():
                waiting.append(self._writes.get())
            going = None not in waiting
            entries = [one for one in waiting if one is not None]
            try:
                connection = connection or connect(self.path)
                if entries:
                    self._write(connection, [entry for entry, _ in entries])
                failed: Exception | None = None
            except Exception as error:  # noqa: BLE001 - handed to those who wait for these answers
                failed = error
            for _, done in entries:
                if failed is None:
                    done.set_result(None)
                else:
                    done.set_exception(failed)
        if connection is not None:
            connection.close()

    def _write(self, connection: sqlite3.Connection, entries: "list[Entry]") -> None:
        end = time.monotonic() + self._patience
        told = False
        while True:
            try:
                with connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.executemany(_INSERT, entries)
                return
            except sqlite3.Error as error:
                why = _why(error)
                if time.monotonic() > end:
                    raise OutputFailed(
                        f"the journal {self.path} can't be written: {why}; answers under way were lost"
                    ) from error
                if not told:
                    log.warning(
                        "the journal %s can't be written: %s; trying for %.0f s", self.path, why, self._patience
                    )
                    told = True
                time.sleep(0.2)


def connect(path: Path) -> sqlite3.Connection:
    """Open a journal's file; raises what `spoken` turns into a sentence."""
    connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version > VERSION or (tables and "answers" not in tables):
        connection.close()
        raise sqlite3.DatabaseError("file is not a database" if version <= VERSION else "newer")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")  # on the disk, also when the power fails
    return connection


@contextlib.contextmanager
def spoken(path: Path) -> Iterator[None]:
    """Turn what SQLite says into one sentence."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if text == "newer":
            raise BadInput(f"the journal {path} was written by a newer instructkit; update, or name another") from error
        if "not a database" in text or "malformed" in text:
            raise BadInput(f"{path} is no journal of instructkit; name another file by --journal") from error
        raise OutputFailed(f"the journal {path} can't be used: {_why(error)}") from error


def _why(error: sqlite3.Error) -> str:
    text = str(error)
    return {
        "database or disk is full": "the disk is full",
        "unable to open database file": "the file can't be opened",
        "attempt to write a readonly database": "it is read-only",
        "disk I/O error": "the disk fails, or is full",
        "database is locked": "another process holds it",
    }.get(text, text)


def existing(path: str) -> Path:
    """A journal that is there; raises `BadInput` where there is none."""
    found = Path(path)
    if not found.is_file():
        raise BadInput(f"there is no journal {path}; name it by --journal")
    with found.open("rb") as file:
        if file.read(len(_ID)) != _ID:
            raise BadInput(f"{path} is no journal of instructkit; name another file by --journal")
    return found


def rows(path: Path, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """What a query finds in a journal."""
    with spoken(path), contextlib.closing(connect(path)) as connection:
        yield from connection.execute(query, values)
