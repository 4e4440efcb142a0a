"""Toxicity: what is flagged of clean rows, traps and labelled texts, and texts a second, beside peers.

    python benchmarks/toxicity.py --data FOLDER [--peers PYTHON]

FOLDER holds the public sets that training/sources.py reads; only texts held out of training are measured. The peers are
word lists and models whose weights are in their wheels: ``pip install alt-profanity-check better-profanity`` in an
environment of their own, whose interpreter is given.
"""

import argparse
import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "training"))

from measuring import INSTRUCTIONS, LABELLED  # noqa: E402
from sources import clean, labelled  # noqa: E402
from toxicity import trap_lines  # noqa: E402

from instructkit.filters.toxicity.model import FILE, model  # noqa: E402

PEERS = ("alt-profanity-check", "better-profanity")  # the latter takes minutes
MOST = 300  # texts of a set
PEER = """
import json, sys, time, importlib.metadata
texts = json.load(sys.stdin)
if sys.argv[1] == "alt-profanity-check":
    from profanity_check import predict
    judge = lambda: [int(x) for x in predict(texts)]
else:
    from better_profanity import profanity
    profanity.load_censor_words()
    judge = lambda: [int(profanity.contains_profanity(text)) for text in texts]
start = time.perf_counter()
found = judge()
seconds = time.perf_counter() - start
json.dump([importlib.metadata.version(sys.argv[1]), found, seconds], sys.stdout)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", help="a Python that has the peers installed")
    parser.add_argument("--peer", action="append", choices=PEERS, help="only this one")
    given = parser.parse_args()
    seed = json.loads(FILE.with_name("model_metrics.json").read_text())["seed"]
    texts = [text for text in (*labelled(given.data, seed), *clean(given.data, seed)) if text.held_out]
    texts = [text for text in texts if text.name in (*LABELLED, *INSTRUCTIONS)]
    sets: dict[str, list[tuple[str, int]]] = {}
    for text in texts:
        name = text.name if text.name in LABELLED else f"clean instruction texts, {'zh' if text.chinese else 'en'}"
        sets.setdefault(name, []).append((text.text, text.toxic))
    # one peer reads a few hundred texts a second: every n-th text of a set is enough
    sets = {name: rows[:: -(-len(rows) // MOST)] for name, rows in sets.items()}
    for name in ("en", "zh"):
        sets[f"traps, {name}"] = [(line, 0) for line in trap_lines(name)]
    lines = [line for name in sets for line, _ in sets[name]]
    judges = {f"instructkit ({FILE.stat().st_size / 1e6:.1f} MB)": ours(lines)}
    judges["LDNOOBW word lists"] = word_lists(lines, given.data / "toxicity" / "ldnoobw")
    if given.peers:
        for peer in given.peer or PEERS:
            done = subprocess.run(
                [given.peers, "-c", PEER, peer], input=json.dumps(lines), capture_output=True, text=True, check=False
            )
            if done.returncode:
                sys.exit(done.stderr)
            number, found, seconds = json.loads(done.stdout)
            judges[f"{peer} {number}"] = (found, seconds)
    print(f"Python {sys.version.split()[0]}, pyarrow {version('pyarrow')}, numpy {version('numpy')}; one thread\n")
    for judge, (found, seconds) in judges.items():
        characters = sum(map(len, lines)) / len(lines)
        print(f"{judge}: {len(lines) / seconds:,.0f} texts/s ({characters:.0f} characters each)")
        at = 0
        for name, rows in sets.items():
            hits = found[at : at + len(rows)]
            at += len(rows)
            print(f"    {name:28} {figures([toxic for _, toxic in rows], hits)}")


def ours(lines: list[str]) -> tuple[list[int], float]:
    array = pa.array(lines)
    model().score(array.slice(0, 10))
    start = time.perf_counter()
    scores = model().score(array).values()
    seconds = time.perf_counter() - start
    return [int(max(pair) >= 0.5) for pair in zip(*(one.tolist() for one in scores), strict=True)], seconds


def word_lists(lines: list[str], folder: Path) -> tuple[list[int], float]:
    import re

    english = (folder / "en").read_text(encoding="utf-8").split("\n")
    chinese = (folder / "zh").read_text(encoding="utf-8").split("\n")
    words = "|".join(map(re.escape, filter(None, english)))
    pattern = re.compile(rf"(?i)\b(?:{words})\b|{'|'.join(map(re.escape, filter(None, chinese)))}")
    start = time.perf_counter()
    found = [int(pattern.search(line) is not None) for line in lines]
    return found, time.perf_counter() - start


def figures(toxic: list[int], hits: list[int]) -> str:
    right = sum(hit and mark for hit, mark in zip(hits, toxic, strict=True))
    clean_rows, marked = toxic.count(0), sum(toxic)
    parts = [f"{len(toxic):6,} texts"]
    if clean_rows:
        parts.append(f"of others flagged {100 * (sum(hits) - right) / clean_rows:6.2f}%")
    if marked:
        parts.append(f"recall {right / marked:.3f}")
    if marked and clean_rows:
        precision, recall = right / max(1, sum(hits)), right / marked
        parts.append(f"precision {precision:.3f} F1 {2 * precision * recall / max(1e-9, precision + recall):.3f}")
    return "  ".join(parts)


if __name__ == "__main__":
    main()
