"""A scripted OpenAI-compatible server on loopback: real HTTP, with every fault a test asks for."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any


@dataclass
class Reply:
    """What the server does with one request."""

    text: str = "An answer."
    status: int = 200
    body: object = None  # in place of a completion: bytes are sent as they are
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # before it answers
    cut_after: int | None = None  # bytes of the response after which the connection is reset
    finish_reason: str = "stop"
    usage: bool = True


Script = Callable[[dict[str, Any], int], Reply]


def error(status: int, message: str = "", **more: Any) -> Reply:
    """An error as OpenAI sends it."""
    headers = more.pop("headers", {})
    return Reply(status=status, body={"error": {"message": message, **more}}, headers=headers)


class ScriptedServer:
    """Plays a script: ``script(request, number)`` with the request's JSON and its number, from 0.

    ``asked`` counts the requests that were answered in full, by their content; ``requests`` has all that came.
    """

    def __init__(self, script: Script, port: int = 0) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answered: Counter[str] = Counter()
        self.most_at_once = self._at_once = 0
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "ScriptedServer":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._port}/v1"

    def _stop(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_soon(self._loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self._port))
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                raw = await reader.readexactly(int(headers.get("content-length", 0)))
                await self._answer(head[0], headers, json.loads(raw) if raw else {}, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, line: str, headers: dict[str, str], asked: dict[str, Any], writer: asyncio.StreamWriter
    ) -> None:
        if line.startswith("GET"):
            await self._send(writer, Reply(body={"object": "list", "data": [{"id": "known-model"}]}), asked)
            return
        number = len(self.requests)
        self.requests.append(asked)
        self.headers.append(headers)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            reply = self.script(asked, number)
            if reply.seconds:
                await asyncio.sleep(reply.seconds)
            await self._send(writer, reply, asked)
        finally:
            self._at_once -= 1

    async def _send(self, writer: asyncio.StreamWriter, reply: Reply, asked: dict[str, Any]) -> None:
        body = reply.body
        if body is None:
            body = completion(asked, reply)
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        head = {"content-type": "application/json", "content-length": str(len(data)), **reply.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        sent = f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode() + data
        if reply.cut_after is not None:
            writer.write(sent[: reply.cut_after])
            await writer.drain()
            writer.transport.abort()
            raise ConnectionError
        writer.write(sent)
        await writer.drain()
        if reply.status == 200:
            self.answered[json.dumps(asked, sort_keys=True)] += 1


def completion(asked: dict[str, Any], reply: Reply) -> dict[str, Any]:
    """A completion object of the chat or the completions endpoint."""
    choice: dict[str, Any] = {"index": 0, "finish_reason": reply.finish_reason}
    if "messages" in asked:
        choice["message"] = {"role": "assistant", "content": reply.text}
    else:
        choice["text"] = reply.text
    found: dict[str, Any] = {"id": "x", "object": "completion", "created": 1, "model": "m", "choices": [choice]}
    if reply.usage:
        found["usage"] = {"prompt_tokens": len(prompt_of(asked)) // 4, "completion_tokens": len(reply.text) // 4}
    return found


def prompt_of(asked: dict[str, Any]) -> str:
    """The text of a request's last message, or its raw prompt."""
    return str(asked["messages"][-1]["content"] if "messages" in asked else asked["prompt"])
