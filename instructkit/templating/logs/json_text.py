"""User ids in JSON that is text: a column of JSON, and the rows that could not be read."""

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from instructkit.records.containers.raw import BadRows
from instructkit.records.layouts.turns import SAID, SPEAKER
from instructkit.templating.logs.users import ANYWHERE, ON_TOP, Path, folded

HIDDEN = "[USER]"
WITHHELD = "[a line that can't be read, and may hold a user's id: see the file]"
OWN_IDS = ("id", "parent")
PAIR = {"key", "value"}  # of a map
SHORTEST = 4  # characters of a user id that is looked for inside other values; shorter ones meet by chance
_KEY = re.compile(r"""["']([^"'\\]{1,40})["']\s*:""")


def clean_text(text: str, names: Collection[str], kept: Collection[str], secret: bool = False) -> str:
    """JSON with ``[USER]`` for the values of user ids; of what is no JSON, nothing where it might hold one.

    ``names`` are those of the first level, folded. What a turn says is text and stays. ``secret``: what is no JSON is
    withheld in any case.
    """
    hidden: set[str] = set()
    try:
        value = json.loads(text, object_pairs_hook=_once)
        clean = _hide(value, names, ANYWHERE | set(names) - ON_TOP, kept, hidden)
        if clean == value:
            return text
        if isinstance(clean, dict):
            clean |= {name: HIDDEN for name in OWN_IDS if tells(clean.get(name), hidden)}
        shown = json.dumps(clean, ensure_ascii=False)
        return shown if _is_unicode(shown) else json.dumps(clean)
    except (ValueError, RecursionError):
        doubtful = secret or any(folded(key) in names and key not in kept for key in _KEY.findall(text))
        return WITHHELD if doubtful else text


def tells(own: Any, users: Collection[str]) -> bool:
    """Whether the id of a row holds that of a user."""
    return isinstance(own, str) and any(len(user) >= SHORTEST and user in own for user in users)


def is_turn(names: Collection[str]) -> bool:
    """Whether fields of these names are a turn or a part of one, whose text is not searched."""
    turn = any(name in names for name in SPEAKER) and any(name in names for name in SAID)
    return turn or ("type" in names and "text" in names)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice, and one of its values would not be seen")
    return found


def _hide(value: Any, names: Collection[str], below: Collection[str], kept: Collection[str], hidden: set[str]) -> Any:
    if isinstance(value, dict):
        known = {key for key, one in value.items() if folded(key) in names and key not in kept and not _blank(one)}
        if value.keys() == PAIR and isinstance(name := value["key"], str) and not _blank(value["value"]):
            known |= {"value"} if folded(name) in names and name not in kept else set()
        hidden |= {value[key] for key in known if isinstance(value[key], str)}
        said = {key for key in SAID if _is_said(value.get(key))} if is_turn(value) else ()
        return {key: HIDDEN if key in known else one if key in said else _hide(one, below, below, kept, hidden)
                for key, one in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [_hide(one, below, below, kept, hidden) for one in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return clean_text(value, below, kept)
    return value


def _is_unicode(text: str) -> bool:
    """Whether no half of a surrogate pair stands in a text: JSON may spell one, UTF-8 can't."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def _blank(value: Any) -> bool:
    return value is None or value == ""


def _is_said(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


class PrivateRows(BadRows):
    """Rows that a container could not read, shown in the rejects file without what tells their users.

    ``names`` are of columns whose values are hidden, folded; ``secret`` says that the source is known to hold some.
    """

    names: Collection[str] = ()
    kept: Collection[str] = ()
    secret = False

    def hide(self, paths: Sequence[Path], named: Sequence[str], by_name: bool, kept: Collection[str]) -> None:
        """Hide these columns from now on, also where a row has one that the others lack."""
        last = [path[-1] for path in paths] + [name.rpartition(".")[2] for name in named]
        self.names = {folded(name) for name in last} | (ON_TOP if by_name else set())
        self.kept, self.secret = kept, bool(paths)

    def add(self, file: str, row: int, rule: str, found: str, text: str, threshold: str = "") -> None:
        """Record one row without its user."""
        if self.names:
            text = clean_text(text, self.names, self.kept, self.secret)
        super().add(file, row, rule, found, text, threshold)
