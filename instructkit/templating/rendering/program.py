"""Turn a template into a program of column operations, where it can be one.

A step is a literal, a field put in through simple filters, a choice between two programs, or a part that Jinja
renders once for each distinct value it depends on. A template that carries something from one part to another (a
namespace, a list it appends to, a macro, a random draw) has no program.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from instructkit.engine.bounds import budget
from instructkit.engine.sandbox import draws, mutates, rendered
from instructkit.errors import BadInput

MOST_BRANCHES = 100  # of one ``if`` that are worth a program
Path = tuple[str | int, ...]
Filter = tuple[str, tuple[str, ...]]


@dataclass
class Literal:
    """A text that is the same in all rows."""

    text: str


@dataclass
class Part:
    """What Jinja evaluates, once for each distinct value of the names it depends on."""

    names: tuple[str, ...]
    evaluate: Callable[[Mapping[str, Any]], Any]


@dataclass
class Insert:
    """A field, its parts along a path, through filters; ``part`` serves where the column's type wants Jinja.

    ``of_text`` ones call a method, which None has not: there Jinja must see the rows where the field is null.
    """

    name: str
    path: Path
    filters: tuple[Filter, ...]
    part: Part
    of_text: bool = False


@dataclass
class Choose:
    """Two programs, told apart by a test; ``truth_of`` where the test is no more than a name."""

    test: Part
    truth_of: str
    negated: bool
    then: "Program"
    otherwise: "Program"


Program = tuple["Literal | Part | Insert | Choose", ...]


def parse(source: str, environment: Environment) -> nodes.Template:
    """Parse a template; raises `BadInput` for what is no Jinja."""
    try:
        return environment.parse(source)
    except TemplateSyntaxError as error:
        raise BadInput(f"the template {shown(source)} is no Jinja (line {error.lineno}: {error.message})") from error
    except RecursionError as error:
        raise BadInput(f"the template {shown(source)} is nested too deep") from error


def shown(source: str) -> str:
    """The beginning of a template, for a message."""
    return repr(source if len(source) <= 60 else source[:57] + "...")


def names_of(tree: nodes.Template, source: str = "") -> frozenset[str]:
    """The names a template takes from outside."""
    try:
        return frozenset(find_undeclared_variables(tree))
    except TemplateSyntaxError as error:  # an unknown filter or test
        named = f"the template {shown(source)}" if source else "a template"
        raise BadInput(f"{named} uses what Jinja does not know: {error.message}") from error
    except RecursionError as error:
        raise BadInput("a template is nested too deep") from error


def number_names(tree: nodes.Template) -> frozenset[str]:
    """The names that are used as numbers: to index a list, in arithmetic, or compared with one."""
    found: set[str] = set()

    def note(node: nodes.Node | None) -> None:
        if isinstance(node, nodes.Name):
            found.add(node.name)

    assigned = tree.find_all(nodes.Assign)
    set_to = {node.target.name: node.node for node in assigned if isinstance(node.target, nodes.Name)}
    for item in tree.find_all(nodes.Getitem):
        table = set_to.get(item.node.name) if isinstance(item.node, nodes.Name) else item.node
        if not _has_text_keys(table):
            note(item.arg)
    for pair in tree.find_all(nodes.Compare):
        sides = [pair.expr, *(operand.expr for operand in pair.ops)]
        if any(_is_number(side) for side in sides):
            for side in sides:
                note(side)
    for negative in tree.find_all(nodes.Neg):
        note(negative.node)
    for pair_of in tree.find_all(nodes.BinExpr):
        if isinstance(pair_of, (nodes.Add, nodes.Sub)) and (_is_number(pair_of.left) or _is_number(pair_of.right)):
            note(pair_of.left)
            note(pair_of.right)
    return frozenset(found)


def _has_text_keys(table: nodes.Node | None) -> bool:
    if isinstance(table, nodes.Const):  # Jinja's optimizer may have been here
        return isinstance(table.value, dict) and any(isinstance(key, str) for key in table.value)
    keys = [pair.key for pair in table.items] if isinstance(table, nodes.Dict) else []
    return any(isinstance(key, nodes.Const) and isinstance(key.value, str) for key in keys)


def _is_number(node: nodes.Node) -> bool:
    while isinstance(node, nodes.Neg):
        node = node.node
    return isinstance(node, nodes.Const) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


class NoProgram(Exception):
    """The template wants Jinja itself."""


_WHOLE = (nodes.NSRef, nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock, nodes.Block, nodes.With,
          nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends, nodes.Scope)  # fmt: skip
_CARRYING = frozenset({"namespace", "cycler", "joiner"})  # functions whose results change from one use to the next
# filters and functions whose results can be walked through only once
_GIVING_ONCE = frozenset({"batch", "items", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "slice",
                          "unique", "zip"})  # fmt: skip


def build(tree: nodes.Template, environment: Environment) -> Program | None:
    """The program of a template, or None."""
    if any(True for _ in tree.find_all(_WHOLE)) or _carries(tree):
        return None
    try:
        return tuple(_Builder(environment).program(tree.body))
    except NoProgram:
        return None
    except TemplateSyntaxError as error:
        raise BadInput(f"a template is no Jinja: {error.message}") from error


def _carries(tree: nodes.Template) -> bool:
    """Whether one part of a template may change what another says: by a draw, or by changing a value in place."""
    stored = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    for found in tree.find_all(nodes.Filter):
        by_name = found.args[0] if found.name == "map" and found.args else None
        if draws(found.name) or found.name == "attr":
            return True
        if by_name is not None and not (isinstance(by_name, nodes.Const) and not draws(str(by_name.value))):
            return True
    fields = [field.attr for field in tree.find_all(nodes.Getattr)]
    fields += [str(field.arg.value) for field in tree.find_all(nodes.Getitem) if isinstance(field.arg, nodes.Const)]
    if any(map(mutates, fields)):
        return True
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name):
            if call.node.name in _CARRYING or call.node.name in stored:
                return True
        elif not isinstance(call.node, nodes.Getattr):
            return True
    return False


def _cannot_fail(node: nodes.Node) -> bool:
    """Whether an expression is sure to have a value, so that one that is set and never used need not be evaluated."""
    plain = (nodes.Const, nodes.Name, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Not, nodes.And, nodes.Or)
    return isinstance(node, plain) and all(map(_cannot_fail, node.iter_child_nodes()))


def _gives_once(node: nodes.Node) -> bool:
    """Whether an expression's value may be one that can be walked through only once."""
    if isinstance(node, nodes.Filter) and node.name not in ("d", "default"):
        return node.name in _GIVING_ONCE
    if isinstance(node, nodes.Call):
        return isinstance(node.node, nodes.Name) and node.node.name in _GIVING_ONCE
    return not isinstance(node, (nodes.Compare, nodes.Test)) and any(map(_gives_once, node.iter_child_nodes()))


