"""Jinja for templates from anywhere: sandboxed, and bounded in steps and sizes.

A template may come from a stranger. Jinja's sandbox keeps it from Python's insides; what is here keeps it from showing
objects that are no data, from running on for ever and from filling the memory: see `bounds`.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, TemplateSyntaxError, pass_context

from instructkit.engine import bounds
from instructkit.engine.bounds import (
    LOOKED_AT,
    SIZE,
    WIDTH,
    TemplateTooLarge,
    budget,
    check,
    number,
    refuse,
)
from instructkit.errors import InstructkitError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_GROWING = ("append", "extend", "insert", "update", "setdefault", "add")
_SHRINKING = ("pop", "popitem", "remove", "clear", "discard")
_MUTATING = frozenset({*_GROWING, *_SHRINKING, "sort", "reverse"})
_AT_ONCE = frozenset({*_GROWING, "get", "items", "keys", "pop", "values"})  # methods that don't look at every item
_BANNED = frozenset({"lipsum"})  # makes random text without end
_TO_BYTES = frozenset({"encode", "to_bytes"})  # nothing a text needs

# filters that look at their items, or at the characters of a text, one by one
_ONE_BY_ONE = frozenset({"batch", "dictsort", "groupby", "map", "max", "min", "reject", "rejectattr", "select",
                         "selectattr", "slice", "sort", "sum", "unique"})  # fmt: skip
_OF_ITEMS = frozenset({*_ONE_BY_ONE, "choice", "count", "d", "default", "first", "items", "join", "last", "length",
                       "list", "most_frequent", "random", "reverse"})  # fmt: skip
_SLOW = frozenset({"pprint", "striptags", "title", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr"})
_NUMBERED = frozenset({"batch", "center", "indent", "round", "slice", "truncate", "wordwrap"})  # take a number
_QUADRATIC = frozenset({"urlize", "wordwrap"})  # in the length of a run without a break
QUADRATIC_CHARACTERS = 5_000
SLOW_CHARACTERS = 10  # that cost a step of the slow ones


def why(error: BaseException) -> str:
    """A failure in words, without the values of the row it may quote."""
    if isinstance(error, TemplateTooLarge):
        return str(error)
    said = {
        "UndefinedError": "it uses a value that is not there",
        "SecurityError": "it reaches for what a template may not have",
        "OverflowError": "a number or range in it is too large",
        "ZeroDivisionError": "it divides by zero",
        "RecursionError": "it calls itself without end",
    }
    return said.get(type(error).__name__, type(error).__name__)


# what a template can do wrong on a row; anything else is our own fault
ERRORS = (InstructkitError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError,
          MemoryError, TemplateError)  # fmt: skip


@functools.cache
def environment(strict: bool = True) -> "SandboxedEnvironment":
    """The one Jinja; ``strict`` refuses unknown names, else they render as nothing, as PromptSource's do."""
    import jinja2

    bounded = bounded_class()(
        undefined=jinja2.StrictUndefined if strict else jinja2.Undefined,
        keep_trailing_newline=strict,
        autoescape=False,
        finalize=data,
    )
    bounded.globals["zip"] = zip  # PromptSource's ends with the shortest, as Python's
    bounded.filters |= {"choice": _choice, "random": _random, "most_frequent": _most_frequent}
    return bound(bounded)


def bound(bounded: "SandboxedEnvironment") -> "SandboxedEnvironment":
    """Put the bounds around the filters and tests of an environment of `bounded_class`; to be done once."""
    bounded.globals = {name: value for name, value in bounded.globals.items() if name not in _BANNED}
    bounded.filters = {name: _bounded_filter(name, function) for name, function in bounded.filters.items()}
    tests: dict[str, Any] = dict(bounded.tests)
    bounded.tests = {name: _bounded_test(function) for name, function in tests.items()}
    bounded.filters |= {TURN: _turns, SMALL: check, TOGETHER: _together}
    return bounded


TURN, SMALL, TOGETHER = "_instructkit_turns", "_instructkit_small", "_instructkit_together"


