"""The phrasings of a task pack over a source's columns."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.engine.worth import worth_compiling
from instructkit.records.hashing import draw, redraw
from instructkit.records.lists import list_lengths
from instructkit.records.schema import repeat
from instructkit.records.script import is_chinese
from instructkit.templating.library.columns import evaluate, evaluate_list, not_blank
from instructkit.templating.library.labels import (
    Labels,
    choose_words,
    find_choice,
    in_language,
    label_word,
    spoken,
)
from instructkit.templating.library.packs import Column, Pack, Phrasing
from instructkit.templating.prompting import choices as shown
from instructkit.templating.prompting.choices import Choices, Shown
from instructkit.templating.rendering.render import template
from instructkit.templating.templates import OPENING, Bad, Keys, Mask, Places, Texts

if TYPE_CHECKING:
    from instructkit.templating.rendering.joining import Joiner

OPTIONS = ("letters", "words", "none")


@dataclass(frozen=True)
class Manner:
    """How answer choices are put."""

    options: str | None = None  # letters, words, none; None: as each phrasing has it
    shuffle: bool = False
    symbols: bool = False

    @property
    def is_usual(self) -> bool:
        """Whether phrasings show choices as they are written."""
        return self == Manner()


@dataclass
class Filled:
    """The roles' values of a batch."""

    roles: dict[str, pa.StringArray]
    spoken: dict[str, dict[str, pa.StringArray]]  # by language: roles whose values are words of it
    choices: dict[str, Choices]  # by language
    has: dict[str, Mask]
    language: Places  # of the phrasings that fit each row's text, as a place among the pack's languages
    label: Places
    salt: Keys  # a random number of each row's texts, for the order of its choices
    bad: list[Bad]


