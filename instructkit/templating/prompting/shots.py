"""Few-shot prompts: demonstrations before a row's own prompt, as one text or as earlier turns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.hashing import Hashes, redraw
from instructkit.records.schema import HISTORY, TURN, no_history, repeat
from instructkit.templating.library.columns import not_blank
from instructkit.templating.templates import Mask, Places, Templates, Texts

if TYPE_CHECKING:
    from instructkit.templating.phrase import Made
    from instructkit.templating.prompting.demonstrations import Pool

DEMONSTRATIONS = pa.field("demonstrations", pa.list_(pa.string()))
METHODS = ("random", "balanced", "nearest", "diverse", "mmr")
NEARNESS = ("bm25", "embedding")
ORDERS = ("similar-last", "simple-first", "random")
FORMS = ("prompt", "history", "metaicl", "super-ni")

# between a prompt and its answer, and behind each demonstration
# (a blank line before the answer, or it would seem the next line of a list of choices)
SEPARATORS = (("\n\n", "\n\n\n"), ("\n\n", "\n\n\n\n"), ("\n\n", "\n\n---\n\n"), ("\n\n", "\n\n###\n\n"))
METAICL = ("\n", "\n\n\n")
SUPER_NI = {
    "en": ("Positive Example {} -", "Input: ", "Output: ", "Now complete the following example -"),
    "zh": ("示例 {}：", "输入：", "输出：", "现在请完成下面这一题："),
}

Why = tuple[str, str, str]


@runtime_checkable
class Watchful(Protocol):
    """Templates whose answers must not stand in a demonstration."""

    def shown(self, texts: Mapping[str, pa.Array]) -> dict[int, Why]:
        """The examples whose answer stands in their prompt or earlier turns, and why they can't be."""


@dataclass(frozen=True)
class ShotSettings:
    """How many demonstrations, which, and in what form."""

    least: int = 0
    most: int = 0
    method: str = "random"
    order: str = "similar-last"
    form: str = "prompt"
    mixed: bool = False  # each in a template of its own
    max_chars: int | None = None
    max_tokens: int | None = None

    @property
    def variant(self) -> str:
        """What tells two examples with the same demonstrations apart."""
        return f"{self.form} {'mixed' if self.mixed else 'same'} {self.order}"


