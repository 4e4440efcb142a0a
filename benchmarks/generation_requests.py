"""Asking a model: how near the ideal rate, at what cost, and what a run that is killed pays twice.

The endpoint is the tests' scripted server, in a process of its own; each answer comes after a fixed time.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from instructkit.generation.client import Answer, Ask, ModelSettings, Request, open_model  # noqa: E402

PROMPT = "word " * 300  # some 400 tokens
ANSWER = "hello " * 100
SERVE = """
import sys, json
from tests.generation.imitation import imitate
from tests.generation.server import Reply, ScriptedServer
milliseconds, imitating = float(sys.argv[1]), sys.argv[2] == "imitate"
def script(asked, number):
    reply = imitate(asked, number) if imitating else Reply("hello " * 100)
    reply.seconds = milliseconds / 1000
    return reply
with ScriptedServer(script) as server:
    print(server.url, flush=True)
    for line in sys.stdin:
        counts = server.answered.values()
        told = {"sent": len(server.requests), "answered": sum(counts), "twice": sum(count - 1 for count in counts)}
        if line.strip() == "forget":
            server.requests.clear(); server.headers.clear(); server.answered.clear()
        print(json.dumps(told), flush=True)
"""


@contextmanager
def served(milliseconds: float, *, imitating: bool = False) -> Iterator[tuple[str, Any]]:
    """A scripted endpoint: its URL, and a function that tells what it has counted (and forgets it)."""
    command = [sys.executable, "-c", SERVE, str(milliseconds), "imitate" if imitating else "fixed"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018

        def count(word: str = "tell") -> dict[str, int]:
            process.stdin.write(word + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            found: dict[str, int] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            return found

        yield process.stdout.readline().strip(), count
        process.kill()


def ours(url: str, folder: Path, count: int, concurrency: int) -> tuple[float, float]:
    """Requests a second and milliseconds of processor a request, journal and all."""

    async def job(number: int, ask: Ask) -> Answer:
        return await ask(Request((("user", f"{number} {PROMPT}"),), parameters={"max_tokens": 200, "temperature": 0.7}))

    journal = str(folder / f"{time.monotonic_ns()}.db")
    with open_model(ModelSettings(model="m", base_url=url, journal=journal, concurrency=concurrency)) as model:
        list(model.map(iter(range(-concurrency, 0)), job))  # connections are open, modules loaded
        start, used = time.perf_counter(), time.process_time()
        found = [answer for _, answer in model.map(iter(range(count)), job)]
        seconds, processor = time.perf_counter() - start, time.process_time() - used
    assert len(found) == count
    return count / seconds, processor / count * 1000


def bare(url: str, count: int, concurrency: int) -> tuple[float, float]:
    """The same by the openai client alone, as its examples use it: no journal, no order."""
    import openai

    async def run() -> tuple[float, float]:
        client = openai.AsyncOpenAI(api_key="x", base_url=url)
        slots = asyncio.Semaphore(concurrency)

        async def one(number: int) -> None:
            async with slots:
                messages: Any = [{"role": "user", "content": f"{number} {PROMPT}"}]
                await client.chat.completions.create(model="m", messages=messages, max_tokens=200, temperature=0.7)

        await asyncio.gather(*map(one, range(-concurrency, 0)))
        start, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*map(one, range(count)))
        seconds, processor = time.perf_counter() - start, time.process_time() - used
        await client.close()
        return count / seconds, processor / count * 1000

    return asyncio.run(run())


def requests(options: argparse.Namespace) -> None:
    """Print a table of rates."""
    os.environ.setdefault("OPENAI_API_KEY", "none")
    columns = ("answers after", "at once", "ideal/s", "instructkit/s", "of it", "CPU ms", "openai alone/s", "CPU ms")
    print(f"| {' | '.join(columns)} |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for milliseconds in options.latency:
        ideal = options.concurrency / milliseconds * 1000
        count = min(options.requests, max(int(ideal * 8), 4 * options.concurrency))
        with served(milliseconds) as (url, _), tempfile.TemporaryDirectory() as folder:
            both = [(ours(url, Path(folder), count, options.concurrency), bare(url, count, options.concurrency))
                    for _ in range(options.repeat)]  # fmt: skip
        (rate, cost), (other, other_cost) = (
            tuple(median(run[side][value] for run in both) for value in (0, 1)) for side in (0, 1)
        )
        told = (f"{milliseconds:g} ms", options.concurrency, f"{ideal:,.0f}", f"{rate:,.0f}", f"{rate / ideal:.0%}",
                f"{cost:.2f}", f"{other:,.0f}", f"{other_cost:.2f}")  # fmt: skip
        print(f"| {' | '.join(map(str, told))} |", flush=True)


def kills(options: argparse.Namespace) -> None:
    """Kill a run again and again, and hold what it gives and what it paid against a run that was left alone."""
    os.environ.setdefault("OPENAI_API_KEY", "none")
    draw = random.Random(options.seed)
    with served(20, imitating=True) as (url, count), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds = Path(os.environ["INSTRUCTKIT_REAL_DATA"]) / "instructions" / "self_instruct_seed_tasks.jsonl"
        common = f"--count {options.count} --model m --base-url {url} --concurrency 16 --quiet"
        command = [sys.executable, "-m", "instructkit", "self-instruct", "--seeds", str(seeds), *common.split()]
        subprocess.run([*command, "-o", "whole.arrow", "--journal", "whole.db"], cwd=folder, check=True)
        needed = count("forget")["sent"]
        killed = 0
        while killed < options.kills:
            process = subprocess.Popen([*command, "-o", "killed.arrow"], cwd=folder)
            before = count()["sent"]
            wanted = draw.randint(1, max(2, 2 * needed // options.kills))
            while process.poll() is None and count()["sent"] < before + wanted:
                time.sleep(0.01)
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        subprocess.run([*command, "-o", "killed.arrow"], cwd=folder, check=True)
        told = count()
        whole, other = ((folder / name).read_bytes() for name in ("whole.arrow", "killed.arrow"))
        twice = f"{told['twice']} of them answered before (at most {16 * killed} were under way at the kills)"
        print(f"a run of {needed:,} requests, killed {killed} times: {told['sent']:,} sent, {twice}")
        print(f"its file is {'byte-equal' if whole == other else 'NOT EQUAL'} to that of a run left alone")
