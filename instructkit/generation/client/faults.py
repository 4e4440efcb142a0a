"""What can go wrong between a request and its answer."""

from dataclasses import dataclass

from instructkit.errors import InstructkitError

CONTENT_FILTER, REFUSED, GIVEN_UP = "content_filter", "refused_request", "endpoint_failed"


class EndpointFailed(InstructkitError):
    """The endpoint can't be used: a wrong key, an unknown model, or away for longer than one waits."""


class LimitReached(Exception):
    """The next request would pass a limit of the run."""


@dataclass
class Fault(Exception):
    """One sending that gave no answer.

    ``attempts`` bounds how often a request is sent that meets this.
    """

    kind: str  # in words, for people
    attempts: int
    retry_after_seconds: float | None = None
    usage: tuple[int, int] = (0, 0)  # tokens of prompt and answer that were billed for nothing

    def __str__(self) -> str:
        return self.kind