@dataclass(frozen=True)
class PackTemplates:
    """Templates of a pack; all that a worker needs, picklable."""

    pack: Pack
    filling: Mapping[str, Column]
    labels: Labels | None
    phrasings: tuple[Phrasing, ...]
    language: str | None = None
    manner: Manner = Manner()

    @property
    def task(self) -> str:
        """The pack's name."""
        return self.pack.task

    @property
    def names(self) -> Sequence[str]:
        """TASK/PHRASING."""
        return [f"{self.pack.task}/{phrasing.name}" for phrasing in self.phrasings]

    @property
    def languages(self) -> Sequence[str]:
        """The language of each phrasing."""
        return [phrasing.language for phrasing in self.phrasings]

    @property
    def columns(self) -> Sequence[str]:
        """The top columns behind the roles."""
        return sorted({name for column in self.filling.values() for name in column.sources})

    @property
    def extras(self) -> Mapping[str, pa.DataType]:
        """Both languages, where one was asked for."""
        return {"prompt_language": pa.string(), "text_language": pa.string()} if self.language is not None else {}

    @property
    def variant(self) -> str:
        """The manner, where it is not the usual one."""
        return "" if self.manner.is_usual else repr(self.manner)

    @property
    def in_columns(self) -> bool:
        """Whether no phrasing needs a Python loop."""
        return all(
            template(text).is_plain for one in self.phrasings for text in (one.instruction, one.input, one.output)
        )

    @functools.cached_property
    def _answer(self) -> str:
        role = self.pack.label_role
        return "" if role is None else role.name

    def fill(self, batch: pa.RecordBatch) -> Filled:
        """Evaluate the roles, and find the rows where one is empty or a label is none."""
        roles = {
            name: evaluate(batch, column) for name, column in self.filling.items() if not self.pack.roles[name].is_list
        }
        lists = {
            name: evaluate_list(batch, column) for name, column in self.filling.items() if self.pack.roles[name].is_list
        }
        has = {name: not_blank(values) for name, values in roles.items()}
        has |= {name: list_lengths(values) > 0 for name, values in lists.items()}
        bad: dict[int, Bad] = {}
        for role in self.pack.roles.values():
            if not role.optional:
                for row in np.flatnonzero(~has[role.name]):
                    bad.setdefault(int(row), (int(row), "empty_role", role.name, "a value"))
        own = self._languages(batch, next(iter(roles.values())))
        rows = batch.num_rows
        filled = Filled(roles, {}, {}, has, own, np.zeros(rows, np.int64), np.zeros(rows, np.uint64), [])
        if self.manner.shuffle:
            filled.salt = draw(self.topic(filled), 0, "order of choices")
        for code in self.pack.languages:
            filled.spoken[code] = {
                role.name: spoken(role.words, roles[role.name], code)
                for role in self.pack.roles.values()
                if role.words and role.name in roles
            }
        if self.labels is not None:
            self._fill_choices(batch, filled, lists, bad)
        filled.bad = list(bad.values())
        return filled

    def _fill_choices(
        self, batch: pa.RecordBatch, filled: Filled, lists: Mapping[str, pa.ListArray], bad: dict[int, Bad]
    ) -> None:
        role = self.pack.roles[self._answer]
        labels = self.labels
        assert labels is not None  # noqa: S101 - the caller has seen it
        if role.row_labels:
            own = lists[role.row_labels]
            keys = self.filling[role.row_labels].keys
            named = None if keys is None else evaluate_list(batch, Column(keys))
            place = self.filling[role.name].column
            numbered = place in batch.schema.names and pa.types.is_integer(batch.schema.field(place).type)
            chosen = find_choice(filled.roles[role.name], own, named, labels, numbered)
            filled.choices = dict.fromkeys(self.pack.languages, shown.of_lists(own, chosen))
            unknown, known = chosen < 0, "one of the row's choices"
            filled.label = np.maximum(chosen, 0)
        else:
            found, text = choose_words(filled.roles[role.name], labels)
            unknown, known = _no_label(found, text, labels), labels.known
            chosen = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
            filled.label = np.maximum(chosen, 0) if labels.choices else _codes(text)
            for code in self.pack.languages:
                self._speak_labels(filled, found, text, chosen, code)
        for row in np.flatnonzero(unknown):
            value = filled.roles[role.name][int(row)].as_py()
            bad.setdefault(int(row), (int(row), "label_out_of_range", str(value), known))

    def _speak_labels(
        self, filled: Filled, found: pa.Int32Array, text: pa.StringArray, chosen: Places, code: str
    ) -> None:
        labels = self.labels
        assert labels is not None  # noqa: S101 - the caller has seen it
        names = [label_word(choice, code) for choice in labels.choices]
        if labels.choices and not self.manner.is_usual:
            filled.choices[code] = shown.of_labels(names, chosen, in_language(labels, code))
            return
        said = pa.array(names, pa.string()).take(found)
        filled.spoken[code][self._answer] = pc.coalesce(said, text) if labels.is_open else said
        if labels.choices:
            filled.spoken[code] |= self._constant_options(labels, chosen, code)

    def _constant_options(self, labels: Labels, chosen: Places, code: str) -> dict[str, pa.StringArray]:
        """The lists of choices, the same for all rows but those whose label is in one language of two."""
        names = [label_word(choice, code) for choice in labels.choices]
        same = in_language(labels, code)
        first = np.array([0, same[0] if same else 0])  # a row that shows all, one that shows its own language
        lists = [shown.plainly(shown.of_labels(names, first[:1], ()), code),
                 shown.plainly(shown.of_labels(names, first[1:], same), code)]  # fmt: skip
        every, own = ({"options": one.options, "option_lines": one.option_lines} for one in lists)
        if len(same) in (0, len(names)):
            return every
        among = pa.array(np.isin(chosen, same))
        return {name: pc.if_else(among, own[name][0], text[0]) for name, text in every.items()}

    def _languages(self, batch: pa.RecordBatch, texts: pa.StringArray) -> Places:
        languages = self.pack.languages
        if "zh" not in languages or len(languages) == 1:
            return np.zeros(len(texts), np.int64)
        other = next(code for code in ("en", *languages) if code in languages and code != "zh")
        return np.where(is_chinese(pc.fill_null(texts, "")), languages.index("zh"), languages.index(other))

    def opening(self, filled: Filled) -> pa.StringArray:
        """The first characters of each row's texts, which its draws hang on.

        Rows that are nearly equal are so from the start, mostly: they draw the same phrasing, and `dedup` still sees
        that they are alike. Drawn from the whole row they would be told apart by their phrasings.
        """
        return _joined(
            [pc.utf8_slice_codeunits(pc.fill_null(values, ""), 0, OPENING) for values in self._given(filled, False)]
        )

    def topic(self, filled: Filled) -> pa.StringArray:
        """The roles that no phrasing answers with."""
        return _joined([pc.fill_null(values, "") for values in self._given(filled, True)])

    def _given(self, filled: Filled, without_answers: bool) -> list[pa.StringArray]:
        answers = self.answers if without_answers else frozenset()
        names = [name for name in filled.roles if not self.pack.roles[name].is_label and name not in answers]
        return [filled.roles[name] for name in names or filled.roles]

    @functools.cached_property
    def answers(self) -> frozenset[str]:
        """The roles that stand in an output."""
        return frozenset().union(*(template(phrasing.output).names for phrasing in self.pack.phrasings))

    def group(self, filled: Filled) -> Places:
        """The language of each row's text."""
        return filled.language

    def label(self, filled: Filled) -> Places:
        """The number of each row's label."""
        return filled.label

    @functools.cached_property
    def may_fail(self) -> bool:
        """Plain phrasings over filled roles make an example; what else Jinja can do may fail on a row."""
        parts = [text for one in self.phrasings for text in (one.instruction, one.input, one.output)]
        return any(template(text).plain is None for text in parts)

    def applies(self, filled: Filled, options: Mask | None) -> tuple[Places, Mask]:
        """A phrasing applies in the row's language, or the one asked for, where the roles it uses are filled."""
        kinds = self._kinds(filled)
        if options is not None:
            kinds = kinds * 2 + options
        kinds = kinds * len(self.pack.languages) + filled.language
        seen, row_kinds = _distinct(kinds)
        table = np.zeros((len(seen), len(self.phrasings)), bool)
        for place, kind in enumerate(seen):
            rest, language = divmod(int(kind), len(self.pack.languages))
            rest, shown = divmod(rest, 2) if options is not None else (rest, None)
            code = self.language or self.pack.languages[language]
            for number, phrasing in enumerate(self.phrasings):
                in_language = self.pack.any_language or phrasing.language == code
                table[place, number] = in_language and self._filled(phrasing, rest) and self._usable(phrasing, shown)
        return row_kinds.astype(np.int64), table

    @functools.cached_property
    def _optional(self) -> list[str]:
        """The roles that rows may lack."""
        return [name for name in self.filling if self.pack.roles[name].optional]

    def _kinds(self, filled: Filled) -> Places:
        """Which of the optional roles each row has, as bits."""
        kinds = np.zeros(len(filled.language), np.int64)
        for place, name in enumerate(self._optional):
            kinds += filled.has[name].astype(np.int64) << place
        return kinds

    def _filled(self, phrasing: Phrasing, kind: int) -> bool:
        """Whether a row of a kind has the roles that a phrasing uses, and the phrasing uses those it must."""
        used = phrasing_names(phrasing)
        for place, name in enumerate(self._optional):
            has = bool(kind >> place & 1)
            if (name in used and not has) or (name not in used and has and self.pack.roles[name].always):
                return False
        return True

    def _usable(self, phrasing: Phrasing, options: int | None) -> bool:
        """Whether a phrasing may be put in this manner, with its choices, or without any where ``options`` is 0."""
        if self.labels is None:
            return True
        shows, names = shows_options(phrasing), self._names_labels(phrasing)
        if options == 0:
            return not shows and not names
        if self.manner.symbols:
            return not names
        block = self.manner.options in ("letters", "words") and not shows
        if block and (phrasing.input or phrasing.instruction).rstrip().endswith((":", "：")):
            return False  # the cue for the answer would stand before the list
        if self.manner.options == "letters":  # "I find the tone A" says nothing: the answer stands alone
            alone = phrasing.cot or phrasing.output.strip() == f"{{{{ {self._answer} }}}}"
            return not names and alone and not _ASKS_FOR_WORDS.search(_wording(phrasing))
        if self.manner.options is None and self.pack.roles[self._answer].row_labels:
            return shows  # "Which of these ...?" can't be answered where none are shown
        return True

    def _names_labels(self, phrasing: Phrasing) -> bool:
        role = self.pack.label_role
        return role is not None and not role.row_labels and names_labels(phrasing, self.labels)

    def serves(self, filled: Filled) -> Mask:
        """Whether the roles that each phrasing uses are filled."""
        seen, kinds = np.unique(self._kinds(filled), return_inverse=True)
        table = np.array([[self._filled(one, int(kind)) for one in self.phrasings] for kind in seen], bool)
        found: Mask = table.reshape(len(seen), len(self.phrasings))[kinds]
        return found

    def render(self, filled: Filled, rows: Places, numbers: Places, keys: Keys, options: Mask | None) -> Texts:
        """Put phrasings to rows, one to each."""
        joiners = self._joiners if self.manner.is_usual and worth_compiling() else None
        if joiners is None:
            return Texts.by_number(
                numbers,
                self.extras,
                lambda number, here: self._render(
                    filled, rows[here], number, keys[here], None if options is None else options[here]
                ),
            )
        columns = dict(filled.roles)
        for code, values in filled.spoken.items():
            columns |= {_key(code, name): text for name, text in values.items()}
        instruction, given, output = (joiner.join(columns, rows, numbers) for joiner in joiners)
        return Texts(instruction, given, output, self._marks(filled, rows, numbers))

    @functools.cached_property
    def _joiners(self) -> "tuple[Joiner, ...] | None":
        """The phrasings as literals and columns, a list for each part; None where one is more than that."""
        from instructkit.templating.rendering.joining import Joiner

        said = {name for name, role in self.pack.roles.items() if role.words}
        if self._answer:
            said |= {"options", "option_lines", self._answer}
        if self.pack.label_role is not None and self.pack.label_role.row_labels:
            return None
        found: list[Joiner] = []
        for part in ("instruction", "input", "output"):
            plain = [(template(getattr(phrasing, part)).plain, phrasing.language) for phrasing in self.phrasings]
            if any(pieces is None for pieces, _ in plain):
                return None
            found.append(
                Joiner.of(
                    [
                        [(named, _key(code, text) if named and text in said else text) for named, text in pieces or ()]
                        for pieces, code in plain
                    ]
                )
            )
        return tuple(found)

    def _render(self, filled: Filled, rows: Places, number: int, keys: Keys, options: Mask | None) -> Texts:
        """Put one phrasing to some rows, its choices in the manner asked for."""
        phrasing = self.phrasings[number]
        code = phrasing.language
        values = filled.roles | filled.spoken.get(code, {})
        places = pa.array(rows)
        used = phrasing_names(phrasing)
        block = None
        taken: dict[str, pa.StringArray] = {}
        if code in filled.choices and self._answer:
            found = self._show(filled, rows, code, keys)
            taken |= {name: text for name, text in found.values(self._answer).items() if name in used}
            if options is not None and not shows_options(phrasing) and not self._names_labels(phrasing):
                block = pc.if_else(pa.array(options), found.block, "")
                bare = self._bare(filled, rows, code, keys)
                taken[self._answer] = pc.if_else(pa.array(options), found.block_answer, bare)
        taken |= {name: _rows(values[name], places) for name in used if name not in taken}
        parts = (phrasing.instruction, phrasing.input, phrasing.output)
        failures: dict[int, str] = {}
        instruction, given, output = (template(text).render(taken, len(rows), failures=failures) for text in parts)
        if block is not None:
            instruction, given = _append(instruction, given, block)
        failed = {row: ("template_failed", why, "") for row, why in failures.items()}
        return Texts(instruction, given, output, self._marks(filled, rows, np.full(len(rows), number)), failed)

    def _bare(self, filled: Filled, rows: Places, code: str, keys: Keys) -> pa.StringArray:
        """The answer where no choices are shown: the word, or its symbol."""
        chosen = filled.choices[code].take(rows)
        return (self._named(chosen, keys) if self.manner.symbols else chosen).answer()

    def _named(self, choices: Choices, keys: Keys) -> Choices:
        return choices.as_symbols(keys, 0 if self.labels is None else len(self.labels.choices))

    def _show(self, filled: Filled, rows: Places, code: str, keys: Keys) -> Shown:
        choices = filled.choices[code].take(rows)
        if self.manner.symbols:
            choices = self._named(choices, keys)
        if self.manner.shuffle:
            choices = choices.shuffled(redraw(keys, 0, "shuffle") ^ filled.salt[rows])
        if self.manner.options == "letters":
            return shown.as_letters(choices, code, keys)
        if self.manner.options == "words":
            return shown.as_words(choices, code, keys)
        return shown.plainly(choices, code)

    def _marks(self, filled: Filled, rows: Places, numbers: Places) -> dict[str, pa.Array]:
        if self.language is None:
            return {}
        return {
            "prompt_language": pa.array(self.languages, pa.string()).take(pa.array(numbers)),
            "text_language": pa.array(self.pack.languages, pa.string()).take(pa.array(filled.language[rows])),
        }


