"""Commands that start at once: a server has imported what they all need, and forks a process for each.

What runs is the command as ever, in a process of its own; only the start of Python and of pyarrow is saved, some 0.3 s
a command. `client` is what takes the command's place on a command line: it hands its arguments, folder, environment
and standard streams to the server, and ends with the exit code that comes back. A command that is signalled, or whose
start matters, is run without it.
"""

import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVER = "INSTRUCTKIT_TEST_SERVER"  # the variable that names the server's socket

CLIENT = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(os.environ.pop("INSTRUCTKIT_TEST_SERVER"))
    asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(asked).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(asked)
    code = int(server.recv(16) or b"1")
if code < 0:
    import signal
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


def client() -> list[str]:
    """The beginning of a command line that is answered by the server."""
    return [sys.executable, "-I", "-S", "-c", CLIENT]


def script(folder: Path, server: str) -> None:
    """Put an ``instructkit`` there that is answered by the server, for command lines that name it."""
    command = " ".join(map(shlex.quote, client()))
    (folder / "instructkit").write_text(f'#!/bin/sh\n{SERVER}={shlex.quote(server)} exec {command} "$@"\n')
    (folder / "instructkit").chmod(0o755)


class Forks:
    """A server, started with the first command that needs it; ends with this process."""

    def __init__(self, folder: Path) -> None:
        self._socket = str(folder / "forks")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> str:
        """The server's socket; commands find it under `SERVER` in their environment."""
        if self._process is None:
            code = "import sys; from tests.forking import serve; serve(sys.argv[1])"
            self._process = subprocess.Popen(
                [sys.executable, "-c", code, self._socket], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == b"ready\n"
        return self._socket

    def close(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def serve(path: str) -> None:
    """Fork a process for each command that is asked for, until stdin ends."""
    import click  # noqa: F401
    import jinja2  # noqa: F401
    import numpy as np  # noqa: F401
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet  # noqa: F401
    import rich.console
    import rich.table  # noqa: F401
    import xxhash  # noqa: F401
    import yaml  # noqa: F401

    import instructkit.cli.common
    import instructkit.records.reading
    import instructkit.records.writing  # noqa: F401

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, 0], [], [])
        if 0 in ready:
            return
        asking, _ = listener.accept()
        if os.fork():
            asking.close()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        listener.close()
        answer(asking)
        return


def answer(asking: socket.socket) -> None:
    """Run one command and tell its exit code; end it where nobody waits any more."""
    head, streams, _, _ = socket.recv_fds(asking, 4, 3)
    size, held = int.from_bytes(head, "big"), b""
    while len(held) < size:
        held += asking.recv(size - len(held))
    arguments, folder, environment = json.loads(held)
    child = os.fork()
    if child == 0:
        asking.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["instructkit", *arguments]
        from instructkit.cli import main

        main()
        sys.exit(0)
    for stream in (*streams, 0, 1, 2):
        os.close(stream)
    ended = os.pidfd_open(child)
    ready, _, _ = select.select([ended, asking], [], [])
    if ended not in ready:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended in ready:
        asking.sendall(str(code).encode())
    os._exit(0)
