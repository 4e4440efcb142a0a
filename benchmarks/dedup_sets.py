"""The rows that benchmarks/dedup.py compares: real text from the folder that INSTRUCTKIT_REAL_DATA names, repeated with
changes, and made rows of any number.

The sets for speed (`write_set`) hold words only, apart by single spaces: punctuation is taken out and Chinese
characters are set apart, so that words split at white space, which the peers compare, are the tokens that instructkit
compares. Texts of fewer than five words are left out, since not every peer knows what to do with them. First come the
texts as they are, then copies: a tenth of them near copies, each word replaced with a probability drawn from 0 to 0.15,
all others changed so much (0.3 to 0.8) that they are new texts. What is put in is drawn from the texts themselves.

The sets for accuracy (`write_judged`) are real rows unchanged, short ones and punctuation included, with near copies
among them; and made ones with planted similarities.
"""

import csv
import functools
import json
import os
import random
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("INSTRUCTKIT_REAL_DATA", Path(__file__).resolve().parents[2] / "shared/data"))
UNSPACED = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3040, 0x30FF)),
    *((0x3100, 0x312F), (0x31A0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),
)
BATCH = 100_000  # made rows


@functools.cache
def kind_of(character: str) -> str:
    """What a character is in a text: a space, part of a word, a character by itself, or a mark (by itself too)."""
    category = unicodedata.category(character)
    if character.isspace() or category in ("Zs", "Zl", "Zp", "Cc"):
        return "space"
    point = ord(character)
    if point >= 0x10000 or not (category[0] in "LNM" or character == "_"):
        return "mark"
    return "alone" if any(first <= point <= last for first, last in UNSPACED) else "word"


def plain_tokens(text: str, marks: bool = True) -> list[str]:
    """What docs/dedup.md calls the tokens of a text, said in plain Python; without marks if asked."""
    tokens: list[str] = []
    word = ""
    for character in text:
        kind = kind_of(character)
        if kind == "word":
            word += character
            continue
        if word:
            tokens.append(word)
            word = ""
        if kind == "alone" or (kind == "mark" and marks):
            tokens.append(character)
    return [*tokens, word] if word else tokens


def contexts(name: str) -> list[str]:
    """The paragraphs of a file shaped like SQuAD."""
    data = json.loads((DATA / "classic" / name).read_text(encoding="utf-8"))["data"]
    return [paragraph["context"] for article in data for paragraph in article["paragraphs"]]


def answers(language: str) -> list[str]:
    """The answers of the alpaca sample."""
    rows = json.loads((DATA / "formats" / f"alpaca_{language}_demo.json").read_text(encoding="utf-8"))
    return [row["output"] for row in rows]


def lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def long_texts() -> list[str]:
    """English web pages, paragraphs and articles; the articles, of up to 80,000 characters, in pieces of 600 words."""
    articles = [text.split(" ") for text in (DATA / "formats/wiki_demo.txt").read_text(encoding="utf-8").splitlines()]
    pieces = [" ".join(words[start : start + 600]) for words in articles for start in range(0, len(words), 600)]
    return [row["text"] for row in lines("formats/c4_demo.jsonl")] + pieces + contexts("xquad.en.json")


def short_texts() -> list[str]:
    """English instruction rows: word problems with their answers, and answers."""
    problems = lines("classic/gsm8k_train.jsonl") + lines("classic/gsm8k_test.jsonl")
    return [f"{row['question']} {row['answer']}" for row in problems] + answers("en")


def chinese_texts() -> list[str]:
    """Chinese paragraphs and answers."""
    return contexts("cmrc2018_dev.json") + contexts("xquad.zh.json") + answers("zh")


def mixed_texts() -> list[str]:
    """All of these, shuffled."""
    texts = long_texts() + short_texts() + chinese_texts()
    random.Random(1).shuffle(texts)
    return texts


TEXTS: dict[str, Callable[[], list[str]]] = {
    "long": long_texts,
    "short": short_texts,
    "chinese": chinese_texts,
    "mixed": mixed_texts,
}


def write_set(name: str, megabytes: float, path: Path, seed: int = 1) -> None:
    """Write a set for speed; the instruction ends in the number of the row."""
    ids: dict[str, int] = {}
    found = [plain_tokens(unicodedata.normalize("NFC", text), marks=False) for text in TEXTS[name]()]
    texts = [[ids.setdefault(word, len(ids)) for word in words] for words in found if len(words) >= 5]
    words = np.array(list(ids), object)
    stream = np.concatenate([np.array(text) for text in texts])
    ends = np.cumsum([len(text) for text in texts])
    random_ = np.random.default_rng(seed)
    rates = np.zeros(len(texts))
    number = size = 0
    with path.open("wb") as file:
        while True:
            replaced = random_.random(len(stream)) < np.repeat(rates, np.diff(ends, prepend=0))
            changed = np.where(replaced, random_.choice(stream, len(stream)), stream)
            pieces = words[changed].tolist()
            start = 0
            for end in ends.tolist():
                text = " ".join(pieces[start:end])
                size += file.write(f'{{"instruction": "Write text {number}", "output": "{text}"}}\n'.encode())
                start, number = end, number + 1
                if size >= megabytes * 1e6:
                    return
            rates = np.where(
                random_.random(len(texts)) < 0.1,
                random_.uniform(0, 0.15, len(texts)),
                random_.uniform(0.3, 0.8, len(texts)),
            )


