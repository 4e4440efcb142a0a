"""Outputs that appear whole or not at all."""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from instructkit.errors import OutputFailed
from instructkit.records.stream import Counts

_OPEN: "set[PartFile]" = set()  # those begun, for a process that ends at once


def sweep() -> None:
    """Remove what was begun: the last act of a process that is interrupted, wherever that found it."""
    while _OPEN:
        _OPEN.pop().discard()


class Writer(Protocol):
    """Takes batches; `finish` puts the output in its place, `abort` leaves nothing."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""

    def finish(self, counts: list[Counts]) -> None:
        """Write the counts where the format can hold them, close, and rename into place."""

    def abort(self) -> None:
        """Remove what was written."""


class PartFile:
    """A file or folder that is written beside its place and renamed into it at the end."""

    def __init__(self, path: Path) -> None:
        path = path.resolve() if path.is_symlink() else path
        self.path = path
        self.part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._sweep()
        _OPEN.add(self)

    def sink(self) -> Any:
        """Open it for writing."""
        with disk_errors(self.path):
            return pa.OSFile(str(self.part), "wb")

    def commit(self) -> None:
        """Rename it into place; a dataset's folder replaces the one that stood there."""
        with disk_errors(self.path):
            if self.part.is_dir() and self.path.exists():
                aside = self.part.with_suffix(".old")
                os.rename(self.path, aside)
                os.rename(self.part, self.path)
                shutil.rmtree(aside)
            else:
                os.replace(self.part, self.path)
        _OPEN.discard(self)

    def discard(self) -> None:
        """Remove it."""
        _OPEN.discard(self)
        if self.part.is_dir():
            shutil.rmtree(self.part, ignore_errors=True)
        else:
            self.part.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a killed command left behind under this name."""
        pattern = re.compile(rf"\.{re.escape(self.path.name)}\.(\d+)\.part")
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.path.absolute().parent):
                found = pattern.fullmatch(entry.name)
                if found and not _alive(int(found[1])):
                    left = PartFile.__new__(PartFile)
                    left.path, left.part = self.path, Path(entry.path)
                    left.discard()


def _alive(process: int) -> bool:
    if process == os.getpid():
        return False  # in a container each command may be process 1: this one has only begun
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what a disk says into one sentence."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        why = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the disk quota is used up",
            errno.EACCES: "the folder is not writable",
            errno.EPERM: "the folder is not writable",
            errno.EROFS: "the file system is read-only",
            errno.ENAMETOOLONG: "the name is too long",
        }.get(error.errno or 0, error.strerror or str(error))
        raise OutputFailed(f"{path} could not be written: {why}; nothing was left under that name") from error
