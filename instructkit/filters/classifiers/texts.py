"""How a text is made ready for fastText: one line, its words between spaces."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

LABEL_PREFIX = "__label__"  # fastText takes words that begin so for labels
_SPACES = r"[\s\x00-\x1f\x7f\x{85}\x{a0}\x{2028}\x{2029}\x{feff}]+"
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}])"


@dataclass(frozen=True)
class Normalization:
    """What is done to a text, beside making it one line."""

    lower: bool = True
    space_han: bool = True  # Han and kana characters become words: these scripts have no spaces

    def __call__(self, texts: pa.StringArray) -> list[str]:
        """The texts as fastText takes them; a word that fastText would take for a label or an end is cut in two."""
        ready = texts.fill_null("")
        if self.space_han:
            ready = pc.replace_substring_regex(ready, _UNSPACED, r" \1 ")
        if self.lower:
            ready = pc.utf8_lower(ready)
        ready = pc.replace_substring(ready, LABEL_PREFIX, "__label __")
        ready = pc.replace_substring(ready, "</s>", "< /s>")
        ready = pc.utf8_trim_whitespace(pc.replace_substring_regex(ready, _SPACES, " "))
        lines: list[str] = ready.to_pylist()
        return lines
