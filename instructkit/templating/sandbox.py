"""Jinja for templates from anywhere: sandboxed, and bounded in steps and sizes.

A template may come from a stranger. Jinja's sandbox keeps it from Python's insides; what is here keeps it from running
on for ever or filling the memory: each loop turn and call is a step of a budget, and no value grows past a bound. Both
are counted, never timed, so a row that fails fails on every machine.
"""

import functools
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from jinja2 import TemplateError

from instructkit.errors import InstructkitError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

STEPS = 200_000  # loop turns and calls of one rendering; the longest of PromptSource's templates takes a few hundred
SIZE = 16_000_000  # characters, elements or bits of one value
CHUNK = 1_000  # characters or elements of a value that cost another step
WIDTH = 10_000  # spaces that a filter or format may pad with

_PADDING = re.compile(r"\d{5,}|\*")  # a width of five digits, or one given by a value
_GROWING = ("append", "extend", "insert", "update", "setdefault", "add")
_SHRINKING = ("pop", "popitem", "remove", "clear", "discard")
_MUTATING = frozenset({*_GROWING, *_SHRINKING, "sort", "reverse"})
_BUILT_IN = (str, bytes, int, float, list, dict, tuple, set)
_BANNED = frozenset({"lipsum"})  # makes random text without end


class TemplateTooLarge(InstructkitError):
    """A template that would run or grow past the bounds."""


def why(error: BaseException) -> str:
    """A failure in words, without the values of the row it may quote."""
    if isinstance(error, TemplateTooLarge):
        return str(error)
    if type(error).__name__ == "UndefinedError":
        return "it uses a value that is not there"
    if type(error).__name__ == "SecurityError":
        return "it reaches for what a template may not have"
    return type(error).__name__


# what a template can do wrong on a row; anything else is our own fault
ERRORS = (InstructkitError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError,
          MemoryError, TemplateError)  # fmt: skip


class _Budget(threading.local):
    """What one rendering may still do, and its random numbers."""

    steps = STEPS
    key = 0
    drawn = 0

    def begin(self, key: int) -> None:
        self.steps, self.key, self.drawn = STEPS, key, 0

    def step(self, number: int = 1) -> None:
        self.steps -= number
        if self.steps < 0:
            raise TemplateTooLarge(f"it takes more than {STEPS:,} steps")

    def draw(self, below: int) -> int:
        """A whole number from 0 to ``below`` less 1: the next of this row's."""
        import xxhash

        self.drawn += 1
        return int(xxhash.xxh3_64_intdigest(self.drawn.to_bytes(8, "little"), seed=self.key)) % below


budget = _Budget()


@functools.cache
def environment(strict: bool = True) -> "SandboxedEnvironment":
    """The one Jinja; ``strict`` refuses unknown names, else they render as nothing, as PromptSource's do."""
    import jinja2

    bounded = _bounded_class()(
        undefined=jinja2.StrictUndefined if strict else jinja2.Undefined,
        keep_trailing_newline=strict,
        autoescape=False,
    )
    bounded.globals = {name: value for name, value in bounded.globals.items() if name not in _BANNED}
    bounded.globals["zip"] = _zip
    bounded.filters |= {"choice": _choice, "random": _choice, "most_frequent": _most_frequent}
    for name in ("center", "indent", "wordwrap", "batch", "slice", "round", "truncate"):
        bounded.filters[name] = _small_numbers(name, bounded.filters[name])
    for name in ("format", "replace", "join"):
        bounded.filters[name] = _checked_filter(name, bounded.filters[name])
    bounded.filters |= {TURN: _turns, SMALL: _check}
    return bounded


TURN, SMALL = "_instructkit_turns", "_instructkit_small"


