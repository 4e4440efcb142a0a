"""Milliseconds to hold a candidate against a pool by ROUGE-L, beside rapidfuzz and rouge_score; memory.

The instructions are made: real ones, English and Chinese, from the folder that INSTRUCTKIT_REAL_DATA names, each with
some of its words replaced by words of others. So many share most of their words, as generated ones do.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from measure import timed

from instructkit.generation.novelty import Nearest, Novelty
from instructkit.generation.rouge.score import least_common
from instructkit.generation.rouge.tokens import tokens_of

THRESHOLD = 0.7
FILES = ("self_instruct_seed_tasks.jsonl", "self_instruct_human_eval_252.jsonl", "belle_zh_seed_tasks.jsonl")
MOST = 0.7  # of an instruction's words that are replaced
WARM_UP = 20  # candidates that are not measured
WITH_ROUGE_SCORE, ASKED = 50_000, 5  # the largest pool it is asked about, and how many candidates


def made_instructions(count: int, seed: int) -> Iterator[str]:
    """Real instructions with some of their words replaced; half of the new words as usual as they are, half rare.

    Each is in Latin letters alone, or has none: rouge_score would see but a part of a mixed one.
    """
    draw = random.Random(seed)
    folder = Path(os.environ["INSTRUCTKIT_REAL_DATA"]) / "instructions"
    rows = [json.loads(line) for name in FILES for line in (folder / name).read_text(encoding="utf-8").splitlines()]
    real = [tokens_of(row["instruction"]) for row in rows]
    real = [tokens for tokens in real if tokens and len(set(map(str.isascii, tokens))) == 1]
    usual = {kind: [word for tokens in real for word in tokens if word.isascii() == kind] for kind in (True, False)}
    instances = [text for row in rows for instance in row["instances"] for text in instance.values()]
    told = {word for text in instances for word in tokens_of(text)}
    rare = {kind: sorted({*words, *(word for word in told if word.isascii() == kind)}) for kind, words in usual.items()}
    for _ in range(count):
        tokens = list(draw.choice(real))
        kind = tokens[0].isascii()
        for _ in range(draw.randint(1, max(1, int(MOST * len(tokens))))):
            tokens[draw.randrange(len(tokens))] = draw.choice(rare[kind] if draw.random() < 0.5 else usual[kind])
        yield " ".join(tokens) if kind else "".join(tokens)


def resident_bytes() -> int:
    """What this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def with_rapidfuzz(texts: list[str]) -> Callable[[str], bool]:
    """Decides by rapidfuzz: its LCS over words as characters, those of each length with a cutoff of their own."""
    from rapidfuzz.distance import LCSseq
    from rapidfuzz.process import extractOne

    characters: dict[str, str] = {}
    by_length: dict[int, list[str]] = {}
    for text in texts:
        coded = "".join(characters.setdefault(token, chr(len(characters))) for token in tokens_of(text))
        by_length.setdefault(len(coded), []).append(coded)

    def near(text: str) -> bool:
        query = "".join(characters.get(token, "\U0010ffff") for token in tokens_of(text))
        for length, others in by_length.items():
            least = least_common(len(query), length, THRESHOLD) if length else 1
            if least <= min(length, len(query)) and extractOne(
                query, others, scorer=LCSseq.similarity, processor=None, score_cutoff=least
            ):
                return True
        return False

    return near


def with_rouge_score(texts: list[str]) -> Callable[[str], float]:
    """The highest F1 as Self-Instruct finds it, text by text."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"])
    return lambda text: max(scorer.score(other, text)["rougeL"].fmeasure for other in texts)


def milliseconds(ask: Callable[[str], object], candidates: list[str]) -> list[float]:
    """Of each candidate."""
    return sorted(1000 * timed(lambda text=text: ask(text)) for text in candidates)


def measure_pool(size: int, candidates: int) -> str:
    """A row of the table."""
    asked = list(made_instructions(WARM_UP + candidates, seed=2))
    warm = Novelty(THRESHOLD)
    for text in made_instructions(3_000, seed=3):  # loads the compiled loops
        warm.nearest(text)
        warm.add(text)
    before = resident_bytes()
    novelty, texts = Novelty(THRESHOLD), list[str]()
    for number, text in enumerate(made_instructions(size, seed=1)):
        novelty.add(text)
        texts.append(text)
        if number == size - size // 34:  # as many wait for the index as do on average
            novelty.nearest(asked[0])
    nearest = [novelty.nearest(text) for text in asked[:WARM_UP]]
    held = resident_bytes() - before
    asked = asked[WARM_UP:]
    nearest = [novelty.nearest(text) for text in asked]
    times = milliseconds(novelty.nearest, asked)
    near = with_rapidfuzz(texts)
    if [near(text) for text in asked] != [found is not None for found in nearest]:
        sys.exit("rapidfuzz decides otherwise")
    beside = milliseconds(near, asked[: max(ASKED, 2_000_000 // size)])
    slow = "" if size > WITH_ROUGE_SCORE else f"{median(slow_times(texts, asked, nearest)):,.0f}"
    found = sum(one is not None for one in nearest)
    return (
        f"| {size:,} | {median(times):.3f} | {times[int(0.99 * len(times))]:.3f} | {median(beside):.2f} | {slow} | "
        f"{held / size:.0f} | {found / len(asked):.0%} |"
    )


def slow_times(texts: list[str], asked: list[str], nearest: list[Nearest | None]) -> list[float]:
    """Milliseconds of rouge_score for a few candidates in Latin letters, after its scores were compared with ours."""
    times = []
    best = with_rouge_score(texts)
    latin = [place for place, text in enumerate(asked) if text.isascii()][:ASKED]
    for place in latin:
        start = time.perf_counter()
        score, ours = best(asked[place]), nearest[place]
        times.append(1000 * (time.perf_counter() - start))
        if score != ours.score if ours is not None else score > THRESHOLD:
            sys.exit(f"rouge_score decides otherwise: {asked[place]}")
    return times


def growing(size: int) -> str:
    """How long it takes to ask and then add each of some instructions, if it is novel."""
    novelty = Novelty(THRESHOLD)

    def grow() -> None:
        for text in made_instructions(size, seed=1):
            if novelty.nearest(text) is None:
                novelty.add(text)

    seconds = timed(grow)
    return f"{size:,} instructions asked and, if novel, added: {seconds:.1f} s, {len(novelty):,} stay"


def novelty(options: argparse.Namespace) -> None:
    """Print the table."""
    print(
        "| pool | ours, median ms | 99th percentile | rapidfuzz, median | rouge_score, median | bytes a text | near |"
    )
    print("|---|---|---|---|---|---|---|")
    for size in options.pool:
        with multiprocessing.get_context("spawn").Pool(1) as process:  # so that memory is that of one pool
            print(process.apply(measure_pool, (size, options.candidates)), flush=True)
    print("\n" + growing(min(options.pool[-1], 50_000)))
