"""An OpenAI-compatible endpoint: one sending of a request, and what its failing means."""

import json
import logging
import os
import re
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from instructkit.errors import UsageError, visible
from instructkit.generation.client.budget import usage
from instructkit.generation.client.faults import CONTENT_FILTER, REFUSED, EndpointFailed, Fault
from instructkit.generation.client.request import Answer, Request, whole

if TYPE_CHECKING:
    import openai

log = logging.getLogger("instructkit")

DEFAULT_URL = "https://api.openai.com/v1"
NO_KEY = "none"
SHOWN = 300  # characters of what an endpoint says that are passed on
ATTEMPTS = 8  # of a request that meets an outage: waits of 1 to 60 s, two minutes and more in all
PAID_ATTEMPTS = 3  # of a request that may have been paid for and gave nothing to use
OPTIONAL = ("response_format", "seed", "presence_penalty", "frequency_penalty", "top_p", "temperature", "stop")
_UNKNOWN = re.compile(
    r"unsupported|not support|unrecognized|unknown|unexpected|not permitted|not allowed|invalid", re.I
)


class Endpoint:
    """Where requests go. ``name`` is its address without any secret, as lineage and journal have it."""

    def __init__(self, url: str | None, model: str, *, timeout_seconds: float = 600.0, own: bool = False) -> None:
        self.model = model
        self.url, self.query, self.name = parse_url(url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL)
        self._timeout = timeout_seconds
        self._own = own  # on this machine: no proxy that the environment names is asked
        self._without: dict[str, str | None] = {}  # parameters it does not take, and what stands in for them
        self._taken: set[str] = set()  # parameters that it has taken
        self._client: openai.AsyncOpenAI | None = None
        key = os.environ.get("OPENAI_API_KEY", "")
        if not key and self.name.startswith(DEFAULT_URL):
            raise UsageError(
                "no key: set OPENAI_API_KEY, name another endpoint by --base-url, or run without one by --model local"
            )
        if not key.isascii() or any(character.isspace() for character in key):
            raise UsageError("OPENAI_API_KEY is no key: it holds white space or characters that no key has")
        self._key = key or NO_KEY  # servers of one's own take any

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.close()

    async def send(self, request: Request, key: bytes) -> Answer:
        """Send a request once.

        Raises `Fault` where it may be sent again, `EndpointFailed` where no request could succeed; what is wrong with
        the request alone is an `Answer` with a failure.
        """
        import openai

        client = self._client = self._client or self._connect()
        while True:
            body = self._body(request)
            try:
                found = await client.post(
                    "/completions" if request.raw else "/chat/completions",
                    cast_to=object,
                    body=body,
                    options={"headers": {"Idempotency-Key": key.hex()}},
                )
            except openai.APIStatusError as error:
                if error.status_code in (400, 422) and self._adapt(error, body, request):
                    continue
                return self._refused(error)
            except openai.APIConnectionError as error:
                raise self._unconnected(error) from error
            # half a JSON: of the client's kinds, or the parser's
            except (openai.APIResponseValidationError, ValueError) as error:
                raise Fault("an answer that is no JSON", PAID_ATTEMPTS) from error
            self._taken |= set(body)
            return read_answer(request, found)

    async def models(self) -> list[str]:
        """The models it says it has; none where it says nothing."""
        import openai

        client = self._client = self._client or self._connect()
        try:
            found: Any = await client.get("/models", cast_to=object)
        except (openai.OpenAIError, ValueError):
            return []
        listed = found.get("data") if isinstance(found, dict) else None
        return [str(one["id"]) for one in listed or [] if isinstance(one, dict) and "id" in one]

    def _connect(self) -> "openai.AsyncOpenAI":
        import openai

        for name in ("openai", "httpx", "httpx2", "aiohttp"):  # whose logs would tell the address, headers and prompts
            logging.getLogger(name).setLevel(logging.WARNING)
        return openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self.url,
            default_query=self.query,
            timeout=self._timeout,
            max_retries=0,  # Pace knows when to send again
            # twice the requests a second of the other
            http_client=openai.DefaultAioHttpClient(timeout=self._timeout, trust_env=not self._own),
        )

    def _body(self, request: Request) -> dict[str, Any]:
        parameters = dict(request.parameters)
        for name, other in self._without.items():
            if name in parameters:
                value = parameters.pop(name)
                if other is not None:
                    parameters[other] = value
        if request.raw:
            return {"model": self.model, "prompt": request.text, **parameters}
        messages = [{"role": role, "content": content} for role, content in request.messages]
        return {"model": self.model, "messages": messages, **parameters}

    def _adapt(self, error: "openai.APIStatusError", body: Mapping[str, Any], request: Request) -> bool:
        """Go on without a parameter that the endpoint says it does not take; whether there is one.

        Only one that it has never taken, and that the request's own words don't speak of: they may be quoted.
        """
        told, named = self._said(error), _parameter(error)
        if named is None and not _UNKNOWN.search(told):
            return False
        own = json.dumps(request.content(), ensure_ascii=False) if named is None else ""
        for name in ("max_tokens", *OPTIONAL):
            if name not in body or name in self._taken or (named is not None and named != name):
                continue
            if named is None and (not re.search(rf"\b{name}\b", told) or own.count(name) > 1):
                continue
            if name == "max_tokens":
                if "max_completion_tokens" not in told:
                    continue
                self._without[name] = "max_completion_tokens"
            else:
                self._without[name] = None
                log.info("the endpoint does not take %s: asked without it", name)
            return True
        return False

    def _said(self, error: "openai.APIStatusError") -> str:
        """What the endpoint said, in one line and without the key, which some repeat."""
        body: Any = error.body
        if isinstance(body, dict):
            inner = body.get("error", body)
            told = inner.get("message") or inner.get("detail") or inner if isinstance(inner, dict) else inner
            code = inner.get("code") if isinstance(inner, dict) else None
            text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, default=str)
            text = text if not code or str(code) in text else f"{text} ({code})"
        else:
            text = body if isinstance(body, str) else ""
        text = whole(" ".join(text.split()))
        return visible(text if self._key == NO_KEY else text.replace(self._key, "***"))

    def _unconnected(self, error: Exception) -> Fault:
        """Why no connection held, without addresses or headers."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ConnectionRefusedError):
                return Fault("no server at this address", ATTEMPTS)
            if isinstance(cause, socket.gaierror):
                return Fault("no server of this name", ATTEMPTS)
            if isinstance(cause, TimeoutError):
                return Fault(f"no answer within {self._timeout:g} s", PAID_ATTEMPTS)
            cause = cause.__cause__ or cause.__context__
        return Fault("the connection broke", ATTEMPTS)

    def _refused(self, error: "openai.APIStatusError") -> Answer:
        """What an HTTP status means: the request's own failing, or a fault."""
        status, told = error.status_code, self._said(error)
        code = str(getattr(error, "code", "") or "")
        if status == 401 or (status == 403 and not told):
            raise EndpointFailed(
                f"{self.name} does not take the key ({status}); set OPENAI_API_KEY to one that it knows"
            )
        if status == 403:
            raise EndpointFailed(f"{self.name} does not let this key use {self.model} (403)")
        if status == 404:
            raise UnknownModel
        if status == 429 and "insufficient_quota" in (code, told):
            raise EndpointFailed(
                f"the quota of the key is used up (429, {self.name}); the journal holds what was answered"
            )
        if status in (429, 503, 529):
            kind = f"{status} {'too many requests' if status == 429 else 'unavailable'}"
            raise Fault(kind, ATTEMPTS, retry_after_seconds=_retry_after(error))
        if status >= 500 or status in (408, 409, 425):
            raise Fault(f"{status} from the server", ATTEMPTS)
        filtered = "content_filter" in code or "content_filter" in told or "content management policy" in told
        return Answer(failure=CONTENT_FILTER if filtered else REFUSED, detail=f"{status}: {told[:SHOWN]}")


