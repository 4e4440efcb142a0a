"""`dedup` beside datasketch, rensa, gaoya and datatrove, and against what is exactly right.

python benchmarks/dedup.py speed [MB]          from file to kept rows, each set of real text (50; from 500 on: mixed)
python benchmarks/dedup.py accuracy            against brute force, thresholds 0.5 to 0.9
python benchmarks/dedup.py memory [ROWS ...]   seconds and peak memory of made rows (1000000 5000000 20000000)
python benchmarks/dedup.py small               1,000 rows; the first run, which compiles
python benchmarks/dedup.py signing [MB]        shingles and signatures alone, MB/s of a core

--peers NAMES   only these peers, e.g. rensa,gaoya; none for none
--python PATH   the interpreter the peers are installed for, where it isn't this one
--modes NAMES   only these of default, lsh, exhaustive (all that dedup has; memory: default)
--sets NAMES    only these sets, e.g. short,mixed
--runs N        runs of each, of which the median counts (3; a peer has 1 on more than 100 MB)
--folder DIR    keep the sets there for the next time
--no-exact      speed: don't find what is exactly right (for 500 MB that takes 3 minutes and 6 GB)

Peers: pip install datasketch rensa gaoya "datatrove[io]" tokenizers regex "xxhash<4" spacy; what is missing is left
out. Each tool is a process of its own, its start included; the peak is what the system says of its largest process.
Tools take turns, after one run on a small set that isn't measured. How each peer is used stands in dedup_peers.py, what
the sets hold in dedup_sets.py, what is right in dedup_judge.py. Real text comes from the folder that
INSTRUCTKIT_REAL_DATA names.
"""

import argparse
import json
import math
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from dedup_sets import write_judged, write_made, write_set
from measure import COMMAND, Usage, medians, run_pipe

THRESHOLD = 0.7
PEERS = Path(__file__).with_name("dedup_peers.py")
MODES = {"default": "", "lsh": "--lsh", "exhaustive": "--exhaustive"}


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own, since a process is charged with the peak of the one that starts it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def made_once(path: Path, write: Callable[..., None], *arguments: object) -> Path:
    """A file, written unless it is there already."""
    if not path.exists():
        apart(write, *arguments, path)
    return path


def modes(asked: str) -> dict[str, str]:
    """The options that say how candidates are found, of those this version of dedup has."""
    help_ = subprocess.run([*COMMAND, "dedup", "--help"], check=True, capture_output=True, text=True).stdout
    return {name: option for name, option in MODES.items() if option in help_ and name in (asked or name).split(",")}


def peers(asked: str, python: str) -> list[str]:
    """The peers to run; prints their versions, and what is missing."""
    found = json.loads(subprocess.run([python, PEERS], check=True, capture_output=True, text=True).stdout)
    wanted = [name for name in found if name in (asked or name).split(",")]
    print("Peers: " + (", ".join(f"{name} {found[name]}" for name in wanted) or "none") + "\n")
    return [name for name in wanted if not found[name].startswith("missing")]


def run_peer(name: str, source: Path, kept: Path, python: str) -> Usage:
    """Run a peer, from a file to the numbers of the rows it keeps."""
    start = time.perf_counter()
    with subprocess.Popen([python, PEERS, name, source, kept], stderr=subprocess.PIPE, text=True) as process:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    if status:
        sys.exit(f"{name} failed\n{errors}")
    return Usage(time.perf_counter() - start, [usage.ru_maxrss / 1024])


def run_ours(source: Path, kept: Path, option: str = "") -> Usage:
    """Run the command, from a file to a file of the rows it keeps."""
    return run_pipe(f"dedup {source} --on output --threshold {THRESHOLD} -o {kept} {option}")


def kept_rows(path: Path) -> list[int]:
    """The numbers of the rows that a tool kept."""
    import pyarrow as pa

    if path.suffix == ".json":
        return json.loads(path.read_text())
    with pa.ipc.open_stream(path) as reader:
        return [int(text.rsplit(" ", 1)[1]) for batch in reader for text in batch.column("instruction").to_pylist()]


