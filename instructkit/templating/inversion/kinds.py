"""The kinds of inversion, read from ``templates/inversions.yaml``: what each asks for, and how it is put."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from instructkit.errors import BadInput
from instructkit.records.yaml_files import load_yaml
from instructkit.templating.library.packs import Phrasing, library_folder

FILE = "inversions.yaml"
MARK = "inverse-"  # begins the name of every inverted phrasing
ANY, LABEL = "any", "label"  # of `asks` and `source`: whatever role there is; a role whose values are answer choices

_SLOT = re.compile(r"\{(a )?(asked|Asked|answer|Answer|main|rest|given)\}")
_LIKE_A_CONSONANT = re.compile(r"(?i)(u[snt]i|use|uni|eu|one\b)")


@dataclass(frozen=True)
class Inversion:
    """What is asked for, and from what: names of roles."""

    kind: str
    asked: str
    main: str  # what was the answer
    given: tuple[str, ...] = ()  # what else the prompt holds, before the answer
    alone: bool = False  # the answer must say enough by itself
    watched: tuple[str, ...] = ()  # what stands around the prompt, in which the asked text must not stand either

    @property
    def said(self) -> str:
        """What it does, for a person."""
        return f"{self.asked} from {' and '.join([*self.given, self.main])} ({self.kind})"


@dataclass(frozen=True)
class InversePhrasing(Phrasing):
    """A phrasing that was made for an inversion."""

    inversion: Inversion | None = None


@dataclass(frozen=True)
class Kind:
    """A way to turn a task round, with its phrasings: name to (language, instruction, input)."""

    name: str
    about: str
    asks: tuple[str, ...]
    source: tuple[str, ...]
    needs: str  # rest: only with something else given; nothing: only without; or ""
    phrasings: Mapping[str, tuple[str, str, str]]

    def fits(self, answer: str, is_label: bool, more: bool) -> bool:
        """Whether it may turn a task with this answer round; ``more``: something else is given too."""
        known = ANY in self.source or answer in self.source or (LABEL in self.source and is_label)
        return known and self.needs in ("", "rest" if more else "nothing")


@functools.cache
def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order in which they are tried; raises `BadInput` where the file is damaged."""
    try:
        return tuple(_kind(entry) for entry in load_yaml(library_folder() / FILE, ours=True))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{FILE} is damaged ({type(error).__name__}: {error})") from error


def kind_named(name: str) -> Kind:
    """One of the kinds."""
    return next(kind for kind in kinds() if kind.name == name)


def _kind(entry: dict[str, Any]) -> Kind:
    given = entry["from"]
    return Kind(
        entry["name"],
        entry["about"],
        tuple(entry["asks"]),
        (given,) if isinstance(given, str) else tuple(given),
        entry.get("with", ""),
        {name: _texts(name, text) for name, text in entry["phrasings"].items()},
    )


def _texts(name: str, text: str | dict[str, str]) -> tuple[str, str, str]:
    language = name.partition("-")[0]
    if isinstance(text, str):
        return language, text, "" if re.search(r"\{(rest|given)\}", text) else "{rest}"
    return language, text["instruction"], text["input"]


@dataclass(frozen=True)
class Given:
    """A text of the prompt: the noun it is called by in each language, and its Jinja."""

    nouns: Mapping[str, str]
    jinja: str
    lines: bool = False  # it begins on a line of its own


def word_phrasings(
    inversion: Inversion, asked: Mapping[str, str], main: Given, rest: tuple[Given, ...], suffix: str = ""
) -> list[InversePhrasing]:
    """The phrasings of an inversion's kind with their slots filled.

    ``asked`` are the nouns of what is asked for; ``suffix`` tells these phrasings from those of the same kind over
    other roles.
    """
    kind = kind_named(inversion.kind)
    made = []
    for name, (language, instruction, given) in kind.phrasings.items():
        values = {
            "asked": _noun(asked, language),
            "answer": _noun(main.nouns, language),
            "main": main.jinja,
            "rest": _block(rest, language),
            "given": _block((*rest, main), language),
        }
        made.append(
            InversePhrasing(
                f"{MARK}{kind.name}/{name}{suffix}",
                language,
                _fill(instruction, values),
                _fill(given, values),
                f"{{{{ {inversion.asked} }}}}",
                cot=inversion.asked == "rationale",
                inversion=inversion,
            )
        )
    return made


def _fill(text: str, values: Mapping[str, str]) -> str:
    def put(found: re.Match[str]) -> str:
        article, name = found.groups()
        value = values[name.lower()]
        if name[0].isupper():
            return value[:1].upper() + value[1:]
        return f"{_article(value)} {value}" if article else value

    return re.sub(r"\n{3,}", "\n\n", _SLOT.sub(put, text)).strip()


def _block(given: tuple[Given, ...], language: str) -> str:
    colon = "：" if language == "zh" else ": "
    pieces = []
    for one in given:
        noun = _noun(one.nouns, language)
        after = colon.rstrip() + "\n" if one.lines else colon
        pieces.append(noun[:1].upper() + noun[1:] + after + one.jinja)
    return "\n\n".join(pieces)


def _noun(nouns: Mapping[str, str], language: str) -> str:
    noun = nouns.get(language) or next(iter(nouns.values()))
    return re.sub(r"[{}]", "", noun)  # it becomes part of a template


def _article(noun: str) -> str:
    if re.search(r"[^aisu]s$", noun):  # choices, highlights; not analysis, status
        return "some"
    return "an" if noun[:1].lower() in "aeiou" and not _LIKE_A_CONSONANT.match(noun) else "a"