@functools.cache
def _bounded_class() -> "type[SandboxedEnvironment]":
    from jinja2 import nodes
    from jinja2.runtime import LoopContext
    from jinja2.sandbox import SandboxedEnvironment
    from jinja2.visitor import NodeTransformer

    class Bounds(NodeTransformer):
        """Has every loop count its turns, and every joined text its characters."""

        def visit_For(self, node: nodes.For) -> nodes.For:
            self.generic_visit(node)
            node.iter = _wrapped(node.iter, TURN)
            return node

        def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
            self.generic_visit(node)
            return _wrapped(node, SMALL)

    def _wrapped(node: Any, name: str) -> nodes.Filter:
        return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)

    class Bounded(SandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**", "+", "%"})

        def compile(self, source: Any, *args: Any, **options: Any) -> Any:
            tree = self._parse(source, None, None) if isinstance(source, str) else source
            return super().compile(Bounds().visit(tree), *args, **options)

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator == "*":
                _check_product(left, right)
            elif operator == "**" and _bits(left) * max(_number(right), 1) > WIDTH:
                _refuse("a power is too large")
            elif operator == "%" and isinstance(left, str) and _PADDING.search(left):
                _refuse("a format pads too far")
            return _check(super().call_binop(context, operator, left, right))

        def call(self, context: Any, function: Any, /, *args: Any, **options: Any) -> Any:
            budget.step()
            owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
            if isinstance(owner, _BUILT_IN):
                if any(_number(value) > SIZE for value in args):
                    _refuse(f"{name} is given too large a number")
                if isinstance(owner, str) and name in _STRING_CHECKS:
                    _STRING_CHECKS[name](owner, *args)
            if isinstance(function, LoopContext) and args:  # a recursive loop starts over
                args = (_turns(args[0]), *args[1:])
            result = super().call(context, function, *args, **options)
            _check(owner)  # a list may have grown in place
            return _check(result)

        def wrap_str_format(self, value: Any) -> Any:
            wrapped = super().wrap_str_format(value)
            if wrapped is None:
                return None
            template = value.__self__

            def call(*args: Any, **options: Any) -> str:
                _check_format(template)
                return str(wrapped(*args, **options))

            return call

        @staticmethod
        def concat(pieces: Iterable[str]) -> str:
            kept: list[str] = []
            size = 0
            for piece in pieces:
                kept.append(piece)
                size += len(piece)
                if size > SIZE:
                    _refuse(f"a text grows past {SIZE:,} characters")
            return "".join(kept)

    return Bounded


def mutates(name: str) -> bool:
    """Whether a method of this name changes what it is called on."""
    return name in _MUTATING


def draws(name: str) -> bool:
    """Whether a filter of this name draws at random."""
    return name in ("choice", "random", "shuffle")


def _refuse(what: str) -> NoReturn:
    raise TemplateTooLarge(what)


def _check(value: Any) -> Any:
    """Pass a value on if it is small enough."""
    if isinstance(value, (str, list, tuple, dict)):
        if len(value) > SIZE:
            _refuse(f"a value grows past {SIZE:,} characters or elements")
        if len(value) > CHUNK:
            budget.step(len(value) // CHUNK)
    if isinstance(value, int) and value.bit_length() > WIDTH:
        _refuse("a number grows too large")
    return value


def _number(value: Any) -> float:
    return abs(value) if isinstance(value, (int, float)) else 0


def _bits(value: Any) -> int:
    return max(value.bit_length(), 1) if isinstance(value, int) else 1


def _check_product(left: Any, right: Any) -> None:
    for many, times in ((left, right), (right, left)):
        if isinstance(many, (str, list, tuple)) and isinstance(times, int) and len(many) * times > SIZE:
            _refuse(f"a value grows past {SIZE:,} characters or elements")
    if isinstance(left, int) and isinstance(right, int) and _bits(left) + _bits(right) > WIDTH:
        _refuse("a number grows too large")


def _turns(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        budget.step()
        yield item


def _zip(*lists: Iterable[Any]) -> list[tuple[Any, ...]]:
    return list(zip(*lists))  # noqa: B905 - PromptSource's zip ends with the shortest


def _choice(items: Sequence[Any]) -> Any:
    """One of the items, by the row's own draw."""
    items = list(items)
    if not items:
        _refuse("there is nothing to choose from")
    return items[budget.draw(len(items))]


def _most_frequent(items: Sequence[Any]) -> list[Any] | None:
    """The items that appear most often, in the order they first appear; None of none."""
    counts = Counter(items)
    most = max(counts.values(), default=0)
    return [item for item, count in counts.items() if count == most] or None


def _small_numbers(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that takes no number beyond what a text could want."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        if any(_number(value) > WIDTH for value in (*args[1:], *options.values())):
            _refuse(f"{name} is given too large a number")
        return _check(function(*args, **options))

    return call


def _checked_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    at = 1 if hasattr(function, "jinja_pass_arg") else 0  # some take Jinja's context before the value

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        value, *rest = args[at:]
        if name == "format":
            _check_format(str(value), *rest)
        elif name == "replace":
            _check_replace(str(value), *map(str, rest[:2]))
        else:
            value = list(value)
            _check_join(str(rest[0] if rest else options.get("d", "")), value)
            args = (*args[:at], value, *rest)
        return _check(function(*args, **options))

    return call


def _check_pad(text: str, width: Any = 0, *_: Any) -> None:
    if _number(width) > WIDTH:
        _refuse("a text is padded too far")


def _check_format(text: str, *_: Any, **__: Any) -> None:
    if _PADDING.search(text) or re.search(r"\{[^}]*:[^}]*\{", text):
        _refuse("a format pads too far")


def _check_replace(text: str, old: str = " ", new: str = "", *_: Any) -> None:
    if len(text) + (len(text) // max(len(old), 1) + 1) * len(new) > SIZE and text.count(old) * len(new) > SIZE:
        _refuse(f"a value grows past {SIZE:,} characters")


def _check_join(text: str, items: Iterable[Any] = (), *_: Any) -> None:
    if isinstance(items, (str, list, tuple, Mapping)):
        size = sum(len(item) if isinstance(item, str) else 8 for item in items) + len(text) * len(items)
        if size > SIZE:
            _refuse(f"a value grows past {SIZE:,} characters")


def _check_translate(text: str, table: Any = None, *_: Any) -> None:
    longest = max((len(value) for value in table.values() if isinstance(value, str)), default=1) if table else 1
    if len(text) * longest > SIZE:
        _refuse(f"a value grows past {SIZE:,} characters")


def _check_tabs(text: str, size: Any = 8, *_: Any) -> None:
    if _number(size) * max(text.count("\t"), 1) > SIZE:
        _refuse("a text is padded too far")


_STRING_CHECKS: dict[str, Callable[..., None]] = {
    "center": _check_pad,
    "ljust": _check_pad,
    "rjust": _check_pad,
    "zfill": _check_pad,
    "expandtabs": _check_tabs,
    "format": _check_format,
    "format_map": _check_format,
    "replace": _check_replace,
    "join": _check_join,
    "translate": _check_translate,
}


def rendered(compiled: Any, values: Mapping[str, Any], key: int = 0) -> str:
    """Render a template within its budget; ``key`` is the row's random number."""
    budget.begin(key)
    context = compiled.new_context(dict(values))
    return str(compiled.environment.concat(compiled.root_render_func(context)))