@functools.cache
def bounded_class() -> "type[SandboxedEnvironment]":
    """Jinja's sandbox with loops that count their turns, and values that are weighed as they are made."""
    from jinja2 import nodes
    from jinja2.runtime import LoopContext
    from jinja2.sandbox import SandboxedEnvironment
    from jinja2.visitor import NodeTransformer

    def _wrapped(node: Any, name: str) -> Any:
        return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)

    class Bounds(NodeTransformer):
        """Has loops count their turns, and what is made or compared its size."""

        def visit_For(self, node: nodes.For) -> nodes.For:
            self.generic_visit(node)
            node.iter = _wrapped(node.iter, TURN)
            return node

        def visit_Concat(self, node: nodes.Concat) -> Any:
            self.generic_visit(node)
            return _wrapped(nodes.List(node.nodes, lineno=node.lineno), TOGETHER)

        def _made(self, node: Any) -> Any:
            self.generic_visit(node)
            constant = not any(True for _ in node.find_all((nodes.Name, nodes.Call, nodes.BinExpr)))
            return node if constant or getattr(node, "ctx", "load") != "load" else _wrapped(node, SMALL)

        visit_List = visit_Tuple = visit_Dict = _made

        def visit_Getitem(self, node: nodes.Getitem) -> Any:
            self.generic_visit(node)
            if isinstance(node.arg, nodes.Slice):
                return _wrapped(node, SMALL)
            if not isinstance(node.arg, nodes.Const):  # a key is hashed
                node.arg = _wrapped(node.arg, SMALL)
            return node

        def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
            self.generic_visit(node)
            sides: list[Any] = [node, *node.ops]
            for side in sides:
                if not isinstance(side.expr, nodes.Const):
                    side.expr = _wrapped(side.expr, SMALL)
            return node

    class Bounded(SandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**", "+", "%"})

        def compile(self, source: Any, *args: Any, **options: Any) -> Any:
            try:
                tree = self._parse(source, None, None) if isinstance(source, str) else source
                return super().compile(Bounds().visit(tree), *args, **options)
            except TemplateSyntaxError as error:
                raise error from None
            except (SyntaxError, RecursionError, MemoryError) as error:  # Python nests blocks and brackets only so deep
                raise TemplateSyntaxError("it is nested too deep", 1) from error

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            if isinstance(obj, (bytes, bytearray)):
                return attr == "decode"
            if attr in _TO_BYTES and isinstance(obj, (str, int)):
                return False
            return bool(super().is_safe_attribute(obj, attr, value))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator == "*":
                bounds.check_product(left, right)
            elif operator == "**":
                bounds.check_power(left, right)
            elif operator == "%" and isinstance(left, str):
                _check_data(right)
                bounds.check_format(left, right)
            return check(super().call_binop(context, operator, left, right))

        def call(self, context: Any, function: Any, /, *args: Any, **options: Any) -> Any:
            budget.step()
            owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
            if isinstance(owner, str):
                args = _checked_method(owner, name, args, options)
            elif isinstance(owner, (list, tuple, dict)):
                _check_method(owner, name, args)
            if isinstance(function, LoopContext) and args:  # a recursive loop starts over
                args = (_turns(args[0]), *args[1:])
            return check(super().call(context, function, *args, **options))

        def wrap_str_format(self, value: Any) -> Any:
            wrapped = super().wrap_str_format(value)
            if wrapped is None:
                return None
            template = value.__self__

            def call(*args: Any, **options: Any) -> str:
                _check_data([*args, *options.values()])
                bounds.check_format(template, *args, **options)
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
                    refuse(f"a text grows past {SIZE:,} characters")
            return "".join(kept)

    return Bounded


def mutates(name: str) -> bool:
    """Whether a method of this name changes what it is called on."""
    return name in _MUTATING


def draws(name: str) -> bool:
    """Whether a filter of this name draws at random."""
    return name in ("choice", "random", "shuffle")


def _checked_method(text: str, name: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[Any, ...]:
    """The arguments of a text's method, once it is known that they are small enough."""
    if any(number(value) > SIZE for value in (*args, *options.values())):
        refuse(f"{name} is given too large a number")
    check(text)
    if name == "join" and args:
        args = (list(args[0]), *args[1:])
    if name in bounds.STRING_CHECKS:
        bounds.STRING_CHECKS[name](text, *args, *(() if name == "format" else options.values()))
    return args


def _check_method(owner: Any, name: str, args: tuple[Any, ...]) -> None:
    """Refuse to grow a list too large, or to look at one too often."""
    for value in args:
        check(value)
    if name not in _AT_ONCE:
        bounds.weight(owner)
    if any(value is owner for value in args):
        refuse("a value holds itself")
    if len(owner) > bounds.ELEMENTS:
        refuse(f"a list grows past {bounds.ELEMENTS:,} elements")


def data(value: Any) -> Any:
    """Pass on what a template shows: data, never an object that says where in the memory it lies."""
    if not isinstance(value, (str, int, float)) and value is not None:
        check(value)
        _check_data(value)
    return value


def _check_data(value: Any) -> None:
    if isinstance(value, (list, tuple, dict)):
        budget.step(len(value) // LOOKED_AT)
        for item in (*value, *value.values()) if isinstance(value, dict) else value:
            if not isinstance(item, (str, int, float)):
                _check_data(item)
    elif _is_object(value) or isinstance(value, Iterator):
        refuse("it shows an object that is no data")


def _is_object(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ not in ("Undefined", "StrictUndefined") and (
        callable(value) or kind.__module__ in ("jinja2.runtime", "jinja2.utils")
    )


def _turns(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        budget.step()
        yield item


def _together(items: Sequence[Any]) -> str:
    """The texts of all items as one."""
    bounds.weight(list(items))
    return "".join(str(data(item)) for item in items)


@pass_context  # with a context Jinja can't draw once for all rows, when it compiles a list of constants
def _choice(_: Any, items: Sequence[Any]) -> Any:
    """One of the items, by the row's own draw."""
    items = list(items)
    if not items:
        refuse("there is nothing to choose from")
    return items[budget.draw(len(items))]


@pass_context
def _random(context: Any, items: Sequence[Any]) -> Any:
    """The same, and nothing of none: Jinja's own filter."""
    items = list(items)
    return _choice(context, items) if items else context.environment.undefined("there is nothing to choose from")


def _most_frequent(items: Sequence[Any]) -> list[Any] | None:
    """The items that appear most often, in the order they first appear; None of none."""
    counts = Counter(items)
    most = max(counts.values(), default=0)
    return [item for item, count in counts.items() if count == most] or None


def _bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that takes and makes nothing too large, for the steps it costs."""
    at = 1 if hasattr(function, "jinja_pass_arg") else 0  # some take Jinja's context before the value

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        value, rest = args[at], args[at + 1 :]
        if name in ("join", "list", "reverse") and isinstance(value, str) and len(value) > bounds.ELEMENTS:
            refuse(f"a list grows past {bounds.ELEMENTS:,} elements")
        if name == "join":
            value = list(value)
            args = (*args[:at], value, *rest)
        check(value)
        if _is_object(value) or (isinstance(value, Iterator) and name not in _OF_ITEMS):
            refuse(f"{name} is given an object that is no data")
        if name in _ONE_BY_ONE and hasattr(value, "__len__"):
            budget.step(len(value))
        elif name in _SLOW:
            budget.step(bounds.weight(value) // SLOW_CHARACTERS)
        if name in _QUADRATIC and len(str(value)) > QUADRATIC_CHARACTERS:
            refuse(f"{name} is given too long a text")
        if name in _NUMBERED and any(number(one) > WIDTH for one in (*rest, *options.values())):
            refuse(f"{name} is given too large a number")
        _check_arguments(name, value, rest, options)
        return check(function(*args, **options))

    return call


def _check_arguments(name: str, value: Any, rest: tuple[Any, ...], options: Mapping[str, Any]) -> None:
    """Refuse what would make a filter's text too long."""
    texts = [one for one in (*rest, *options.values()) if isinstance(one, str)]
    if name == "format":
        _check_data([*rest, *options.values()])
        bounds.check_format(str(value), *rest, **options)
    elif name == "replace":
        bounds.check_replace(str(value), *texts[:2])
    elif name == "join":
        _check_data(value)
        bounds.check_join(texts[0] if texts else "", value)
    elif name == "sum" and not isinstance(options.get("start", (rest[1:] or (0,))[0]), (int, float)):
        refuse("sum adds numbers only")
    elif name == "indent" and str(value).count("\n") * max([int(number(one)) for one in rest[:1]] or [4]) > SIZE:
        refuse("indent pads too far")
    elif name in ("wordwrap", "indent") and texts:
        lines = len(str(value)) if name == "wordwrap" else str(value).count("\n") + 1
        bounds.check_replace("x" * min(lines, SIZE), "x", max(texts, key=len))


def _bounded_test(function: Callable[..., Any]) -> Callable[..., Any]:
    """A test that looks at nothing too large, for the steps it costs."""

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        for value in args:
            check(value)
        return function(*args)

    return call


def rendered(compiled: Any, values: Mapping[str, Any], key: int = 0) -> str:
    """Render a template within its budget; ``key`` is the row's random number."""
    budget.begin(key)
    context = compiled.new_context(dict(values))
    return str(compiled.environment.concat(compiled.root_render_func(context)))