def print_row(*cells: object) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def print_head(*cells: str) -> None:
    print_row(*cells)
    print_row(*("---" for _ in cells))


@dataclass
class Tool:
    """What is measured, how it is run, and what was found."""

    name: str
    run: Callable[[Path, Path], Usage]
    source: Path
    kept: Path
    runs: int
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # seconds of all cores
    peak: float = 0.0

    def once(self) -> None:
        """Run it once."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        usage = self.run(self.source, self.kept)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds.append(usage.seconds)
        self.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        self.peak = max(self.peak, *usage.peaks)
        print(f"{self.source.name}, {self.name}: {usage.seconds:.1f} s", file=sys.stderr)


def our_tool(name: str, option: str, source: Path, runs: int) -> Tool:
    return Tool(
        name, lambda read, kept: run_ours(read, kept, option), source, source.with_name(f"kept-{name}.arrow"), runs
    )


def peer_tool(name: str, source: Path, runs: int, python: str) -> Tool:
    return Tool(
        name, lambda read, kept: run_peer(name, read, kept, python), source, source.with_name(f"kept-{name}.json"), runs
    )


def speed(options: argparse.Namespace, folder: Path) -> None:
    """Print a table for each set."""
    megabytes = int(options.numbers[0]) if options.numbers else 50
    ways, others = modes(options.modes), peers(options.peers, options.python)
    for name in (options.sets or ("mixed" if megabytes >= 500 else "long,short,chinese")).split(","):
        source = made_once(folder / f"{name}-{megabytes}.jsonl", write_set, name, megabytes)
        arrow = source.with_suffix(".arrow")
        if not arrow.exists():
            run_pipe(f"filter {source} --preset none -o {arrow}")
        tools = [our_tool(f"instructkit-{way}", option, source, options.runs) for way, option in ways.items()]
        tools.append(our_tool("instructkit-from-arrow", "", arrow, options.runs))
        tools += [peer_tool(peer, source, options.runs if megabytes <= 100 else 1, options.python) for peer in others]
        trial = made_once(folder / "trial.jsonl", write_set, name, 0.5)
        for tool in tools:
            tool.run(trial, tool.kept)
        for turn in range(options.runs):
            for tool in tools:
                if turn < tool.runs:
                    tool.once()
        print_tools(name, tools, options.exact)


def print_tools(name: str, tools: list[Tool], exact: bool) -> None:
    """Print what was measured on a set."""
    source, ours = tools[0].source, median(tools[0].seconds)
    size = source.stat().st_size / 1e6
    judged = apart(judge_tools, source, [tool.kept for tool in tools]) if exact else None
    if judged:
        print(f"{name}: {size:.0f} MB, {judged.rows:,} rows, {judged.pairs:,} pairs at or above {THRESHOLD}; "
              f"{judged.kept:,} rows stay where each leaves that is like an earlier one that stays\n")  # fmt: skip
    print_head("tool", "runs", "seconds", "CPU seconds", "MB/s", "times ours", "peak MB", "kept", "precision", "recall",
               "otherwise")  # fmt: skip
    for place, tool in enumerate(tools):
        seconds = median(tool.seconds)
        cells = [f"{len(apart(kept_rows, tool.kept)):,}", "", "", ""]
        if judged:
            verdict = judged.verdicts[place]
            cells[1:] = f"{verdict.precision:.4f}", f"{verdict.recall:.4f}", f"{verdict.otherwise:,}"
        print_row(tool.name, tool.runs, f"{seconds:.2f}", f"{median(tool.cpu):.2f}", f"{size / seconds:.1f}",
                  f"{seconds / ours:.2f}", f"{tool.peak:.0f}", *cells)  # fmt: skip
    print()


@dataclass
class Judged:
    """A set, and how each tool did."""

    rows: int
    pairs: int
    kept: int  # by the exact pass
    verdicts: list[Any]


def judge_tools(source: Path, kept: list[Path]) -> Judged:
    """Find all pairs of a set for speed, and judge what the tools kept."""
    import numpy as np
    from dedup_judge import greedy, join, judge, read_sets

    sets = read_sets(source, words_only=True)
    rows, pairs = len(sets.ends) - 1, join(sets, THRESHOLD)
    verdicts = [judge(np.array(kept_rows(path)), pairs, rows) for path in kept]
    return Judged(rows, len(pairs), int(greedy(pairs, rows).sum()), verdicts)


def find_pairs(source: Path, out: Path) -> None:
    """Save all pairs from the lowest threshold up, found by brute force; the join of `speed` must find the same."""
    import numpy as np
    from dedup_judge import brute_force, join, read_sets

    sets = read_sets(source, words_only=False)
    pairs, similarities = brute_force(sets, 0.5)
    for threshold in (0.5, 0.7, 0.9):
        right, joined = pairs[similarities >= threshold], join(sets, threshold)
        assert {*map(tuple, joined.tolist())} == {*map(tuple, right.tolist())}
    np.savez(out, pairs=pairs, similarities=similarities, rows=len(sets.ends) - 1)


def judge_run(kept: Path, found: Path, threshold: float) -> Any:
    """Judge what was kept by the pairs found before."""
    import numpy as np
    from dedup_judge import judge

    right = np.load(found)
    return judge(np.array(kept_rows(kept)), right["pairs"][right["similarities"] >= threshold], int(right["rows"]))


def accuracy(options: argparse.Namespace, folder: Path) -> None:
    """Print a line for each set, threshold and way to find candidates."""
    ways = modes(options.modes)
    print_head("rows", "threshold", "candidates", "pairs", "of which both stayed", "recall", "rows that left",
               "of which without a partner that stays", "precision", "otherwise")  # fmt: skip
    for name in (options.sets or "english,chinese,planted").split(","):
        source = made_once(folder / f"judged-{name}.jsonl", write_judged, name)
        found, kept = folder / f"pairs-{name}.npz", folder / "kept.arrow"
        apart(find_pairs, source, found)
        for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
            for way, option in ways.items():
                run_pipe(f"dedup {source} --on output --threshold {threshold} -o {kept} {option}")
                verdict = apart(judge_run, kept, found, threshold)
                print_row(f"{name}, {verdict.kept + verdict.removed:,}", threshold, way, f"{verdict.pairs:,}",
                          verdict.missed, f"{verdict.recall:.4f}", f"{verdict.removed:,}", verdict.wrong,
                          f"{verdict.precision:.4f}", verdict.otherwise)  # fmt: skip


def memory(options: argparse.Namespace, folder: Path) -> None:
    """Print seconds and peaks of made rows, and what follows for 100 million."""
    counts = [int(number) for number in options.numbers] or [1_000_000, 5_000_000, 20_000_000]
    ways = modes(options.modes or "default")
    others = [name for name in peers(options.peers, options.python) if name.startswith("rensa")]
    print_head("rows", "tool", "seconds", "CPU seconds", "seconds / (n log n), to the first", "peak MB",
               "bytes a row since the last", "GB at 100,000,000 rows")  # fmt: skip
    last: dict[str, tuple[int, float]] = {}
    first: dict[str, float] = {}
    for count in counts:
        source = made_once(folder / f"made-{count}.jsonl", write_made, count)
        tools = [our_tool(f"instructkit-{way}", option, source, 1) for way, option in ways.items()]
        tools += [peer_tool(peer, source, 1, options.python) for peer in others if count <= 1_000_000]
        for tool in tools:
            tool.once()
            tool.kept.unlink()
            rate = tool.seconds[0] / (count * math.log(count))
            each, whole = "", ""
            if tool.name in last:
                rows, peak = last[tool.name]
                slope = (tool.peak - peak) * 2**20 / (count - rows)
                each, whole = f"{slope:.1f}", f"{(tool.peak * 2**20 + slope * (1e8 - count)) / 2**30:.1f}"
            print_row(f"{count:,}", tool.name, f"{tool.seconds[0]:.1f}", f"{tool.cpu[0]:.1f}",
                      f"{rate / first.setdefault(tool.name, rate):.2f}", f"{tool.peak:.0f}", each, whole)  # fmt: skip
            last[tool.name] = count, tool.peak
        if not options.folder:
            source.unlink()


def small(options: argparse.Namespace, folder: Path) -> None:
    """Print the seconds of 1,000 rows, and of a first run with nothing compiled."""
    whole, source = made_once(folder / "short-1.jsonl", write_set, "short", 1), folder / "small.jsonl"
    with whole.open("rb") as read, source.open("wb") as write:
        write.writelines(next(read) for _ in range(1000))

    def run(cache: str = "") -> float:
        before = os.environ.pop("NUMBA_CACHE_DIR", None)
        if cache or before:
            os.environ["NUMBA_CACHE_DIR"] = cache or before
        try:
            return run_ours(source, folder / "kept.arrow").seconds
        finally:
            os.environ.pop("NUMBA_CACHE_DIR", None)
            if before:
                os.environ["NUMBA_CACHE_DIR"] = before

    run()
    with tempfile.TemporaryDirectory() as caches:
        fresh, again = (iter([f"{caches}/{number}" for number in range(options.runs)]) for _ in range(2))
        usual, first, second = medians(options.runs, run, lambda: run(next(fresh)), lambda: run(next(again)))
    print_head("1,000 rows", "seconds")
    print_row("as installed", f"{usual:.2f}")
    print_row("the first run, nothing compiled yet", f"{first:.2f}")
    print_row("the second", f"{second:.2f}")
    print_row("the first more than the second", f"{first - second:.2f}")


def sign(source: Path) -> tuple[float, float, float]:
    """MB of text in a file, and MB/s of one core, the rows in memory: to shingles; to shingles and signatures."""
    import numpy as np
    import pyarrow.compute as pc

    import instructkit as ik
    from instructkit.dedup.banding import Bands
    from instructkit.dedup.settings import DedupSettings
    from instructkit.dedup.shingling import Shingler
    from instructkit.dedup.stretches import equal_below
    from instructkit.dedup.texts import FIELDS

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    settings = DedupSettings(threshold=THRESHOLD, on="output")
    shingler = Shingler(settings.ngram, FIELDS["output"], sets_below=equal_below(THRESHOLD))
    batches = list(ik.read(str(source)))
    size = sum(pc.sum(pc.binary_length(batch.column("output"))).as_py() for batch in batches) / 1e6
    seconds = [0.0, 0.0]
    with tempfile.TemporaryDirectory() as folder, Bands(Path(folder), np.array([False]), settings) as bands:
        for counts, batch in [(False, batches[0]), *((True, batch) for batch in batches)]:
            start = time.perf_counter()
            shingles = shingler(batch)
            between = time.perf_counter()
            bands.of(shingles)
            if counts:
                seconds[0] += between - start
                seconds[1] += time.perf_counter() - start
    return size, size / seconds[0], size / seconds[1]


def signing(options: argparse.Namespace, folder: Path) -> None:
    """Print how fast rows are signed."""
    megabytes = int(options.numbers[0]) if options.numbers else 50
    print_head("text", "MB", "shingles, MB/s of a core", "shingles and signatures, MB/s of a core")
    for name in (options.sets or "long,short,chinese").split(","):
        source = made_once(folder / f"{name}-{megabytes}.jsonl", write_set, name, megabytes)
        found = [apart(sign, source) for _ in range(options.runs)]
        print_row(name, *(f"{median(values):.0f}" for values in zip(*found, strict=True)))


def main() -> None:
    parts = {function.__name__: function for function in (speed, accuracy, memory, small, signing)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=parts)
    parser.add_argument("numbers", nargs="*")
    for name in ("--peers", "--modes", "--sets"):
        parser.add_argument(name, default="")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--no-exact", dest="exact", action="store_false")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        parts[options.part](options, folder)


if __name__ == "__main__":
    main()
