"""What an export is asked for."""

from dataclasses import dataclass

from instructkit.errors import UsageError

FORMATS = ("alpaca", "sharegpt", "openai", "prompt-completion", "trl", "p3", "text")
DIALECTS = ("human-gpt", "user-assistant")
SHAPES = ("prompt-completion", "messages")
SYSTEMS = ("turn", "key")
CONTEXTS = ("reject", "prompt", "columns")
BOOKKEEPING = ("id", "task", "source", "parent", "template")  # the columns of ours that no format knows
TRL_KEYS = ("messages", "prompt", "completion", "chosen", "rejected")  # TRL tells by these what a row is
OPENAI_KEYS = {"tools": list, "parallel_tool_calls": bool, "functions": list}  # what may stand beside the messages

_FORMATS_OF = {  # the options that mean something to some formats alone
    "dialect": ("sharegpt",),
    "system": ("sharegpt",),
    "shape": ("trl",),
    "context": ("prompt-completion", "p3"),
    "joiner": tuple(name for name in FORMATS if name != "alpaca"),
    **dict.fromkeys(("chat_template", "bos", "eos", "date"), ("text",)),
}


@dataclass(frozen=True)
class ExportSettings:
    """How examples become rows of another format.

    ``columns`` are names, or ``all``, ``extras``, ``none`` among them; none given is what the format has room for.
    ``chat_template`` is a file or the name of one that comes with instructkit; ``date`` (YYYY-MM-DD) is what a
    template is told of the day, today unless given.
    """

    to: str = ""
    dialect: str = "human-gpt"
    shape: str = "prompt-completion"
    system: str = "turn"
    context: str = "reject"
    joiner: str = "\n\n"
    columns: tuple[str, ...] = ()
    chat_template: str | None = None
    bos: str | None = None
    eos: str | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        if not self.to:
            raise UsageError(f"the format is missing: say it with --to, one of {', '.join(FORMATS)}")
        for option, value, known in (("to", self.to, FORMATS), ("dialect", self.dialect, DIALECTS),
                                     ("shape", self.shape, SHAPES), ("system", self.system, SYSTEMS),
                                     ("context", self.context, CONTEXTS)):  # fmt: skip
            if value not in known:
                raise UsageError(f"--{option} {value!r} is none of {', '.join(known)}")
        if self.to == "text" and self.chat_template is None:
            from instructkit.records.exporting.chat_template import BUILT_IN

            raise UsageError("--to text needs --chat-template: a .jinja file, a tokenizer_config.json, or one of "
                             f"{', '.join(BUILT_IN)}")  # fmt: skip
        for option, formats in _FORMATS_OF.items():
            if self.to not in formats and getattr(self, option) != self.__dataclass_fields__[option].default:
                raise UsageError(f"--{option.replace('_', '-')} goes with --to {' or '.join(formats)}, "
                                 f"not with --to {self.to}")  # fmt: skip

    @property
    def telling(self) -> dict[str, object]:
        """What the lineage tells: the settings that mean something to the format, and the columns that were named."""
        names = {"to", *(name for name in ("dialect", "system", "shape", "context", "joiner")
                         if self.to in _FORMATS_OF[name])}  # fmt: skip
        given = {name: getattr(self, name) for name in self.__dataclass_fields__ if name in names}
        return given | ({"columns": list(self.columns)} if self.columns else {})

    @property
    def conversational(self) -> bool:
        """Whether a row of the format is made of turns."""
        return self.to in ("sharegpt", "openai", "trl", "text")
