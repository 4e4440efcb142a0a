"""Rows kept on disk while a whole-set step needs to see them twice."""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TypeVar

import pyarrow as pa

from instructkit.engine.mapping import ahead
from instructkit.errors import OutputFailed, UsageError

_OPEN: set[Path] = set()  # the folders in use, for a process that ends at once


def sweep() -> None:
    """Remove the folders of all spools in use: the last act of a process that is interrupted."""
    while _OPEN:
        shutil.rmtree(_OPEN.pop(), ignore_errors=True)


@contextlib.contextmanager
def disk_full(folder: Path) -> Iterator[None]:
    """Turn a failed write in a spool's folder into `OutputFailed`."""
    try:
        yield
    except OSError as error:
        raise OutputFailed(
            f"the temporary folder {folder.parent} can't hold the rows ({error.strerror or error}); "
            "free space there or set TMPDIR to a larger disk"
        ) from error


class SideFiles:
    """Files that a step writes in a spool's folder, and then reads."""

    def __init__(self, folder: Path, names: Iterable[str], *, kept: bool = True) -> None:
        self.folder = folder
        self.files = {name: (folder / name).open("wb") for name in names}
        self._kept = kept  # when the step is done with them

    def __enter__(self: "Files") -> "Files":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # of a full disk the write has told
            for file in self.files.values():
                file.close()
        if not self._kept:
            for name in self.files:
                (self.folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        """End the writing; raises `OutputFailed` when the disk is full."""
        with disk_full(self.folder):
            for file in self.files.values():
                file.close()


Files = TypeVar("Files", bound=SideFiles)


class Spool:
    """A temporary folder that holds a stream of batches and a step's side files.

    It lies in the system's temporary folder (``TMPDIR`` chooses another) and goes when the step ends,
    also by an error or Ctrl+C.
    """

    def __init__(self, schema: pa.Schema) -> None:
        wanted = os.environ.get("TMPDIR")
        if wanted and not Path(wanted).is_dir():  # Python would take another folder, and say nothing
            raise UsageError(f"TMPDIR names {wanted}, which is no folder: make it first, or unset TMPDIR")
        self.folder = Path(tempfile.gettempdir()) / f"instructkit-{secrets.token_hex(8)}"
        _OPEN.add(self.folder)  # before it is made: an interruption may come at any time
        self.folder.mkdir(mode=0o700)
        self.rows = 0
        self.schema = schema
        self._sink = pa.OSFile(str(self.folder / "rows.arrow"), "wb")
        self._writer: pa.RecordBatchStreamWriter | None = pa.ipc.new_stream(self._sink, schema)

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer = None
        with contextlib.suppress(OSError):  # of a full disk the write has told
            self._sink.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        _OPEN.discard(self.folder)

    def append(self, batch: pa.RecordBatch) -> None:
        """Write a batch; raises `OutputFailed` when the temporary folder's disk is full."""
        assert self._writer is not None, "a spool that is being read takes no more rows"  # noqa: S101
        with disk_full(self.folder):
            self._writer.write_batch(batch)
        self.rows += batch.num_rows

    def file(self, name: str) -> IO[bytes]:
        """Open a side file for writing."""
        return open(self.folder / name, "wb")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Close for writing and yield the batches as they came."""
        if self._writer is not None:
            with disk_full(self.folder):
                self._writer.close()
                self._sink.close()
            self._writer = None
        # read, not mapped: pages of a map count as this process's memory
        with pa.OSFile(str(self.folder / "rows.arrow"), "rb") as source:
            yield from ahead(iter(pa.ipc.open_stream(source)))
