"""A function's docstring from its code, and its code from the docstring: of Python, which is parsed and never run."""

import ast
import functools
import re
import textwrap
import warnings

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task

Function = tuple[str, str, str, str]  # its name, signature, body and docstring
_ASKS = re.compile(  # a description that says what is to be done
    r"(?:returns?|computes?|calculates?|counts?|finds?|gets?|gives?|checks?|tests?|converts?|parses?|splits?|joins?|reads?|"
    r"writes?|creates?|makes?|builds?|adds?|removes?|deletes?|sorts?|formats?|determines?|yields?|iterates?|generates?|"
    r"loads?|saves?|opens?|sets?|updates?|merges?|replaces?|decodes?|encodes?|copies|copy|compares?|extracts?|prints?|"
    r"runs?|sends?|searche?s?|match(?:es)?|transforms?|normali[sz]es?|validates?|takes?)\b",
    re.IGNORECASE,
)
_LINES = (3, 60)  # of a function, without its docstring
_WORDS = 7  # of a docstring's first paragraph, at least
_NO_ACCOUNT = re.compile(  # what tells of other things than what the function does
    r">>>|:param|@param|TODO|FIXME|\b(?:see|like|same as|overrid\w*|deprecated|internal|helper|wrapper|alias)\b",
    re.IGNORECASE,
)
_LONGEST = 400_000  # characters of a file


def _needs_others(code: str) -> bool:
    """Whether a function uses an object's state or private helpers, of which its description tells nothing."""
    return any(
        (isinstance(node, ast.Name) and (node.id in ("self", "cls") or (node.id[0] == "_" and len(node.id) > 1)))
        or (isinstance(node, ast.Attribute) and node.attr.startswith("_"))
        for node in ast.walk(ast.parse(code))
    )


def docstring(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """A function without its docstring, and this in one paragraph."""
    found = _chosen(passage, draws)
    if found is None:
        return None
    name, starter, body, said = found
    roles = {"code": f"{starter}\n{body}", "explanation": said, "language": "Python"}
    return Made(roles, 0.85, f"the docstring of {name}")


def code(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """What a function does, its signature, and the function."""
    found = _chosen(passage, draws)
    if found is None:
        return None
    name, starter, body, said = found
    if not _ASKS.match(said) or name.startswith("__") or _needs_others(f"{starter}\n{body}"):
        return None
    roles = {"description": said, "code": f"{starter}\n{body}", "language": "Python", "starter": starter}
    return Made(roles, 0.75, f"the code of {name}")


def _chosen(passage: Passage, draws: Draws) -> "Function | None":
    """One of the functions of a file, which is one passage."""
    known = _functions(passage.document.text) if passage.is_first else ()
    return draws.choose(known) if known else None


@functools.lru_cache(maxsize=64)
def _functions(text: str) -> "tuple[Function, ...]":
    if len(text) > _LONGEST:
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old escapes in strings
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    lines = text.split("\n")
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _does_something(node):
            said, parts = _said(ast.get_docstring(node)), _parts(node, lines)
            if said and parts is not None and _LINES[0] <= sum(map(len, map(str.splitlines, parts))) <= _LINES[1]:
                found.append((node.name, *parts, said))
    return tuple(found)


def _does_something(node: "ast.FunctionDef | ast.AsyncFunctionDef") -> bool:
    """Whether a function is more than its docstring and one step: no stub, and no other name for another function."""
    body = node.body[1:]
    return len(body) > 1 or (len(body) == 1 and isinstance(body[0], ast.For | ast.While | ast.If | ast.With | ast.Try))


def _said(text: str | None) -> str:
    """A docstring's first paragraph, where it says enough."""
    first = re.split(r"\n\s*\n", (text or "").strip())[0]
    if _NO_ACCOUNT.search(first):
        return ""
    plain = " ".join(first.split())
    long_enough = len(plain.split()) >= _WORDS or (not plain.isascii() and len(plain) >= 2 * _WORDS)
    return plain if long_enough else ""


def _parts(node: "ast.FunctionDef | ast.AsyncFunctionDef", lines: list[str]) -> tuple[str, str] | None:
    """A function's signature, with its decorators, and its body without the docstring."""
    first, second = node.body[0], node.body[1]
    start = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
    if (
        first.end_lineno is None
        or node.end_lineno is None
        or second.lineno <= first.end_lineno
        or first.lineno == node.lineno
    ):
        return None
    head, body = lines[start : first.lineno - 1], lines[first.end_lineno : node.end_lineno]
    while body and not body[0].strip():
        body = body[1:]
    parted = textwrap.dedent("\n".join([*head, *body])).strip("\n").split("\n")
    return "\n".join(parted[: len(head)]).rstrip("\n"), "\n".join(parted[len(head) :])


DOCSTRING = Task(
    "docstring",
    "what a function does, from its code",
    "code-explanation",
    ("explanation", "code", "language"),
    docstring,
    of_code=True,
)
CODE = Task(
    "code",
    "a function, from what it does",
    "code-generation",
    ("description", "code", "starter", "language"),
    code,
    by_default=False,
    of_code=True,
)