class UnknownModel(Exception):
    """The endpoint has no such model, or no such address."""


def parse_url(url: str) -> tuple[str, dict[str, str], str]:
    """An endpoint's address, its query, and its name for people: without user, password and query.

    Raises `UsageError` for what is no address of a server, and for a key inside it.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError("--base-url is no address; give one like http://127.0.0.1:8000/v1") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError("--base-url is no address of a server; give one like http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise UsageError("--base-url holds a user name or password; set OPENAI_API_KEY instead")
    where = f"[{host}]" if ":" in host else host
    plain = urlunsplit((parts.scheme, where + (f":{port}" if port else ""), parts.path.rstrip("/"), "", ""))
    return plain, dict(parse_qsl(parts.query)), plain


def read_answer(request: Request, found: object) -> Answer:
    """The answer in a completion object; raises `Fault` where there is none."""
    if not isinstance(found, dict):
        raise Fault("an answer that is no completion", PAID_ATTEMPTS)
    billed = usage(request, "", found["usage"]) if isinstance(found.get("usage"), dict) else (0, 0)
    if isinstance(found.get("error"), dict):  # some servers send 200 with an error in it
        raise Fault("an error in place of an answer", PAID_ATTEMPTS, usage=billed)
    choices = found.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not (request.raw or isinstance(message, dict)):
        raise Fault("an answer without choices", PAID_ATTEMPTS, usage=billed)
    text = choice.get("text") if request.raw or not isinstance(message, dict) else message.get("content")
    if isinstance(text, list):
        text = "".join(str(part.get("text", "")) for part in text if isinstance(part, dict))
    text = whole(text) if isinstance(text, str) else ""
    text = request.opening + text if request.raw else text
    reason = whole(str(choice.get("finish_reason") or "stop"))
    tokens = usage(request, text, found.get("usage"))
    if reason == "content_filter":
        return Answer("", reason, *tokens, CONTENT_FILTER, "the answer was withheld")
    refusal = message.get("refusal") if isinstance(message, dict) else None
    return Answer(text or whole(str(refusal or "")), reason, *tokens)


def _parameter(error: "openai.APIStatusError") -> str | None:
    """The parameter that an error of OpenAI's kind names as one the model does not take."""
    code, name = getattr(error, "code", None), getattr(error, "param", None)
    return (
        str(name) if name and str(code) in ("unsupported_parameter", "unsupported_value", "unknown_parameter") else None
    )


def _retry_after(error: "openai.APIStatusError") -> float | None:
    """Seconds of the header Retry-After; a date, or none, is None."""
    try:
        value = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return value if 0 <= value < 1e6 else None