class _Builder:
    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.set: dict[str, nodes.Expr] = {}  # names that stand for an expression
        self.strict = issubclass(environment.undefined, StrictUndefined)

    def program(self, body: list[nodes.Node], top: bool = True) -> Iterator[Literal | Part | Insert | Choose]:
        for node in body:
            if isinstance(node, nodes.Output):
                yield from map(self._output, node.nodes)
            elif isinstance(node, nodes.Assign) and top:
                yield from self._assign(node)
            elif isinstance(node, nodes.If) and not any(True for _ in node.find_all(nodes.Assign)):
                yield self._if(node)
            elif isinstance(node, (nodes.For, nodes.If)) and self._closed(node, body):
                yield self._part([self._replaced(node)])
            else:
                raise NoProgram

    def _output(self, node: nodes.Expr) -> Literal | Part | Insert:
        if isinstance(node, nodes.TemplateData):
            return Literal(node.data)
        node = self._replaced(node)
        part = self._part([nodes.Output([node], lineno=node.lineno)])
        filters: list[Filter] = []
        inner: nodes.Node = node
        of_text = False
        while (step := _simple_filter(inner)) is not None:
            of_text = isinstance(inner, nodes.Call)  # the innermost counts: behind it stands a text
            inner, found = step
            filters.insert(0, found)
        place = _path(inner)
        if place is None or ((self.strict or of_text) and any(isinstance(step, int) for step in place[1])):
            return part  # what is not there is no empty text here
        return Insert(place[0], place[1], tuple(filters), part, of_text)

    def _assign(self, node: nodes.Assign) -> Iterator[Part]:
        if not isinstance(node.target, nodes.Name) or node.target.name in self.set or _gives_once(node.node):
            raise NoProgram
        value = self._replaced(node.node)
        self.set[node.target.name] = value
        if not _cannot_fail(value):  # it fails where it is set, whether it is used or not
            yield self._part([nodes.Assign(node.target, copy.deepcopy(value), lineno=node.lineno)])

    def _if(self, node: nodes.If) -> Choose:
        if len(node.elif_) > MOST_BRANCHES:
            raise NoProgram
        test = self._replaced(node.test)
        truth = test.node if isinstance(test, nodes.Not) else test
        otherwise: list[nodes.Node] = list(node.else_)
        if node.elif_:
            first, *rest = node.elif_
            otherwise = [nodes.If(first.test, first.body, rest, node.else_, lineno=first.lineno)]
        return Choose(
            self._expression(test),
            truth.name if isinstance(truth, nodes.Name) else "",
            isinstance(test, nodes.Not),
            tuple(self.program(node.body, top=False)),
            tuple(self.program(otherwise, top=False)),
        )

    def _closed(self, node: nodes.Node, body: list[nodes.Node]) -> bool:
        """Whether nothing that a loop or branch sets is used outside of it."""
        inside = {name.name for name in node.find_all(nodes.Name) if name.ctx == "store"}
        others = [other for other in body if other is not node]
        used = {name.name for other in others for name in other.find_all(nodes.Name)}
        return not inside & used and not inside & set(self.set)

    def _replaced(self, node: Any) -> Any:
        """A copy of a node with what was set in place of its names."""
        if not self.set:
            return node
        stored = {name.name for name in node.find_all(nodes.Name) if name.ctx == "store"}
        free = {name.name for value in self.set.values() for name in _names(value)}
        if stored & free:
            raise NoProgram
        return _substitute(copy.deepcopy(node), self.set)

    def _part(self, body: list[nodes.Node]) -> Part:
        tree = nodes.Template(body, lineno=1)
        tree.set_environment(self.environment)
        names = tuple(sorted(names_of(tree)))
        compiled = self.environment.from_string(tree)
        return Part(names, lambda values: rendered(compiled, values))

    def _expression(self, test: nodes.Expr) -> Part:
        target = nodes.Name("result", "store", lineno=1)
        tree = nodes.Template([nodes.Assign(target, test, lineno=1)], lineno=1)
        tree.set_environment(self.environment)
        names = tuple(sorted(names_of(tree)))
        compiled = self.environment.from_string(copy.deepcopy(tree))
        return Part(names, lambda values: _result(compiled, values))


