"""Who asks a request: a lock on the request's own byte of a file, which the system lets go when a process dies.

Such locks part processes and not threads, and go when any handle of the file is closed. So a process has one handle of
each file, and a table of what it holds.
"""

import contextlib
import errno
import fcntl
import os
import threading
from pathlib import Path

_PLACES = 1 << 62
_WITHOUT_LOCKS = (errno.ENOLCK, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)  # a file system that has none
_TABLE = threading.Lock()
_OPEN: "dict[Path, Claims]" = {}


class Claims:
    """What this process asks of one journal; made by `open_claims`, ended by `close`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._held: set[bytes] = set()
        self.users = 0

    def take(self, key: bytes) -> bool:
        """Take a request; False while somebody asks it."""
        with _TABLE:
            if key in self._held:
                return False
            try:
                fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(key))
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EAGAIN):
                    return False
                if error.errno not in _WITHOUT_LOCKS:
                    raise
            self._held.add(key)
            return True

    def release(self, key: bytes) -> None:
        """Let a request go."""
        with _TABLE, contextlib.suppress(OSError):
            self._held.discard(key)
            fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, _place(key))

    def close(self) -> None:
        """Close the file with its last user."""
        with _TABLE:
            self.users -= 1
            if not self.users:
                del _OPEN[self._path]
                os.close(self._handle)


def open_claims(path: Path) -> Claims:
    """The claims on the requests of a journal, by the file beside it; one for all of a process."""
    with _TABLE:
        found = _OPEN.get(path)
        if found is None:
            found = _OPEN[path] = Claims(path)
        found.users += 1
        return found


def _place(key: bytes) -> int:
    return int.from_bytes(key[:8], "big") % _PLACES
