"""What may be told of repeated sentences and passages."""

from dataclasses import dataclass

import pyarrow as pa

from instructkit.errors import UsageError

LEAST_SUBSTRING = 5  # a shorter run of tokens is a turn of phrase, not a passage
REPEATS = ("cut", "drop")


@dataclass(frozen=True)
class PassageSettings:
    """Which parts of a text are repeats, and what becomes of them."""

    sentences: bool = False  # sentences, lines and code blocks that stand in an earlier row
    substring: int | None = None  # runs of at least so many tokens that stand at an earlier place
    repeats: str = "cut"  # cut: out of the later text; drop: the later row
    on: str = "output"  # the column of texts
    min_tokens: int = 8  # words or Chinese characters of a sentence; marks do not count

    def __post_init__(self) -> None:
        if self.substring is not None and self.substring < LEAST_SUBSTRING:
            raise UsageError(f"a repeated substring has at least {LEAST_SUBSTRING} tokens, not {self.substring}")
        if self.min_tokens < 1:
            raise UsageError(f"a repeated sentence has at least 1 token, not {self.min_tokens}")
        if self.repeats not in REPEATS:
            raise UsageError(f"repeats are {' or '.join(REPEATS)}, not {self.repeats}")

    def check(self, schema: pa.Schema) -> None:
        """Raise `UsageError` unless ``on`` is a column of texts that may be cut."""
        texts = [field.name for field in schema if _is_text(field.type) and field.name != "id"]
        if self.on not in texts:
            raise UsageError(
                f"repeats are sought in one column of texts, not in {self.on}; there are {', '.join(texts)}"
            )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
