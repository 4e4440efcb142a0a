"""User ids in JSON that is text: a column of JSON, and the rows that could not be read."""

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from instructkit.records.containers.raw import BadRows
from instructkit.templating.logs.users import ANYWHERE, ON_TOP, Path, folded

HIDDEN = "[USER]"
WITHHELD = "[a line that can't be read, and may hold a user's id: see the file]"
SHORTEST = 4  # characters of a user id that is looked for inside other values; shorter ones meet by chance
_KEY = re.compile(r"""["']([^"'\\]{1,40})["']\s*:""")


def clean_text(text: str, names: Collection[str], kept: Collection[str], secret: bool = False) -> str:
    """A row's JSON with ``[USER]`` for the user ids; of what is no JSON, nothing where it might hold one.

    ``names`` are those of the first level, folded. ``secret``: what is no JSON is withheld in any case.
    """
    hidden: set[str] = set()
    try:
        value = json.loads(text)
        clean = _hide(value, names, ANYWHERE | set(names) - ON_TOP, kept, hidden)
    except (ValueError, RecursionError):
        doubtful = secret or any(folded(key) in names and key not in kept for key in _KEY.findall(text))
        return WITHHELD if doubtful else text
    if clean == value:
        return text
    shown = json.dumps(clean, ensure_ascii=False)
    for user in sorted(hidden, key=len, reverse=True):  # in the row's own id, say
        shown = shown.replace(user, HIDDEN)
    return shown


def _hide(value: Any, names: Collection[str], below: Collection[str], kept: Collection[str], hidden: set[str]) -> Any:
    if isinstance(value, dict):
        found = {}
        for key, one in value.items():
            if folded(key) in names and key not in kept and one not in (None, ""):
                found[key] = HIDDEN
                if isinstance(one, str) and len(one) >= SHORTEST:
                    hidden.add(json.dumps(one, ensure_ascii=False)[1:-1])
            else:
                found[key] = _hide(one, below, below, kept, hidden)
        return found
    if isinstance(value, list):
        return [_hide(one, below, below, kept, hidden) for one in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return clean_text(value, below, kept)
    return value


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
