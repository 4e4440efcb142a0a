"""The rules and languages of filter, beside peers in one run: python benchmarks/filter.py PART [--peers PYTHON]

Parts: ``rows`` (rows a second from file to file), ``web`` (speed and agreement with datatrove), ``language`` (accuracy
beside fastText alone, pycld2 and lingua), ``perplexity``, ``cuts`` (of how many `cut_output` knows).
Personal data and toxicity have scripts of their own:
pii.py, toxicity.py.

``--peers`` is the Python of another environment: pip install 'datatrove[processing]' spacy pycld2
lingua-language-detector. INSTRUCTKIT_REAL_DATA names the folder of real data.
"""

import argparse
import ast
import csv
import json
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter, defaultdict
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import pyarrow as pa
from measure import medians, run_pipe

import instructkit as ik

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("INSTRUCTKIT_REAL_DATA", HERE.parent / ".." / "shared" / "data"))
RUNS = 3
LARGEST = 200_000  # characters of a page
MOST = 1500  # pages of a kind


def pages() -> list[dict[str, str]]:
    """Real pages: encyclopedia articles, comments on news, answers, READMEs, documentation; the same on one machine."""
    found: list[dict[str, str]] = []

    def add(kind: str, text: str) -> None:
        if text.strip() and len(text) <= LARGEST:
            found.append({"kind": kind, "text": text})

    for article in json.loads((DATA / "classic/xquad.en.json").read_text("utf-8"))["data"]:
        add("encyclopedia article", "\n".join(part["context"] for part in article["paragraphs"]))
        for part in article["paragraphs"]:
            add("encyclopedia paragraph", part["context"])
    for path in sorted((DATA / "toxicity/toxic_spans").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                add("comment on news", row["text"])
    for row in json.loads((DATA / "formats/alpaca_en_demo.json").read_text("utf-8")):
        add("answer", row["output"])
    for line in (DATA / "classic/gsm8k_train.jsonl").read_text("utf-8").splitlines()[:500]:
        add("worked problem", json.loads(line)["answer"])
    for package in distributions():
        add("README", (package.metadata.get_payload() or "") if package.metadata else "")  # type: ignore[attr-defined]
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        try:
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in nodes:
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node) or ""
                if len(text) > 400:
                    add("documentation", text)
    random.Random(1).shuffle(found)
    counted: Counter[str] = Counter()
    chosen, seen = [], set()
    for page in found:
        counted[page["kind"]] += page["text"] not in seen
        if page["text"] not in seen and counted[page["kind"]] <= MOST:
            chosen.append(page)
        seen.add(page["text"])
    return chosen


