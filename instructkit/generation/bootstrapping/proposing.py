"""Asking for new tasks until there are enough, each judged against the pool in the order of the requests."""

import logging
import math
from collections import deque
from collections.abc import Iterator

from instructkit.generation.bootstrapping.candidates import Candidate, Method, Proposed
from instructkit.generation.bootstrapping.pool import Pool
from instructkit.generation.bootstrapping.rules import rule_reasons
from instructkit.generation.bootstrapping.seeds import Seed
from instructkit.generation.bootstrapping.telling import Telling
from instructkit.generation.client.model import Ask, Job, Model, Stopped
from instructkit.records.rejects import Reason

log = logging.getLogger("instructkit")

BARREN = 50  # requests in a row without a new task, after which one stops
_PRIOR = 2  # requests that what a method is expected to give counts as


class Proposals:
    """The new tasks that a method brings. ``ended`` says why there are no more.

    How many requests are under way hangs on how many tasks are still wanted and on what the answers so far have
    brought, never on when they came: the same answers give the same requests.
    """

    def __init__(self, method: Method, pool: Pool, model: Model, language: str, telling: Telling) -> None:
        self.method, self.pool, self.model = method, pool, model
        self.ended = ""
        self._language, self._telling = language, telling
        self._wanted = 0
        self._number = self._answers = self._accepted = self._barren = 0
        self._waiting: deque[Candidate] = deque()  # of the last answer, not yet looked at
        self._stream = model.in_order(self._draw, self._window)

    def take(self, wanted: int) -> Iterator[Candidate]:
        """So many new tasks, or fewer where it ended; each is in the pool when it is given."""
        self._wanted = wanted
        while self._wanted and not self.ended:
            if not self._waiting:
                self._next_answer()
                continue
            candidate = self._waiting.popleft()
            reasons = self._reasons(candidate)
            if reasons:
                self._telling.refuse_candidate(candidate, reasons)
                continue
            self.pool.keep(Seed(candidate.instruction, candidate.examples, candidate.constraints))
            self._accepted += 1
            self._barren = 0
            self._wanted -= 1
            yield candidate

    def close(self) -> None:
        """Tell of what was proposed and is not needed."""
        for candidate in self._waiting:
            self._telling.refuse_candidate(candidate, [("not_needed", "", "there were enough")])

    def _draw(self) -> Job[Proposed]:
        request = self.method.request(self._number, self.pool)
        self._number += 1

        async def job(ask: Ask) -> Proposed:
            return self.method.read(await ask(request))

        return job

    def _window(self) -> int:
        rate = (self._accepted + _PRIOR * self.method.expected) / (self._answers + _PRIOR)
        most = self.method.look_ahead or self.model.settings.concurrency
        return min(math.ceil(self._wanted / max(rate, 0.01)), most)

    def _next_answer(self) -> None:
        found = next(self._stream)
        if isinstance(found, Stopped):
            self.ended = found.limit
            return
        self._answers += 1
        self._barren += 1
        self._waiting.extend(found.candidates)
        for text, reason in found.malformed:
            self._telling.refuse_text(self._answers, text, reason)
        if self._barren > BARREN:
            self.ended = f"{BARREN} requests in a row brought no new task"
            log.warning(
                "%s; the model may be too weak for these prompts, or the pool has all it can think of", self.ended
            )

    def _reasons(self, candidate: Candidate) -> list[Reason]:
        """Every reason against a new task."""
        reasons = rule_reasons(candidate.instruction, self._language)
        near = self.pool.nearest(candidate.instruction)
        if near is not None:
            reasons.append(
                ("not_novel", f"{near.score:.4f} to: {near.text}", f"ROUGE-L F1 {self.pool.novelty:g} at most")
            )
        elif any(self.pool.holds(candidate.instruction, given) for given, _ in candidate.examples or (("", ""),)):
            reasons.append(("not_novel", "an equal task with an equal input", ""))
        return reasons
