"""fastText model files: opened safely, refused in one sentence where they are none."""

import functools
import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from instructkit.errors import BadInput, OutputFailed, UsageError
from instructkit.records.writing import check_folder

Model = TypeVar("Model")

MAGIC = (793_712_314).to_bytes(4, "little")  # FASTTEXT_FILEFORMAT_MAGIC_INT32 of fastText's fasttext.cc
_ARGUMENTS = 4 + 12 * 4 + 8  # the version, twelve numbers and a double, after the magic
_ENTRY_END = 1 + 8 + 1  # a word's final zero, its count, its kind
_CENTROIDS = 256  # of a quantized part


def load_model(path: Path) -> Any:
    """Open a fastText model (.bin or .ftz); nothing of it is ever run as code.

    Raises `BadInput` for a file that is missing, cut off, or no such model.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
            if magic == MAGIC:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    whole = _length(content) == len(content)
    except OSError as error:
        raise BadInput(f"{path}: the model can't be read ({error.strerror})") from error
    if magic != MAGIC:
        raise BadInput(f"{path} is no fastText model (.bin or .ftz)")
    if not whole:  # fastText itself would read on for ever
        raise BadInput(f"{path}: the fastText model can't be read; it may be cut off")
    import fasttext

    try:
        return fasttext.load_model(str(path))
    except (ValueError, RuntimeError, MemoryError) as error:
        raise BadInput(f"{path}: the fastText model can't be read ({error}); it may be cut off") from error


def kept_open(load: Callable[[Path], Model]) -> Callable[[str], Model]:
    """A loader of models that keeps the last few open, each until another file takes its place."""
    kept = functools.lru_cache(maxsize=8)(lambda path, _: load(Path(path)))

    @functools.wraps(load)
    def opened(path: str) -> Model:
        return kept(path, _stamp(Path(path)))

    return opened


def _stamp(path: Path) -> tuple[int, int]:
    """What tells a model's file from one that took its place; zeros where there is none."""
    try:
        told = path.stat()
    except OSError:
        return 0, 0
    return told.st_mtime_ns, told.st_size


def _length(content: mmap.mmap) -> int:
    """The length a model says it has (by fastText's dictionary.cc and quantmatrix.cc); -1 where it ends before."""
    try:
        at = len(MAGIC) + _ARGUMENTS
        words, _, _, _, pruned = struct.unpack_from("<iiiqq", content, at)
        at += 28
        for _ in range(words):
            end = content.find(b"\0", at)
            if end < 0:
                return -1
            at = end + _ENTRY_END
        at += max(0, pruned) * 8
        for _ in ("input", "output"):
            (quantized,) = struct.unpack_from("<?", content, at)
            at = _matrix_end(content, at + 1, quantized)
    except struct.error:
        return -1
    return at


def _matrix_end(content: mmap.mmap, at: int, quantized: bool) -> int:
    if not quantized:
        rows, columns = struct.unpack_from("<qq", content, at)
        return int(at + 16 + rows * columns * 4)
    normed, rows, _, codes = struct.unpack_from("<?qqi", content, at)
    at = _centroids_end(content, at + 21 + codes)
    return _centroids_end(content, at + rows) if normed else at


def _centroids_end(content: mmap.mmap, at: int) -> int:
    (dimension,) = struct.unpack_from("<i", content, at)
    return int(at + 16 + dimension * _CENTROIDS * 4)


def model_path(output: str, what: str, *suffixes: str) -> Path:
    """The path of a model that is to be written, checked before anything is read.

    Raises `UsageError` for a name without one of the suffixes, `OutputFailed` for a place nothing can be written to.
    """
    path = Path(output)
    if path.suffix not in suffixes:
        raise UsageError(f"{path}: {what} that ends in {' or '.join(suffixes)}")
    if path.is_dir():
        raise OutputFailed(f"{path} is a directory; a file was to be written there")
    check_folder(path)
    return path
