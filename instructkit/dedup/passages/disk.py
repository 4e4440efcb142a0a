"""What happens when the temporary folder's disk is full."""

from pathlib import Path
from types import TracebackType

from instructkit.errors import OutputFailed


class disk_full:
    """Turns a failed write in the temporary folder into `OutputFailed`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            raise OutputFailed(
                f"the temporary folder {self._folder.parent} can't hold the passages ({error.strerror or error}); "
                "free space there or set TMPDIR to a larger disk"
            ) from error
