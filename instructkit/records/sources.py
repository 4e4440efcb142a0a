"""What a name on the command line stands for: a file and its type, a directory, stdin, a hub dataset."""

from dataclasses import dataclass
from pathlib import Path

from instructkit.errors import BadInput, NoRows, UsageError

CONTAINERS = {
    ".arrow": "arrow",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "txt",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
COMPRESSIBLE = ("jsonl", "json", "csv", "tsv", "txt")


@dataclass(frozen=True)
class Source:
    """A place rows come from."""

    path: str  # as the user gave it; "-" is stdin
    container: str  # arrow, parquet, jsonl, json, csv, tsv, txt, directory or hub
    compression: str | None = None

    @property
    def name(self) -> str:
        """The name said in messages and kept in `source`: no folders, which may tell who the user is."""
        if self.path == "-":
            return "stdin"
        return self.path if self.container == "hub" else Path(self.path).name or self.path

    @property
    def stem(self) -> str:
        """The name without its endings: the default of `task`."""
        if self.container == "hub":
            return self.path.removeprefix("hub:").partition(":")[0].rpartition("/")[2]
        if self.container == "directory":
            return self.name
        stem = self.name
        for suffix in (*COMPRESSIONS, *CONTAINERS):
            stem = stem.removesuffix(suffix)
        return stem


def known_types() -> str:
    """The file types, as a message lists them."""
    return " ".join(dict.fromkeys(CONTAINERS)) + ", text ones also with .gz or .zst"


def split_suffix(path: str) -> tuple[str | None, str | None]:
    """The container and the compression that a file name's endings say."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    return (CONTAINERS.get(suffixes[-1]) if suffixes else None), compression


def resolve(path: str, container: str | None = None) -> Source:
    """Find what a name stands for; ``container`` forces a file's type.

    Raises `BadInput` for a missing or empty file, a directory that is no dataset, and an unknown type.
    """
    if path == "-":
        return Source("-", container or "arrow")
    if path.startswith("hub:"):
        return Source(path, "hub")
    place = Path(path)
    try:
        exists, is_directory = place.exists(), place.is_dir()
    except (OSError, ValueError) as error:
        raise BadInput(f"{path!r} is no usable file name ({error})") from error
    if not exists:
        raise BadInput(f"{path} does not exist")
    if is_directory:
        if not (place / "state.json").exists():
            raise BadInput(_no_dataset(place))
        return Source(path, "directory")
    found, compression = split_suffix(path)
    kind = container or found
    if kind is None:
        raise BadInput(
            f"{path} has an unknown type {place.suffix or '(no suffix)'!r} (known: {known_types()}); "
            "say what it is, e.g. --from txt"
        )
    if place.is_file() and place.stat().st_size == 0:
        raise NoRows(f"{path} is empty (0 bytes)")
    if compression and kind not in COMPRESSIBLE:
        raise BadInput(f"{path}: .gz and .zst are read over text files only ({', '.join(COMPRESSIBLE)})")
    return Source(path, kind, compression)


def _no_dataset(place: Path) -> str:
    splits = sorted(child.name for child in place.iterdir() if (child / "state.json").exists())
    if splits:
        return f"{place} holds the splits {', '.join(splits)}; name one: {place}/{splits[0]}"
    files = (
        "; to read the files in it, name them" if any(split_suffix(child.name)[0] for child in place.iterdir()) else ""
    )
    return f"{place} is a directory but no dataset (it has no state.json, as datasets' save_to_disk writes it){files}"


def parse_from(value: str | None, layouts: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Read ``--from``: a file type, what its rows hold, or both joined by a colon (``json:squad``)."""
    container = layout = None
    for part in (value or "").split(":"):
        if part in CONTAINERS.values():
            container = part
        elif part in layouts:
            layout = part
        elif part:
            types = ", ".join(dict.fromkeys(CONTAINERS.values()))
            known = f"neither a file type ({types}) nor a layout ({', '.join(layouts)})" if layouts else (
                f"no file type ({types})")  # fmt: skip
            raise UsageError(f"--from {value}: {part!r} is {known}")
    return container, layout