_FEW_KINDS = 4
_ASKS_FOR_WORDS = re.compile(
    r"\b(one|single|two|which|what|right|a) words?\b|[一两单]个?词|哪个词"
    r"|[(（]\{\{ options \}\}",  # brackets around letters in brackets
    re.IGNORECASE,
)


def _wording(phrasing: Phrasing) -> str:
    """The templates that ask."""
    return f"{phrasing.instruction}\n{phrasing.input}"


def _distinct(kinds: Places) -> tuple[Places, Places]:
    """The values there are, and the place of each row's among them; of a few kinds quicker than by sorting."""
    seen: list[int] = []
    places = np.full(len(kinds), -1, np.int64)
    while len(seen) < _FEW_KINDS and (left := places < 0).any():
        seen.append(int(kinds[np.argmax(left)]))
        places[kinds == seen[-1]] = len(seen) - 1
    if (places < 0).any():
        found, which = np.unique(kinds, return_inverse=True)
        return found, which.astype(np.int64)
    return np.array(seen, np.int64), places


def _key(language: str, name: str) -> str:
    return f"{language} {name}"


def _rows(values: pa.StringArray, places: pa.Array) -> pa.StringArray:
    return repeat(values[0].as_py(), len(places)) if len(values) == 1 else values.take(places)