def _result(compiled: Any, values: Mapping[str, Any]) -> bool:
    budget.begin(0)
    context = compiled.new_context(dict(values))
    for _ in compiled.root_render_func(context):
        pass
    return bool(context.vars["result"])


def _names(node: nodes.Node) -> Iterator[nodes.Name]:
    if isinstance(node, nodes.Name):
        yield node
    yield from node.find_all(nodes.Name)


def _substitute(node: Any, values: Mapping[str, nodes.Expr]) -> Any:
    if isinstance(node, nodes.Name):
        return copy.deepcopy(values[node.name]) if node.ctx == "load" and node.name in values else node
    for field in node.fields:
        child = getattr(node, field, None)
        if isinstance(child, nodes.Node):
            setattr(node, field, _substitute(child, values))
        elif isinstance(child, list):
            setattr(node, field, [_substitute(one, values) if isinstance(one, nodes.Node) else one for one in child])
    return node


SIMPLE = {"lower": 0, "upper": 0, "trim": 0, "string": 0, "replace": 2}
METHODS = {"lower": "lower", "upper": "upper", "strip": "trim", "replace": "replace"}


def _simple_filter(node: nodes.Node) -> tuple[nodes.Node, Filter] | None:
    """A filter or method that columns know too, and what it is applied to."""
    inner: nodes.Node
    if isinstance(node, nodes.Filter) and node.node is not None:
        name, arguments, inner = node.name, node.args, node.node
    elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        name, arguments, inner = METHODS.get(node.node.attr, ""), node.args, node.node.node
    else:
        return None
    if SIMPLE.get(name) != len(arguments) or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return None
    if not all(isinstance(one, nodes.Const) and isinstance(one.value, str) for one in arguments):
        return None
    texts = tuple(str(one.value) for one in arguments if isinstance(one, nodes.Const))
    return (inner, (name, texts)) if name != "replace" or texts[0] else None


def _path(node: nodes.Node) -> tuple[str, Path] | None:
    """A name and the fields and places behind it."""
    path: list[str | int] = []
    while True:
        if isinstance(node, nodes.Getattr) and not hasattr(dict, node.attr):
            path.insert(0, node.attr)
            node = node.node
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            if type(node.arg.value) not in (str, int):
                return None
            path.insert(0, node.arg.value)
            node = node.node
        else:
            break
    if not isinstance(node, nodes.Name):
        return None
    # a list's place may only come last: what is behind a place that is not there is an error, which Jinja tells
    if any(isinstance(step, int) for step in path[:-1]):
        return None
    return node.name, tuple(path)
