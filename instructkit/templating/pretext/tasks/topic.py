"""Topic from what stands around a text: its section, the path of its address, the middle of its title."""

import re
from urllib.parse import unquote

from instructkit.templating.pretext.document import Document, Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.wordlists import words
from instructkit.templating.pretext.pool import Pool
from instructkit.templating.pretext.task import Made, Task
from instructkit.templating.pretext.tasks.shared import opening

_LONGEST = 40  # characters of a topic
_SEGMENT = re.compile(r"[a-z]+(?:[-_][a-z]+){0,2}|[\u4e00-\u9fff]{2,8}")


def topic(passage: Passage, draws: Draws, pool: Pool) -> Made | None:
    """The opening of a document, and the topic that its surroundings name."""
    if not passage.is_first:
        return None
    found = _named(passage.document)
    if found is None:
        return None
    text = opening(passage, 200, 1500)
    if not text:
        return None
    label, confidence, why = found
    roles = {"text": text, "label": label}
    if passage.document.title and label not in passage.document.title:
        roles["title"] = passage.document.title
    return Made(roles, confidence, why)


def _named(document: Document) -> tuple[str, float, str] | None:
    section = document.topic.strip()
    if 1 < len(section) <= _LONGEST and re.search(r"[^\W\d_]{2}", section) and "\n" not in section:
        return section, 0.9, f"the section {section!r}"
    for segment in _path(document.path):
        if (
            _SEGMENT.fullmatch(segment)
            and segment not in words("no_topics")
            and len(segment) > 2 - (not segment.isascii())
        ):
            label = re.sub("[-_]", " ", segment)
            return label, 0.7, f"the path of its address names {label!r}"
    parts = re.split(r"\s+[|–—-]\s+|_(?=[\u4e00-\u9fff])", document.title.strip())
    if len(parts) >= 3 and 1 < len(parts[-2]) <= _LONGEST // 2:
        return parts[-2].strip(), 0.6, f"the middle of its title names {parts[-2].strip()!r}"
    return None


def _path(address: str) -> list[str]:
    """The folders of an address, without its host and its last part."""
    rest = address.partition("://")[2].partition("/")[2] if "://" in address else address.lstrip("/")
    rest = re.split("[?#]", rest)[0]
    return [unquote(part).lower() for part in rest.split("/")[:-1]]


TOPIC = Task(
    "topic",
    "the topic, by the section, the address or the title of a document",
    "topic-classification",
    ("text", "title", "label"),
    topic,
)
