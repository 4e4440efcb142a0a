"""Chat templates: turns as the one text that a model is trained on, as ``transformers.apply_chat_template`` writes it.

A template is Jinja in a ``.jinja`` file, in a ``tokenizer_config.json`` or ``chat_template.json``, or one of those in
``chat_templates/``. It comes from a stranger, so it runs in ``engine.sandbox``: without Python's
insides, without changing what it is given, and within bounds of steps and sizes.

What it finds there is what transformers gives it: ``messages``, ``tools``, ``documents``, ``bos_token``, ``eos_token``,
``add_generation_prompt`` (false), ``raise_exception``, ``strftime_now``, ``tojson`` without HTML's escapes, ``break``
and ``continue``, the block ``generation``; line breaks behind a block and spaces before it are taken away.
"""

import functools
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from instructkit.errors import BadInput, UsageError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

FOLDER = Path(__file__).parent / "chat_templates"
BUILT_IN = {  # and their tokens for the beginning and the end of a text
    "alpaca": ("", "</s>"),
    "chatml": ("", "<|im_end|>"),
    "gemma": ("<bos>", "<eos>"),
    "llama-2": ("<s>", "</s>"),
    "llama-3": ("<|begin_of_text|>", "<|eot_id|>"),
    "mistral": ("<s>", "</s>"),
    "phi-3": ("", "<|endoftext|>"),
    "vicuna": ("<s>", "</s>"),
    "zephyr": ("", "</s>"),
}
LARGEST_FILE = 64_000_000  # bytes; a tokenizer's configuration lists its tokens

_WIDE = re.compile(r"%[^a-zA-Z%]*\d{3}")  # a field of a date that is padded far


@dataclass(frozen=True)
class ChatTemplate:
    """A template's source and what is told it beside the turns."""

    name: str
    source: str
    bos: str = ""
    eos: str = ""
    date: str = ""  # YYYY-MM-DD

    @property
    def tells_date(self) -> bool:
        """Whether what it writes hangs on the day."""
        return "strftime_now" in self.source

    @property
    def hash(self) -> str:
        """XXH3 (128 bits) of the source, for the lineage."""
        import xxhash

        return str(xxhash.xxh3_128_hexdigest(self.source.encode("utf-8", "surrogatepass")))

    def check(self) -> None:
        """Raise `BadInput` where the source is no Jinja."""
        _compiled(self.source, self.name)

    def render(self, turns: list[dict[str, Any]], tools: list[Any] | None = None) -> str:
        """The text of a conversation; raises one of `sandbox.ERRORS` where the template fails on it."""
        from instructkit.engine.sandbox import rendered

        values = {"messages": turns, "tools": tools, "documents": None, "bos_token": self.bos, "eos_token": self.eos,
                  "add_generation_prompt": False, "strftime_now": functools.partial(_strftime, self.date)}  # fmt: skip
        text = rendered(_compiled(self.source, self.name), values)
        text.encode()  # half of a character (a lone surrogate) is an error of the row: it can't be written
        return text


class Refused(Exception):
    """What a template said by ``raise_exception``."""


def stored(text: str) -> str:
    """A text that a template has made as it can be written: a half of a character becomes ``?``."""
    return text.encode("utf-8", "replace").decode()


def load(given: str, bos: str | None = None, eos: str | None = None, date: str | None = None) -> ChatTemplate:
    """The template of a file, or of the name of one that comes with instructkit; ``a.json:NAME`` names one of several.

    Tokens and date that are given stand before those of the file and of today. Raises `UsageError` for an unknown name
    and a date that is none, `BadInput` for a file that holds no template.
    """
    if given in BUILT_IN:
        name, (source, tokens) = given, ((FOLDER / f"{given}.jinja").read_text(encoding="utf-8"), BUILT_IN[given])
    else:
        name, source, tokens = _from_file(given)
    try:
        day = (datetime.fromisoformat(date) if date else datetime.now()).date().isoformat()
    except ValueError:
        raise UsageError(f"--date {date}: not a date such as 2026-01-31") from None
    found = ChatTemplate(name, source, tokens[0] if bos is None else bos, tokens[1] if eos is None else eos, day)
    found.check()
    return found