@dataclass(frozen=True)
class Shots:
    """Settings, and the rows that demonstrate."""

    settings: ShotSettings
    pool: "Pool"
    filled: Any  # the pool's rows, as the templates take them
    ids: pa.StringArray  # the pool's rows, by their ``parent``
    usable: tuple[Mask, Mask]  # templates x rows, where choices are hidden and where they are shown: for mixed ones

    def prepend(
        self,
        made: "Made",
        filled: Any,
        parents: pa.StringArray,
        base: Hashes,
        few: Mask | None,
        options: Mask | None,
        templates: Templates,
        seed: int,
    ) -> dict[int, Why]:
        """Put demonstrations before the examples, in place; gives the examples that can't have any, and why.

        ``few`` are the rows that get demonstrations; None: all.
        """
        given = self.settings
        rows = pa.array(made.rows)
        spread = np.uint64(given.most - given.least + 1)
        wanted = given.least + (redraw(made.keys, seed, "shots") % spread).astype(np.int64)
        if few is not None:  # the share without demonstrations is exact, so the others have one at least
            wanted = np.where(few[made.rows], np.maximum(wanted, 1), 0)
        chosen, ranks = self.pool.choose(
            given.method,
            given.order,
            templates.topic(filled).take(rows),
            parents.take(rows),
            templates.group(filled)[made.rows],
            made.numbers,
            wanted,
            redraw(made.keys, seed, "demonstrations"),
        )
        query, column = np.nonzero(chosen >= 0)
        demos = self._render(chosen[query, column], query, made, options, templates, seed)
        said = not_blank(demos.instruction) & not_blank(demos.output)  # a template may fail on a row as any other does
        if not said.all():
            query, column, demos = query[said], column[said], _pick(demos, np.flatnonzero(said))
        there = np.bincount(query, minlength=len(wanted))
        lost: dict[int, Why] = {
            int(place): ("too_few_demonstrations", str(int(there[place])), str(int(wanted[place])))
            for place in np.flatnonzero(there < wanted)
        }
        fitting = self._fitting(made, demos, query, ranks[query, column])
        emptied = (wanted > 0) & (np.bincount(query[fitting], minlength=len(wanted)) < 1)
        for place in np.flatnonzero(emptied):
            if given.least > 0 or few is not None:
                lost.setdefault(
                    int(place), ("too_long", "no demonstration fits", str(given.max_chars or given.max_tokens))
                )
        left_out = len(fitting) - int(fitting.sum())
        if left_out:
            made.changed["demonstrations_left_out"] = left_out
        kept = np.flatnonzero(fitting)
        self._assemble(made, _pick(demos, kept), query[kept], templates)
        ids = self.ids.take(pa.array(chosen[query[kept], column[kept]]))
        made.texts[DEMONSTRATIONS.name] = pa.ListArray.from_arrays(_ends(query[kept], len(wanted)), ids)
        if isinstance(templates, Watchful):
            lost = templates.shown(made.texts) | lost
        return lost

    def _render(
        self, chosen: Places, query: Places, made: "Made", options: Mask | None, templates: Templates, seed: int
    ) -> Texts:
        """The demonstrations' texts, in the template, style and symbols of the row they stand before."""
        numbers = made.numbers[query]
        shown = None if options is None else options[made.rows[query]]
        if self.settings.mixed:
            draws = redraw(made.keys[query] + chosen.astype(np.uint64), seed, "mixed templates")
            hidden, seen = (one[:, chosen] for one in self.usable)
            usable = hidden if shown is None else np.where(shown, seen, hidden)
            numbers = _drawn(usable & self.pool.allowed[:, chosen], draws, numbers, templates)
        return templates.render(self.filled, chosen, numbers, made.keys[query], shown)

    def _fitting(self, made: "Made", demos: Texts, query: Places, ranks: Places) -> Mask:
        """Which demonstrations stay within the limits; the last chosen leave first, and no text is cut."""
        from instructkit.records.tokens import count_tokens

        fits = np.ones(len(query), bool)
        without_instruction = self.settings.form in ("metaicl", "super-ni")
        kept = ("input", "output") if without_instruction else ("instruction", "input", "output")
        for limit, measure, around in (
            (self.settings.max_chars, _characters, 12),
            (self.settings.max_tokens, count_tokens, 8),
        ):
            if limit is None:
                continue
            frame, once = _framing(measure) if self.settings.form == "super-ni" else (0, 0)
            own = [measure(made.texts[name]) for name in ("instruction", "input", "output")]
            room = limit - np.sum(own, axis=0) - once
            size = np.sum([measure(demos.columns()[name]) for name in kept], axis=0) + around + frame
            order = np.lexsort((ranks, query))
            total = np.cumsum(size[order])
            first = np.searchsorted(query[order], query[order])
            before = np.where(first > 0, total[np.maximum(first - 1, 0)], 0)
            inside = total - before <= room[query[order]]
            fits[order] &= inside
        return fits

    def _assemble(self, made: "Made", demos: Texts, query: Places, templates: Templates) -> None:
        form = self.settings.form
        count = len(made.rows)
        texts = made.texts
        has = pa.array(np.bincount(query, minlength=count) > 0) if count else pa.array([], pa.bool_())
        ends = _ends(query, count)
        if form == "history":
            prompts = _prompt(demos.instruction, demos.input)
            texts["history"] = _turns(prompts, demos.output, ends) if len(query) else no_history(count)
            return
        if form == "super-ni":
            self._assemble_super_ni(made, demos, query, ends, has, templates)
            return
        plain = form == "metaicl"
        kinds = (METAICL,) if plain else SEPARATORS
        style = _modulo(redraw(made.keys, 0, "separators"), len(kinds))
        answer, behind = (pa.array([one[side] for one in kinds]).take(pa.array(style)) for side in (0, 1))
        prompts = demos.input if plain else _prompt(demos.instruction, demos.input)
        shown = pc.binary_join_element_wise(prompts, answer.take(pa.array(query)), demos.output, "")
        before = pc.binary_join(pa.ListArray.from_arrays(ends, shown), behind)
        own = texts["input"] if plain else texts["instruction"]
        texts["instruction"] = pc.if_else(has, pc.binary_join_element_wise(before, behind, own, ""), own)
        if plain:
            texts["input"] = repeat("", count)

    def _assemble_super_ni(
        self, made: "Made", demos: Texts, query: Places, ends: pa.Array, has: pa.Array, templates: Templates
    ) -> None:
        texts, count = made.texts, len(made.rows)
        wording = [SUPER_NI.get(code, SUPER_NI["en"]) for code in templates.languages]
        starts = np.searchsorted(query, query)
        number = np.arange(len(query)) - starts
        title, given, answer, last = ([one[part] for one in wording] for part in range(4))
        here = made.numbers[query]
        titles = pa.array([title[one].format(place + 1) for one, place in zip(here, number, strict=True)], pa.string())
        shown = pc.binary_join_element_wise(
            titles, pa.scalar("\n"), pa.array(given).take(pa.array(here)), demos.input, pa.scalar("\n"),
            pa.array(answer).take(pa.array(here)), demos.output, "",
        )  # fmt: skip
        listed = pc.binary_join(pa.ListArray.from_arrays(ends, shown), "\n\n")
        mine = pa.array(made.numbers)
        closing = pa.array(last).take(mine)
        texts["instruction"] = pc.if_else(
            has, pc.binary_join_element_wise(texts["instruction"], listed, closing, "\n\n"), texts["instruction"]
        )
        framed = pc.binary_join_element_wise(
            pa.array(given).take(mine), texts["input"], pa.scalar("\n"),
            pc.utf8_rtrim_whitespace(pa.array(answer).take(mine)), "",
        )  # fmt: skip
        texts["input"] = pc.if_else(has, framed, texts["input"]) if count else texts["input"]


