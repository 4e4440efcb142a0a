"""Other documents' sentences and names: the distractors of a rule."""

from collections import Counter
from collections.abc import Sequence

from instructkit.templating.pretext.document import Document
from instructkit.templating.pretext.draws import Draws

_TRIES = 40  # names that are looked at for the distractors of one
_LENDERS = 96  # documents whose names are lent
_SENTENCES = 8  # of a document's passage, that are looked at


class Pool:
    """The documents of a block, which lend each other what is wrong."""

    def __init__(self, documents: Sequence[Document]) -> None:
        sound = [one for one in documents if one.fault is None and not one.is_code]
        self._titles = Counter(one.title for one in documents)
        self._known: dict[bool, dict[str, list[tuple[Document, str]]]] = {}
        self._by_language = {code: [one for one in sound if one.is_chinese == code] for code in (False, True)}

    def share_title(self, document: Document) -> bool:
        """Whether another document has the title of one: then it is that of something larger."""
        return self._titles[document.title] > 1 if document.title else False

    def others(self, document: Document, draws: Draws, number: int) -> list[Document]:
        """Some other documents in the language of one, with another title."""
        known = self._by_language[document.is_chinese]
        found: list[Document] = []
        for _ in range(min(number * 4, len(known) * 4)):
            other = draws.choose(known)
            same = other is document or (other.title and other.title == document.title) or other in found
            if not same:
                found.append(other)
                if len(found) == number:
                    break
        return found

    def sentences(self, document: Document, draws: Draws, number: int, least: int, most: int) -> list[str]:
        """Sentences of other documents that stand alone, one of each, from ``least`` to ``most`` characters long."""
        found: list[str] = []
        for other in self.others(document, draws, number * 4):
            passage = other.passage(0)
            known = [one for one in passage.sentences[:40] if least <= len(one) <= most and passage.is_statement(one)]
            if known:
                found.append(draws.choose(known))
                if len(found) == number:
                    break
        return found

    def names(self, document: Document, kind: str, draws: Draws, number: int, not_in: str) -> list[str]:
        """Names of one kind from other documents, none of which stands in a text, even in part."""
        known = self._names(document.is_chinese).get(kind, [])
        found: list[str] = []
        taken = not_in.lower()
        for _ in range(_TRIES if known else 0):
            other, text = draws.choose(known)
            if other is not document and text not in found and _apart(text, taken):
                found.append(text)
                if len(found) == number:
                    break
        return found

    def _names(self, is_chinese: bool) -> dict[str, list[tuple[Document, str]]]:
        """The names of some documents by their kinds, each once a document; looked for once, whoever asks first."""
        found = self._known.get(is_chinese)
        if found is None:
            found = self._known[is_chinese] = {}
            documents = self._by_language[is_chinese]
            for document in documents[:: max(len(documents) // _LENDERS, 1)]:
                passage = document.passage(0)
                seen = {(one.kind, one.text) for sentence in passage.sentences[:_SENTENCES]
                        for one in passage.mentions(sentence)}  # fmt: skip
                for kind, text in sorted(seen):
                    found.setdefault(kind, []).append((document, text))
        return found


def _apart(name: str, text: str) -> bool:
    """Whether neither a name nor a long word of it stands in a text (in lower case)."""
    return not any(part.lower() in text for part in {name, *name.split()} if len(part) > 2 or not part.isascii())
