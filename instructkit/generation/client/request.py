"""What is asked of a model, and what it answered."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from instructkit.records.hashing import canonical_json

Message = tuple[str, str]  # role, content


@dataclass(frozen=True)
class Request:
    """One call of a model: a dialogue, or a raw text to go on with.

    ``parameters`` are those of the OpenAI API (temperature, max_tokens, seed, stop, ...). Two requests with the same
    content are one and the same, and asked once; ``sample`` tells apart those that are meant to be asked again.
    """

    messages: tuple[Message, ...] = ()
    text: str = ""  # where there are no messages: the raw text, for the completions endpoint
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sample: int = 0
    purpose: str = ""  # the prompt's name; no part of the content
    opening: str = ""  # how the answer begins; a raw text ends with it, and it stands before what comes back

    @property
    def raw(self) -> bool:
        """Whether it is a raw text and no dialogue."""
        return not self.messages

    def content(self) -> dict[str, Any]:
        """What makes it this request and no other, as it stands in the journal."""
        asked = {"text": self.text} if self.raw else {"messages": [list(message) for message in self.messages]}
        return {**asked, "parameters": dict(self.parameters), "sample": self.sample}

    def key(self, endpoint: str, model: str) -> bytes:
        """The request's name in the journal: 16 bytes of the SHA-256 of its content, endpoint and model."""
        content = canonical_json({"endpoint": endpoint, "model": model, **self.content()})
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()[:16]

    def as_text(self) -> "Request":
        """The same for a model that goes on with a text: a lone prompt as it is, a dialogue with who speaks."""
        if self.raw:
            return self
        if len(self.messages) == 1:
            text = self.messages[0][1] + (f"\n{self.opening}" if self.opening else "")
        else:
            told = "\n\n".join(f"{role.capitalize()}: {content}" for role, content in self.messages)
            text = f"{told}\n\nAssistant: {self.opening}".rstrip()
        parameters = {name: value for name, value in self.parameters.items() if name != "response_format"}
        return replace(self, messages=(), text=text, parameters=parameters)

    @property
    def size(self) -> int:
        """Bytes of the text that is sent, and of the schema that the answer is held to."""
        texts = [self.text] if self.raw else [content for _, content in self.messages]
        schema = self.parameters.get("response_format")
        return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) + len(canonical_json(schema or ""))


@dataclass(frozen=True)
class Answer:
    """What came back: a text, or why there is none.

    ``failure`` is "" or the kind of fault of a request that failed by itself (`content_filter`, `refused_request`,
    `endpoint_failed`); ``detail`` what the endpoint said of it.
    """

    text: str = ""
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failure: str = ""
    detail: str = ""
    key: str = ""  # the request's, in hexadecimal digits

    @property
    def cut(self) -> bool:
        """Whether the token limit ended it."""
        return self.finish_reason == "length"


def whole(text: str) -> str:
    """A text that UTF-8 can hold: half a surrogate pair, which JSON may carry, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
