"""Render a template over columns.

A template of plain insertions is joined by Arrow, millions of rows a second; anything else Jinja can do is
rendered row by row in Jinja's sandbox. Both give the same text. Nothing is ever cut.
"""

import functools
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.errors import BadInput
from instructkit.records.schema import repeat

Parts = tuple[tuple[bool, str], ...]  # (is a role, its name or the literal text)


@functools.cache
def environment() -> Any:
    """Jinja's sandbox, strict about unknown names."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    # no escaping: the text is training data, not HTML
    return SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)


@functools.cache
def plain_parts(template: str) -> Parts | None:
    """The literals and roles of a template of plain ``{{ role }}`` insertions, or None for any other."""
    from jinja2 import TemplateSyntaxError, nodes

    try:
        tree = environment().parse(template)
    except TemplateSyntaxError as error:
        raise BadInput(f"the template {template!r} is no Jinja (line {error.lineno}: {error.message})") from error
    parts: list[tuple[bool, str]] = []
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return None
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                parts.append((False, node.data))
            elif isinstance(node, nodes.Name):
                parts.append((True, node.name))
            else:
                return None
    return tuple(parts)


@functools.cache
def names_in(template: str) -> frozenset[str]:
    """The names a template needs from outside."""
    from jinja2 import TemplateSyntaxError, meta

    try:
        return frozenset(meta.find_undeclared_variables(environment().parse(template)))
    except TemplateSyntaxError as error:
        raise BadInput(f"the template {template!r} is no Jinja (line {error.lineno}: {error.message})") from error


def render(template: str, roles: Mapping[str, pa.StringArray], rows: int) -> pa.StringArray:
    """Render a template for each row, from its roles' columns."""
    parts = plain_parts(template)
    if parts is None:
        return _render_rows(template, roles, rows)
    if not parts:
        return repeat("", rows)
    if len(parts) == 1:
        is_role, text = parts[0]
        return roles[text] if is_role else repeat(text, rows)
    pieces = [roles[text] if is_role else pa.scalar(text) for is_role, text in parts]
    if not any(is_role for is_role, _ in parts):
        return repeat("".join(text for _, text in parts), rows)
    return pc.binary_join_element_wise(*pieces, "")


def _render_rows(template: str, roles: Mapping[str, pa.StringArray], rows: int) -> pa.StringArray:
    compiled = _compile(template)
    names = [name for name in names_in(template) if name in roles]
    columns = [roles[name].to_pylist() for name in names]
    values = zip(*columns, strict=True) if columns else ((),) * rows
    return pa.array([compiled.render(dict(zip(names, row, strict=True))) for row in values], pa.string())


@functools.cache
def _compile(template: str) -> Any:
    return environment().from_string(template)