def web(peers: str | None) -> None:
    """The preset web on real pages: MB/s of one core, and whether datatrove decides alike."""
    from instructkit.filters.rule import RULES, Columns
    from instructkit.filters.rules.presets import chosen_rules

    found = pages()
    texts = pa.array([page["text"] for page in found])
    megabytes = texts.nbytes / 1e6
    empty = pa.array([""] * len(texts))
    batch = pa.RecordBatch.from_arrays([empty, empty, texts], names=["instruction", "input", "output"])
    rules = chosen_rules("web", ())

    def judge() -> dict[str, np.ndarray]:
        columns = Columns(batch)
        return {name: RULES[name](columns, threshold).fails for name, threshold in rules.items()}

    fails = judge()
    seconds = []
    for _ in range(RUNS):
        start = time.process_time()
        judge()
        seconds.append(time.process_time() - start)
    ours = megabytes / sorted(seconds)[RUNS // 2]
    print(f"{len(found):,} pages, {megabytes:.1f} MB; median of {RUNS} runs, CPU seconds of one core\n")
    print("| what | MB/s | pages/s | times |\n|---|---|---|---|")
    if peers is None:
        print(f"| instructkit | {ours:.1f} | {ours / megabytes * len(found):,.0f} | |")
        return
    theirs = ask(peers, "datatrove", [page["text"] for page in found])
    speed = megabytes / theirs["seconds"]
    print(f"| datatrove | {speed:.3f} | {speed / megabytes * len(found):,.0f} | 1 |")
    print(f"| instructkit, preset web | {ours:.1f} | {ours / megabytes * len(found):,.0f} | {ours / speed:,.0f} |")
    families = {
        "Gopher quality": [name for name in rules if "A1.1" in RULES[name].source],
        "Gopher repetition": [name for name in rules if "table A1" in RULES[name].source],
        "C4": [name for name in rules if name.startswith("c4_")],
        "FineWeb": [name for name in rules if name.startswith("fineweb_")],
    }
    print("\n| filter | pages dropped | by datatrove | decided alike |\n|---|---|---|---|")
    all_ours, all_theirs = np.zeros(len(found), bool), np.zeros(len(found), bool)
    for family, names in families.items():
        own = np.any([fails[name] for name in names], axis=0)
        other = np.array(theirs["drops"][family])
        all_ours |= own
        all_theirs |= other
        print(f"| {family} | {own.mean():.1%} | {other.mean():.1%} | {(own == other).mean():.2%} |")
    print(f"| all | {all_ours.mean():.1%} | {all_theirs.mean():.1%} | {(all_ours == all_theirs).mean():.2%} |")
    kinds = defaultdict(list)
    for page, own, other in zip(found, all_ours, all_theirs, strict=True):
        kinds[page["kind"]].append(own == other)
    print("\n| kind of page | pages | decided alike |\n|---|---|---|")
    for kind, alike in sorted(kinds.items()):
        print(f"| {kind} | {len(alike):,} | {np.mean(alike):.2%} |")


def rows(count: int) -> None:
    """Rows a second of whole commands, on rows of about 500 characters, English and Chinese."""
    answers = [
        row for name in ("en", "zh") for row in json.loads((DATA / f"formats/alpaca_{name}_demo.json").read_text())
    ]
    answers = [row for row in answers if row["output"]]
    draw = random.Random(3)
    made = []
    for _ in range(count):
        row = draw.choice(answers)
        text = row["output"]
        while len(text) < 350:
            text += "\n\n" + draw.choice(answers)["output"]
        ends = max(text.rfind(mark, 300, 500) for mark in ".。")
        made.append({"instruction": row["instruction"], "input": row["input"], "output": text[: ends + 1] or text})
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "rows.arrow", Path(folder) / "out.arrow"
        ik.write(pa.Table.from_pylist(made), str(source))
        lengths = [len(row["instruction"]) + len(row["input"]) + len(row["output"]) for row in made]
        size = source.stat().st_size / 1e6
        print(f"{count:,} rows of {np.mean(lengths):.0f} characters, {size:.0f} MB; median of {RUNS}\n")
        commands = {
            "filter --preset none (reading and writing alone)": "--preset none",
            "filter (preset instruction)": "",
            "filter --preset strict": "--preset strict",
            "filter --preset web": "--preset web",
            "filter --tag": "--tag",
            "filter --language en,zh": "--preset none --language en,zh",
            "filter --pii mask": "--preset none --pii mask",
            "filter --toxicity tag": "--preset none --toxicity tag",
        }
        print("| command | seconds | rows/s |\n|---|---|---|")
        for name, options in commands.items():
            (seconds,) = medians(RUNS, lambda options=options: run_pipe(f"filter {source} {options} -o {out}").seconds)
            print(f"| `{name}` | {seconds:.1f} | {count / seconds:,.0f} |", flush=True)


def language(peers: str | None) -> None:
    """Accuracy on labelled texts, "unknown" counted as not right."""
    from instructkit.filters.language.identifying import UNKNOWN, _code, identify_all, model

    with (DATA / "language/labelled_texts.jsonl").open(encoding="utf-8") as file:
        labelled = [json.loads(line) for line in file]
    texts = [row["text"] for row in labelled]
    start = time.process_time()
    likeliest, _ = identify_all(pa.array(texts), None)
    speed = len(texts) / (time.process_time() - start)
    surely, _ = identify_all(pa.array(texts))
    alone = [
        _code(found[0]) if found else UNKNOWN
        for found in model().predict([text.replace("\n", " ") for text in texts])[0]
    ]
    answers = {"instructkit": likeliest, "instructkit, sure": surely, "lid.176 alone": alone}
    if peers is not None:
        theirs = ask(peers, "language", texts)
        answers |= {name: found for name, found in theirs["answers"].items()}
    kinds = ("sentences", "word-pairs", "single-words")
    known = {row["lang"] for row in labelled}
    print(f"{len(texts):,} texts in {len(known)} languages; {speed:,.0f} texts/s on one core\n")
    print("| texts | " + " | ".join(answers) + " |\n|---|" + "---|" * len(answers))
    groups = {"English": ("en",), "Chinese": ("zh",), "Japanese": ("ja",), "Korean": ("ko",), "all languages": ()}
    for group, codes in groups.items():
        for kind in kinds:
            places = [
                at for at, row in enumerate(labelled) if row["kind"] == kind and (not codes or row["lang"] in codes)
            ]
            right = {
                name: np.mean([found[at] == labelled[at]["lang"] for at in places]) for name, found in answers.items()
            }
            print(f"| {group}, {kind} | " + " | ".join(f"{share:.1%}" for share in right.values()) + " |")
    told = [(row["lang"], found) for row, found in zip(labelled, surely, strict=True) if found != UNKNOWN]
    share, right = len(told) / len(texts), np.mean([a == b for a, b in told])
    print(f"\ninstructkit, sure, tells {share:.1%} of the texts, {right:.1%} of them right")
    worse = [
        (code, kind)
        for code in {row["lang"] for row in labelled}
        for kind in kinds
        if sum(a == code == row["lang"] for a, row in zip(likeliest, labelled, strict=True) if row["kind"] == kind)
        < sum(a == code == row["lang"] for a, row in zip(alone, labelled, strict=True) if row["kind"] == kind)
    ]
    print(f"languages and kinds where lid.176 alone is right more often: {worse or 'none'}")


def answers() -> dict[str, list[str]]:
    """The answers of the Alpaca demos, by language."""
    return {
        name: [row["output"] for row in json.loads((DATA / f"formats/alpaca_{name}_demo.json").read_text("utf-8"))]
        for name in ("en", "zh")
    }


def cuts() -> None:
    """How many answers that are cut at a random place, in English between words, `cut_output` finds."""
    from instructkit.filters.rules.integrity import why_cut

    draw = random.Random(3)
    print("| answers of more than 120 characters | cut | found |\n|---|---|---|")
    for name, texts in answers().items():
        cut = [text[: draw.randrange(60, len(text) - 20)] for text in texts if len(text) > 120]
        if name == "en":
            cut = [text.rpartition(" ")[0] for text in cut]
        found = sum(bool(why_cut(text)) for text in cut)
        print(f"| {name} | {len(cut)} | {found / len(cut):.1%} |")


def perplexity() -> None:
    """Whether shuffled and foreign text is told from clean text, and how fast."""
    from instructkit.filters.perplexity import train_perplexity

    clean = answers()
    draw = random.Random(5)
    train, test = [], {}
    for name, texts in clean.items():
        long = [text for text in texts if len(text) >= 50]
        draw.shuffle(long)
        train += long[100:]
        test[name] = long[:100]
    start = time.process_time()
    trained = train_perplexity([pa.array(train)])
    seconds = time.process_time() - start
    print(f"trained on {trained.characters:,} characters in {seconds:.1f} s\n")
    print("| held-out texts | AUC against the same with their characters shuffled in words of 6 |\n|---|---|")
    for name, texts in test.items():
        shuffled = [
            "".join("".join(draw.sample(text[at : at + 6], len(text[at : at + 6]))) for at in range(0, len(text), 6))
            for text in texts
        ]
        good, bad = (trained.model.perplexities(pa.array(some)) for some in (texts, shuffled))
        print(f"| {name} | {np.mean(good[:, None] < bad[None, :]):.3f} |")
    column = pa.array(train * 3)
    start = time.process_time()
    trained.model.perplexities(column)
    seconds = time.process_time() - start
    print(f"\n{len(column) / seconds:,.0f} texts/s, {column.nbytes / 1e6 / seconds:.1f} MB/s on one core")


def ask(peers: str, what: str, texts: list[str]) -> dict[str, object]:
    """What a peer says of texts, asked in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "texts.json", Path(folder) / "answer.json"
        given.write_text(json.dumps(texts), encoding="utf-8")
        subprocess.run([peers, str(HERE / "filter_peers.py"), what, str(given), str(answer)], check=True)
        return json.loads(answer.read_text("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["rows", "web", "language", "perplexity", "cuts"])
    parser.add_argument("--peers", help="the Python of an environment that has the peers")
    parser.add_argument("--rows", type=int, default=300_000)
    given = parser.parse_args()
    if not DATA.is_dir():
        sys.exit("INSTRUCTKIT_REAL_DATA names no folder")
    {"rows": lambda: rows(given.rows), "web": lambda: web(given.peers), "language": lambda: language(given.peers),
     "perplexity": perplexity, "cuts": cuts}[given.part]()  # fmt: skip