def judged_english() -> list[str]:
    """Real English rows of all lengths: one-word answers, sentences, word problems, web pages."""
    with (DATA / "classic/creak_train.tsv").open(encoding="utf-8", newline="") as file:
        answers_ = [row[2] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if len(row) > 2]
    sentences = (DATA / "classic/sentence_polarity/rt-polarity.pos").read_text(encoding="latin-1").splitlines()
    return short_texts()[::4] + long_texts()[::8] + answers("en") + answers_[::10] + sentences[::10]


def write_judged(name: str, path: Path, seed: int = 1) -> None:
    """Write a set for accuracy: english, chinese or planted."""
    random_ = random.Random(seed)
    if name == "planted":
        texts = list(planted(random_))
    else:
        real = judged_english() if name == "english" else chinese_texts()
        parts = [text.split(" ") if name == "english" else list(text) for text in real]
        pool = [part for text in parts for part in text]
        copies = [
            [random_.choice(pool) if random_.random() < rate else part for part in random_.choice(parts)]
            for rate in (0.15 * random_.random() ** 2 for _ in range(3000))
        ]
        texts = real + [("" if name == "chinese" else " ").join(text) for text in copies]
        random_.shuffle(texts)
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts):
            file.write(json.dumps({"instruction": f"Write text {number}", "output": text}, ensure_ascii=False) + "\n")


def planted(random_: random.Random) -> Iterator[str]:
    """Made texts, each followed by one to three more that share as many shingles as a similarity from 0.3 to 1 asks."""
    fresh = (f"w{number}" for number in range(10**9))
    for _ in range(2000):
        shingles = random_.randint(10, 200)
        words = [next(fresh) for _ in range(shingles + 4)]
        yield " ".join(words)
        for _ in range(random_.randint(1, 3)):
            similarity = random_.uniform(0.3, 1)
            kept = round(2 * shingles * similarity / (1 + similarity)) + 4
            others = [next(fresh) for _ in range(len(words) - kept)]
            yield " ".join(words[:kept] + others if random_.random() < 0.5 else others + words[len(words) - kept :])


def write_made(rows: int, path: Path) -> None:
    """Write made rows of 10 to 18 words, the words as frequent as a language's (the n-th 1/n), for numbers that real
    text doesn't reach. A tenth are near copies of rows anywhere before: half with another last word, half with
    another word anywhere; one in a hundred is an exact copy.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
    random_ = np.random.default_rng(1)
    lengths = random_.integers(2, 12, 50_000)
    words = pa.array([letters[random_.integers(0, 26, length)].tobytes().decode() for length in lengths])

    def draw(batch: int) -> tuple[np.ndarray, np.ndarray]:
        random_ = np.random.default_rng((1, batch))
        return random_.integers(10, 19, BATCH), (len(words) ** random_.random((BATCH, 18))).astype(np.int32) - 1

    with path.open("wb") as file:
        for batch in range(-(-rows // BATCH)):
            random_ = np.random.default_rng((2, batch))
            counts, ids = draw(batch)
            if batch:
                earlier_counts, earlier = draw(int(random_.integers(batch)))
                copied = np.flatnonzero(random_.random(BATCH) < 0.11)
                counts[copied], ids[copied] = earlier_counts[copied], earlier[copied]
                kind = random_.random(len(copied))
                place = np.where(kind < 5 / 11, counts[copied] - 1, random_.integers(0, counts[copied]))
                changed = kind < 10 / 11
                ids[copied[changed], place[changed]] = random_.integers(0, len(words), int(changed.sum()))
            taken = np.arange(18) < counts[:, None]
            offsets = pa.array(np.concatenate(([0], np.cumsum(counts))), pa.int32())
            texts = pc.binary_join(pa.ListArray.from_arrays(offsets, words.take(pa.array(ids[taken]))), " ")
            numbers = pc.cast(pa.array(np.arange(batch * BATCH, batch * BATCH + BATCH)), pa.string())
            json_lines = pc.binary_join_element_wise(
                '{"instruction": "Write text ', numbers, '", "output": "', texts, '"}\n', ""
            )
            json_lines = json_lines.slice(0, rows - batch * BATCH)
            file.write(pc.binary_join(pa.ListArray.from_arrays([0, len(json_lines)], json_lines), "")[0].as_buffer())