def _from_file(given: str) -> tuple[str, str, tuple[str, str]]:
    path, wanted = Path(given), "default"
    if not path.is_file() and ":" in given:
        place, _, wanted = given.rpartition(":")
        path = Path(place)
    if not path.is_file():
        raise UsageError(f"--chat-template {given}: no such file, and none of {', '.join(BUILT_IN)}")
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"{path} is too large for a chat template ({path.stat().st_size:,} bytes)")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (byte {error.start}); convert it") from error
    if path.suffix != ".json":
        return path.name, text, ("", "")
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is no JSON ({error})") from error
    template = config.get("chat_template") if isinstance(config, dict) else None
    if isinstance(template, list):
        named = {str(one.get("name")): one.get("template") for one in template if isinstance(one, dict)}
        if wanted not in named:
            raise UsageError(f"{path} has no chat template {wanted!r}; name one: "
                             + ", ".join(f"{path}:{name}" for name in named))  # fmt: skip
        template = named[wanted]
    elif wanted != "default":
        raise UsageError(f"{path} has one chat template, and none of the name {wanted!r}")
    if not isinstance(template, str):
        raise BadInput(f"{path} holds no chat_template; give the .jinja file that lies beside it")
    return path.name, template, (_token(config.get("bos_token")), _token(config.get("eos_token")))


def _token(value: Any) -> str:
    """A special token, which tokenizers write as text or as an object."""
    content = value.get("content") if isinstance(value, dict) else value
    return stored(content) if isinstance(content, str) else ""


@functools.lru_cache(maxsize=64)
def _compiled(source: str, name: str) -> Any:
    from jinja2 import TemplateSyntaxError

    try:
        return _environment().from_string(source)
    except TemplateSyntaxError as error:
        raise BadInput(f"the chat template {name} is no Jinja (line {error.lineno}: {error.message})") from error
    except RecursionError as error:
        raise BadInput(f"the chat template {name} is nested too deep") from error


@functools.cache
def _environment() -> "SandboxedEnvironment":
    from jinja2 import nodes
    from jinja2.exceptions import SecurityError
    from jinja2.ext import Extension, LoopControlExtension
    from jinja2.sandbox import modifies_known_mutable
    from jinja2.utils import Namespace

    from instructkit.engine import sandbox

    class Generation(Extension):
        """The block that marks what the assistant says; the text is the same without it."""

        tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)

    class Guarded(Namespace):
        """A namespace without names that lead to Python's insides."""

        def __init__(*args: Any, **names: Any) -> None:
            given = dict(*args[1:], **names)
            for name in given:
                _refuse_hidden(name)
            Namespace.__init__(args[0], given)

        def __setitem__(self, name: str, value: Any) -> None:
            _refuse_hidden(name)
            super().__setitem__(name, value)

    def _refuse_hidden(name: object) -> None:
        if isinstance(name, str) and name.startswith("_"):
            raise SecurityError("a name in a namespace begins with _")

    class Immutable(sandbox.bounded_class()):  # type: ignore[misc]
        """The bounded sandbox, in which a template changes nothing that it was given."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            return super().is_safe_attribute(obj, attr, value) and not modifies_known_mutable(obj, attr)

    made = Immutable(trim_blocks=True, lstrip_blocks=True, autoescape=False, finalize=sandbox.data,
                     extensions=[Generation, LoopControlExtension])  # fmt: skip
    made.filters["tojson"] = _to_json
    made.globals |= {"raise_exception": _raise, "namespace": Guarded}
    return sandbox.bound(made)


def _raise(message: object = "") -> NoReturn:
    raise Refused(str(message)[:1000])


def _to_json(
    value: Any, ensure_ascii: bool = False, indent: int | None = None, separators: Any = None, sort_keys: bool = False
) -> str:
    if isinstance(indent, str | int) and not (isinstance(indent, int) and 0 <= indent <= 16):
        raise ValueError("tojson is given an indent beyond 16")
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _strftime(date: str, spelled: str) -> str:
    if not isinstance(spelled, str) or len(spelled) > 200 or _WIDE.search(spelled):
        raise ValueError("strftime_now is given no usual format")
    return datetime.fromisoformat(date).strftime(spelled)
