"""Structured answers that do not parse, and marks that are opened and never closed."""

import ast
import json
import re
from collections.abc import Callable
from xml.parsers import expat

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Verdict, rule
from instructkit.filters.rules.looking import FENCE, looked_into


# asked for as the form of the answer, not only spoken of
def _asks_for(form: str) -> re.Pattern[str]:
    return re.compile(
        r"(?i)\b(?:in|as|into|to|returns?|outputs?|produce|respond|reply|give|write|generate|valid|create)\b"
        rf"(?:\W{{1,10}}\w{{1,40}}){{0,4}}?\W{{1,10}}{form}\b"
        rf"|(?:以|用|按|输出|返回|生成|给出|转[换化]?[成为]).{{0,8}}{form}|{form}\s{{0,5}}格式"
    )


_ASKS_JSON, _ASKS_XML = _asks_for("json"), _asks_for("xml")


def _why_not_as_asked(asks: re.Pattern[str], why: Callable[[str], str]) -> Callable[[str, str, str], str]:
    """``why`` of the outputs of those rows whose prompt asks for the form."""
    return lambda instruction, input, output: why(output) if asks.search(instruction) or asks.search(input) else ""


@rule("broken_json", source="ours")
def broken_json(instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray) -> Verdict:
    """JSON was asked for, and the output looks like it but can't be read."""
    looks = pc.match_substring_regex(output, r"^\s*(```(json)?\s*)?[\[{]")
    return looked_into(looks, _why_not_as_asked(_ASKS_JSON, why_no_json), instruction, input, output)


def why_no_json(text: str) -> str:
    """What keeps a text (or its one code block) from being JSON, or "" for JSON or text around it."""
    text = text.strip()
    if text.startswith(FENCE) and text.endswith(FENCE) and text.count(FENCE) == 2:
        text = text[len(FENCE) : -len(FENCE)].removeprefix("json").strip()
    elif FENCE in text or re.match(r"\[[^\]\n]*\]\(", text):
        return ""  # words around a block, or a link: not JSON alone
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except RecursionError:
        return "nested too deep"
    except ValueError as error:
        return "" if _is_python(text) else str(error)
    rest = text[end:].lstrip()
    # words may follow; what looks like more JSON must be JSON lines
    return "more follows that can't be read" if rest and rest[0] in "[{}]" and not _is_json_lines(text) else ""


def _is_json_lines(text: str) -> bool:
    try:
        for line in text.splitlines():
            json.loads(line)
    except ValueError:
        return False
    return True


def _is_python(text: str) -> bool:
    """Whether a text is a literal of Python and not of JSON: a right answer to "as a dict"."""
    if not re.search(r"'|\b(True|False|None)\b", text):
        return False
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


@rule("broken_xml", source="ours")
def broken_xml(instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray) -> Verdict:
    """XML was asked for, and the output looks like it but can't be read."""
    looks = pc.match_substring_regex(output, r"^\s*(```(xml)?\s*)?<[?A-Za-z]")
    return looked_into(looks, _why_not_as_asked(_ASKS_XML, why_no_xml), instruction, input, output)


def why_no_xml(text: str) -> str:
    """What keeps a text (or its one code block) from being XML, or "" for XML, HTML, or text around it."""
    text = text.strip()
    if text.startswith(FENCE) and text.endswith(FENCE) and text.count(FENCE) == 2:
        text = text[len(FENCE) : -len(FENCE)].removeprefix("xml").strip()
    if _VOID.fullmatch(text):
        return ""
    if FENCE in text or not text.endswith(">") or re.match(r"(?i)<(!doctype )?html", text):
        return "" if text.endswith(">") or FENCE in text else "it ends inside the document"
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _no_entities  # what entities expand to may be without bound
    try:
        parser.Parse(f"<several>{text}</several>" if not text.startswith("<?") else text, True)
    except _Entities:
        return ""
    except expat.ExpatError as error:
        return str(error)
    return ""


_VOID = re.compile(r"(?i)<(?:br|hr|img|input|meta|link|wbr)\b[^<>]*>")  # a tag of HTML that is never closed


class _Entities(Exception):
    """A document declares entities."""


def _no_entities(*_: object) -> None:
    raise _Entities


# pairs that authors close; round brackets also stand alone, in lists and faces
_PAIRS = (("“", "”"), ("「", "」"), ("『", "』"), ("《", "》"), ("【", "】"), ("[", "]"), ("{", "}"))
# bounded: a literal that is never closed would be looked for from each of its marks to the end
_LITERALS = re.compile(r"""\"(?:[^"\\\n]|\\.){0,200}"|'(?:[^'\\\n]|\\.){0,200}'|(?m:(?:#|//).*$)""")


@rule("unbalanced", source="ours", presets=("strict",))
def unbalanced(output: pa.StringArray) -> Verdict:
    """Brackets or quotation marks of the output are opened and never closed, or the other way round."""
    return looked_into(pc.match_substring_regex(output, r"[“”「」『』《》【】\[\]{}]"), why_unbalanced, output)


def why_unbalanced(text: str) -> str:
    """The first pair that does not come out even, or ""; string literals and comments of code are left out."""
    parts = text.split(FENCE)
    plain = "".join(_LITERALS.sub("", part) if number % 2 else part for number, part in enumerate(parts))
    for opened, closed in _PAIRS:
        opens, closes = plain.count(opened), plain.count(closed)
        # a quotation of several paragraphs opens anew with each
        if opens != closes and not (opened == "“" and closes < opens <= closes + plain.count("\n")):
            return f"{opens} {opened} and {closes} {closed}"
    return ""
