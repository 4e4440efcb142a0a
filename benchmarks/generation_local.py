"""The embedded model: whether an answer hangs on its request alone, with its server's settings and without them."""

import argparse
import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from instructkit.generation.client import local

# what the server's process runs, with some of its parameters set otherwise
CHILD = """
import json, sys
settings = json.loads(sys.stdin.readline()); sys.path[:] = settings.pop('python_path')
import xllamacpp
from instructkit.generation.client import serving
made, other = serving.parameters, {other!r}
def parameters(**settings):
    told = made(**settings)
    if other == "together":
        told.n_ubatch = 512
    if other == "flash":
        told.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    return told
serving.parameters = parameters
serving.run(**settings)
"""
PROMPTS = [f"Write task {number} about rivers. " + "Mind the mills, the boats and the bridges. " * (7 + 4 * number)
           for number in range(10)]  # fmt: skip


@contextmanager
def served(other: str, *, slots: int = 1, threads: int = 1) -> Iterator[str]:
    """The embedded model with one setting changed."""
    with (
        mock.patch.object(local, "_CHILD", CHILD.format(other=other)),
        local.serve(local.find_local("local"), slots=slots, context_tokens=2048, threads=threads) as url,
    ):
        yield url


def ask(url: str, prompt: str) -> Any:
    """The tokens of an answer and their log probabilities."""
    body = {"messages": [{"role": "user", "content": prompt}], "seed": 3, "temperature": 0.7, "max_tokens": 40,
            "logprobs": True}  # fmt: skip
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=600) as answer:
        return [one["token"] for one in json.load(answer)["choices"][0]["logprobs"]["content"]]


def answers(url: str, *, at_once: int) -> tuple[list[Any], float]:
    """The answers to all prompts, and the seconds they took."""
    start = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda prompt: ask(url, prompt), PROMPTS)), time.perf_counter() - start


def equal_answers(options: argparse.Namespace) -> None:
    """Print how many of ten answers stay the same when asked otherwise: at once, again, by more threads."""
    print("| server | again, four at once | with 2 threads | seconds, one by one |\n| --- | --: | --: | --: |")
    for name, other, slots in (
        ("as it is", "", 1),
        ("prompts computed 512 tokens at a time", "together", 1),
        ("four slots", "", 4),
        ("flash attention", "flash", 1),
    ):
        with served(other, slots=slots) as url:
            first, seconds = answers(url, at_once=1)
            again, _ = answers(url, at_once=4)
        with served(other, slots=slots, threads=2) as url:
            threaded, _ = answers(url, at_once=1)
        same = [sum(one == two for one, two in zip(first, found, strict=True)) for found in (again, threaded)]
        print(f"| {name} | {same[0]} of 10 | {same[1]} of 10 | {seconds:.0f} |", flush=True)