def _append(
    instruction: pa.StringArray, given: pa.StringArray, block: pa.StringArray
) -> tuple[pa.StringArray, pa.StringArray]:
    """Put a block of choices behind the last text of a prompt."""
    none = pc.equal(block, "")
    empty = pc.equal(given, "")
    longer = pc.binary_join_element_wise(instruction, block, "\n\n")
    below = pc.binary_join_element_wise(given, block, "\n\n")
    keep = pc.or_(none, pc.invert(empty))
    return pc.if_else(keep, instruction, longer), pc.if_else(pc.or_(none, empty), given, below)


def phrasing_names(phrasing: Phrasing) -> frozenset[str]:
    """The roles (and lists of options) a phrasing uses."""
    return template(phrasing.instruction).names | template(phrasing.input).names | template(phrasing.output).names


def shows_options(phrasing: Phrasing) -> bool:
    """Whether a phrasing lists the choices."""
    return bool({"options", "option_lines"} & phrasing_names(phrasing))


@functools.cache
def names_labels(phrasing: Phrasing, labels: Labels | None) -> bool:
    """Whether a phrasing's own text spells a label, so that no letter or symbol can stand for it."""
    if labels is None:
        return False
    text = "\n".join(
        literal
        for part in (phrasing.instruction, phrasing.input, phrasing.output)
        for literal in template(part).literals
    ).lower()
    return any(_spelled(label_word(choice, phrasing.language).lower(), text) for choice in labels.choices)


def _spelled(word: str, text: str) -> bool:
    edge = r"\b" if word.isascii() else ""
    return re.search(edge + re.escape(word) + edge, text) is not None


def _joined(texts: list[pa.StringArray]) -> pa.StringArray:
    return pc.binary_join_element_wise(*texts, "\n") if len(texts) > 1 else texts[0]


def _no_label(chosen: pa.Int32Array, text: pa.StringArray, labels: Labels) -> Mask:
    unknown = chosen.is_null()
    if labels.is_open:  # any word is a label, a number that names none is not
        unknown = pc.and_(unknown, pc.fill_null(pc.match_substring_regex(text, r"^-?\d+$"), True))
    mask: Mask = unknown.to_numpy(zero_copy_only=False)
    return mask


def _codes(text: pa.StringArray) -> Places:
    """A number for each label of an open set: its hash, so that it is the same in every batch."""
    hashes = draw(pc.fill_null(text, ""), 0, "label")
    codes: Places = (hashes >> np.uint64(1)).astype(np.int64)
    return codes
