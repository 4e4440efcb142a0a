"""What a pretext task is: a rule over a passage, and the pack whose phrasings put what it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.pool import Pool

Value = str | list[str]


@dataclass(frozen=True)
class Made:
    """What a rule made of a passage."""

    roles: Mapping[str, Value]  # of the task's pack
    confidence: float  # from 0 to 1
    why: str  # what the rule found and did


Rule = Callable[[Passage, Draws, Pool], Made | None]


@dataclass(frozen=True)
class Task:
    """A task made of unlabelled text."""

    name: str
    about: str
    pack: str
    roles: tuple[str, ...]  # of the pack, that the rule fills
    rule: Rule
    balanced: str = ""  # the role whose values are given equally often
    unfit: tuple[str, ...] = ()  # phrasings of the pack that call the text what it is not
    by_default: bool = True
    of_code: bool = False