def _pick(texts: Texts, places: Places) -> Texts:
    rows = pa.array(places)
    return Texts(texts.instruction.take(rows), texts.input.take(rows), texts.output.take(rows))


def _ends(query: Places, count: int) -> pa.Array:
    return pa.array(np.searchsorted(query, np.arange(count + 1)).astype(np.int32))


def _modulo(keys: Hashes, number: int) -> Places:
    rest: Places = (keys % np.uint64(number)).astype(np.int64)
    return rest


def _prompt(instruction: pa.StringArray, given: pa.StringArray) -> pa.StringArray:
    """Instruction and input as one text."""
    both = pc.binary_join_element_wise(instruction, given, "\n\n")
    return pc.if_else(pc.equal(given, ""), instruction, both)


def _turns(prompts: pa.StringArray, answers: pa.StringArray, ends: pa.Array) -> pa.ListArray:
    """Prompts and answers as turns that alternate."""
    count = len(prompts)
    places = pa.array(np.arange(2 * count).reshape(2, count).T.ravel())
    content = pa.concat_arrays([prompts, answers]).take(places)
    role = pa.array(["user", "assistant"]).take(pa.array(np.tile([0, 1], count)))
    turns = pa.StructArray.from_arrays([role, content], fields=list(TURN))
    doubled = pa.array(2 * ends.to_numpy(zero_copy_only=False))
    return pa.ListArray.from_arrays(doubled.cast(pa.int32()), turns, type=HISTORY)


def _drawn(allowed: npt.NDArray[np.bool_], draws: Hashes, own: Places, templates: Templates) -> Places:
    """A template for each demonstration, among those that its row may show in the language of the prompt."""
    language = np.array(templates.languages)
    usable = allowed & (language[:, None] == language[own][None, :])
    number = usable.sum(axis=0)
    turn = (draws % np.maximum(number, 1).astype(np.uint64)).astype(np.int64)
    found: Places = np.argmax(usable.cumsum(axis=0) == turn[None, :] + 1, axis=0)
    return np.where(number > 0, found, own)


def _framing(measure: Callable[[pa.StringArray], Places]) -> tuple[int, int]:
    """What Super-NI's wording adds to each demonstration, and once to the prompt, at most."""
    sizes = [(measure(pa.array(wording)).sum(), measure(pa.array(wording[1:])).sum()) for wording in SUPER_NI.values()]
    return int(max(size for size, _ in sizes)), int(max(size for _, size in sizes)) + 12


def _characters(texts: pa.StringArray) -> Places:
    lengths: Places = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths
