"""The public labelled and clean texts the model is made from and measured on, each on one side of a seeded split."""

import ast
import csv
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

csv.field_size_limit(10**9)


@dataclass(frozen=True)
class Text:
    """One text: where it is from, whether it is toxic, and whether it is kept for measuring."""

    text: str
    toxic: int
    name: str  # the set
    chinese: bool
    held_out: bool
    kind: str = ""  # more a set says of it: hate, offensive, race, ...
    row: str = ""  # texts of one row share it


_MENTION = re.compile(r"@\w+|https?://\S+|www\.\S+|\bRT\b")
_NOT_WORDS = re.compile(r"[\W\d_]+")


def held_out(text: str, share: float, seed: int) -> bool:
    """The side of a text; texts that differ in case, numbers, mentions and signs stand on the same."""
    key = _NOT_WORDS.sub(" ", _MENTION.sub(" ", text.lower()))
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "replace"), seed) / 2**64 < share


def without_mentions(text: str) -> str:
    """A tweet without the users and links in it."""
    text = _MENTION.sub(" ", html.unescape(html.unescape(text)))
    return " ".join(text.encode("utf-8", "replace").decode("utf-8", "replace").split())


def labelled(folder: Path, seed: int) -> Iterator[Text]:
    """The four labelled sets."""
    here = folder / "toxicity"
    for row in _csv(here / "davidson_labeled_data.csv"):
        text = without_mentions(row["tweet"])
        kind = ("hate", "offensive", "neither")[int(row["class"])]
        yield Text(text, int(kind != "neither"), "davidson", False, held_out(text, 0.3, seed), kind)
    for row in _csv(here / "surge_toxicity_en.csv"):
        text = without_mentions(row["text"])
        yield Text(text, int(row["is_toxic"] == "Toxic"), "surge", False, held_out(text, 0.4, seed))
    for name in ("train", "dev"):
        for row in _csv(here / "cold" / f"{name}.csv"):
            yield Text(row["TEXT"], int(row["label"]), "cold", True, name == "dev", row["topic"])
    for name in ("train", "trial"):
        for row in _csv(here / "toxic_spans" / f"tsd_{name}.csv"):
            yield from _spans(row["text"], ast.literal_eval(row["spans"]), name == "trial")


def _spans(text: str, spans: list[int], held: bool) -> Iterator[Text]:
    """A comment of toxic_spans; for training its sentences, toxic where they hold a span."""
    if held:
        yield Text(" ".join(text.split()), 1, "toxic_spans", False, True, "spans" if spans else "none")
        return
    marked = set(spans)
    if not spans:
        return
    if len(text) < 200:
        yield Text(" ".join(text.split()), 1, "toxic_spans", False, False)
    at = 0
    for sentence in re.findall(r"[^.!?\n]*[.!?\n]*", text):
        inside = marked.intersection(range(at, at + len(sentence)))
        at += len(sentence)
        if len(sentence.split()) > 2 and (len(inside) > 2 or not inside):
            toxic = int(bool(inside))
            yield Text(" ".join(sentence.split()), toxic, "toxic_spans" if toxic else "beside_spans", False, False)


def clean(folder: Path, seed: int) -> Iterator[Text]:
    """Instructions and answers, encyclopedias, news, reviews: rows that nobody would call toxic."""

    def row(name: str, chinese: bool, share: float, *texts: str, key: str | None = None) -> Iterator[Text]:
        side = held_out(key or " ".join(texts), share, seed)
        name_of_row = f"{name}:{xxhash.xxh3_64_hexdigest(' '.join(texts).encode())}"
        for text in texts:
            if text.strip():
                yield Text(text, 0, name, chinese, side, row=name_of_row)

    formats, instructions, classic = folder / "formats", folder / "instructions", folder / "classic"
    for name, chinese in (("alpaca_en", False), ("alpaca_zh", True)):
        for one in _json(formats / f"{name}_demo.json"):
            yield from row(name, chinese, 0.5, one["instruction"], one["input"], one["output"])
    for name, chinese, share in (("belle_zh_seed_tasks", True, 0.5), ("self_instruct_seed_tasks", False, 0.3),
                                 ("self_instruct_human_eval_252", False, 1)):  # fmt: skip
        for one in _lines(instructions / f"{name}.jsonl"):
            for instance in one["instances"]:
                yield from row(name, chinese, share, one["instruction"], instance["input"], instance["output"],
                               key=one["instruction"])  # fmt: skip
    for one in _lines(instructions / "mt_bench_question.jsonl"):
        yield from row("mt_bench", False, 1, *one["turns"])
    for name, share in (("train", 0), ("test", 1)):
        for one in _lines(classic / f"gsm8k_{name}.jsonl"):
            if share or held_out(one["question"], 0.3, seed + 1):  # enough of one kind
                yield from row(f"gsm8k_{name}", False, share, one["question"], one["answer"])
    for name, share in (("creak", 0.2), ("ecqa", 0.2), ("strategyqa", 0)):
        with (classic / f"{name}_train.tsv").open(encoding="utf-8") as file:
            for line in file:
                if not held_out(line, 0.5, seed + 1):  # enough of one kind
                    continue
                yield from row(name, False, share, *line.rstrip("\n").replace("\\n", "\n").split("\t")[:3:2])
    for one in _json(classic / "strategyqa_dev.json"):
        yield from row("strategyqa_dev", False, 1, one["question"], " ".join(one["facts"]))
    for name, chinese, share in (("xquad.en", False, 0.5), ("xquad.zh", True, 0.5), ("cmrc2018_dev", True, 0.3)):
        for article in _json(classic / f"{name}.json")["data"]:
            for paragraph in article["paragraphs"]:
                asked = [one["question"] for one in paragraph["qas"]]
                title = article.get("title", paragraph["context"])
                yield from row(name, chinese, share, paragraph["context"], *asked, key=title)
    for path in sorted((classic / "bbh").glob("*.json")):
        for one in _json(path)["examples"]:
            yield from row("bbh", False, 1, one["input"])
    for name in ("sentence_polarity/rt-polarity.neg", "sentence_polarity/rt-polarity.pos",
                 "subjectivity/plot.tok.gt9.5000", "subjectivity/quote.tok.gt9.5000"):  # fmt: skip
        for line in (classic / name).read_text(encoding="latin-1").splitlines():
            yield from row(name.partition("/")[0], False, 0.2, line)
    for one in _lines(formats / "c4_demo.jsonl"):
        yield from row("c4", False, 0.5, one["text"])
    for line in (formats / "wiki_demo.txt").read_text(encoding="utf-8").splitlines():
        yield from row("wiki", False, 0, line)
    for one in _json(formats / "glaive_toolcall_en_demo.json"):
        yield from row("glaive", False, 0.5, *(turn["value"] for turn in one["conversations"]))
    for one in _lines(formats / "oasst_en_100_tree.jsonl"):
        for text in _tree(one["prompt"]):
            yield from row("oasst", False, 1, text)
    for one in _lines(folder / "language" / "labelled_texts.jsonl"):
        if one["lang"] in ("en", "zh"):
            yield from row(f"sentences_{one['lang']}", one["lang"] == "zh", 0, one["text"])
    for one in _lines(folder / "pii" / "zh_en_labelled.jsonl"):
        yield from row(f"pii_{one['lang']}", one["lang"] == "zh", 0.2, one["text"])


def _tree(turn: dict[str, Any]) -> Iterator[str]:
    yield turn["text"]
    for reply in turn["replies"]:
        yield from _tree(reply)


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
