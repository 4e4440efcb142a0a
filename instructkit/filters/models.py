"""fastText model files: opened safely, refused in one sentence where they are none."""

from pathlib import Path
from typing import Any

from instructkit.errors import BadInput

MAGIC = (793_712_314).to_bytes(4, "little")  # FASTTEXT_FILEFORMAT_MAGIC_INT32 of fastText's fasttext.cc


def load_model(path: Path) -> Any:
    """Open a fastText model (.bin or .ftz); nothing of it is ever run as code.

    Raises `BadInput` for a file that is missing or no such model.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise BadInput(f"{path}: the model can't be read ({error.strerror})") from error
    if magic != MAGIC:
        raise BadInput(f"{path} is no fastText model (.bin or .ftz)")
    import fasttext

    try:
        return fasttext.load_model(str(path))
    except (ValueError, RuntimeError, MemoryError) as error:
        raise BadInput(f"{path}: the fastText model can't be read ({error}); it may be cut off") from error
