"""Toxicity: what is flagged with which words, and what is left alone."""

import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import instructkit as ik
from instructkit.errors import BadInput, UsageError
from instructkit.filters.toxicity import ToxicityExaminer, examiner, parse_toxicity
from instructkit.filters.toxicity.model import FILE, load, model, save
from tests.rows import examples

HERE = Path(__file__).parent
CALM = "The committee met on Tuesday and read the report on the new bridge. "
CALM_ZH = "委员会星期二开会，讨论了新桥的报告。"
ABUSE = [
    "You stupid piece of shit!",
    "fuck off",
    "F*CK you, you m0r0n",
    "f u c k you",
    "ｆｕｃｋ ｙｏｕ",
    "you are an idiot",
    "n1gger",
    "I hate all immigrants, they are vermin",
    "all jews should be gassed",
    "你这个傻逼，滚",
    "傻 b 去死吧",
    "他妈的什么玩意",
    "河南人都是骗子小偷",
    "你们这些黑鬼滚回非洲去",
    "kill yourself",
    "k1ll yours3lf",
    "s h u t up idiot",
    "砍死你",
    "去死",
    "蠢货",
]
HARMLESS = [
    "The assassin passed the class in Scunthorpe.",
    "She shot a film about gay and Muslim life in Essex.",
    "Kill the process with kill -9 and hang up the phone.",
    "kill the process",
    "breast cancer",
    "a gay man",
    "Muslims gather for prayer",
    "How do I shoot a photo at night?",
    "def kill(self): os.kill(self.pid, signal.SIGKILL)",
    "他是一位中国诗人，滚动条在右边，畜牧业很发达。",
    "杀死进程",
    "黑人音乐史",
    "同性恋者的权利",
    "干货",
    "操作系统",
    "草莓",
    "去死皮",
    "他被砍死的新闻",
    "dead man's switch",
    "an idiot-proof recipe",
    "Dick Whittington had a cock and a bull.",
    "日本人",
    "",
    "😀😀😀",
    "\x00\x00",
    "**bold** `code` 3.14 https://example.com/a?b=c",
]


def batch(*texts: str) -> pa.RecordBatch:
    return examples([{"input": text} for text in texts]).to_batches()[0]


def tagged(*texts: str) -> list[dict[str, Any]]:
    """The columns of each row."""
    examiner = ToxicityExaminer()
    found = examiner(batch(*texts))
    names = [child.name for child in examiner.fields]
    return pa.table(dict(zip(names, found.columns, strict=True))).to_pylist()


def score(text: str) -> float:
    return float(tagged(text)[0]["toxicity"])


@pytest.mark.parametrize("text", ABUSE)
def test_abuse_is_flagged_with_the_words_that_carry_it(text: str) -> None:
    (row,) = tagged(text)
    assert row["toxicity"] >= 0.5
    assert row["toxicity_labels"][0] == "toxic"
    assert row["toxicity_words"]
    assert all(word in text for word in row["toxicity_words"])


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_words_names_and_groups_are_left_alone(text: str) -> None:
    (row,) = tagged(text)
    assert row["toxicity"] < 0.5
    assert row["toxicity_labels"] == row["toxicity_words"] == []


@pytest.mark.parametrize("name", ["en", "zh"])
def test_no_more_than_three_of_a_hundred_traps_are_flagged(name: str) -> None:
    lines = (HERE / f"traps_{name}.txt").read_text(encoding="utf-8").splitlines()
    traps = [line for line in lines if line and not line.startswith("#")]
    assert len(traps) >= 200
    assert len(set(traps)) == len(traps)
    flagged = [row["toxicity"] >= 0.5 for row in tagged(*traps)]
    assert sum(flagged) <= 0.03 * len(traps)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("fuck you all, you fucking assholes", "obscene"),
        ("you are a pathetic loser and an idiot", "insult"),
        ("i will find you and kill you", "threat"),
        ("those filthy niggers ruin everything", "identity_hate"),
        ("操你妈的傻逼", "obscene"),
        ("你就是个废物，白痴", "insult"),
        ("去死吧，我弄死你全家", "threat"),
        ("黑人都是劣等的垃圾，滚回去", "identity_hate"),
    ],
)
def test_the_categories_are_those_of_the_words(text: str, label: str) -> None:
    assert label in tagged(text)[0]["toxicity_labels"]


@pytest.mark.parametrize(("calm", "abuse"), [(CALM, "You are a fucking idiot. "), (CALM_ZH, "你这个傻逼，滚！")])
def test_one_sentence_in_a_long_text_is_found(calm: str, abuse: str) -> None:
    assert score(calm * 40) < 0.5
    (row,) = tagged(calm * 40 + abuse + calm * 40)
    assert row["toxicity"] >= 0.5
    assert all(word in abuse for word in row["toxicity_words"])


def test_a_text_without_an_end_of_sentence_is_judged_in_time() -> None:
    start = time.perf_counter()
    assert 0 <= score("word " * 400_000) <= 1
    assert 0 <= score("*" * 1_000_000) <= 1
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("text", ["You stupid piece of shit, you fucking idiot! ", "你这个傻逼，滚！"])
def test_a_text_of_nothing_but_abuse_is_explained_in_time(text: str) -> None:
    long = text * (2_000_000 // len(text.encode()))
    start = time.perf_counter()
    (row,) = tagged(long)
    assert time.perf_counter() - start < 6  # about one second
    assert row["toxicity"] >= 0.5
    assert row["toxicity_words"] == tagged(text * 20)[0]["toxicity_words"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("you f*** idiot-faced m0r0n", {"you", "f***", "idiot-faced", "m0r0n"}),
        ("those moron's fuck-ups", {"those", "moron's", "fuck-ups"}),
        ("you are an idioooooottttt", {"you", "are", "an", "idioooooottttt"}),
        ("you are a $tupid a$$", {"you", "are", "a", "$tupid", "a$$"}),
        ("a" * 390 + " fucking fuckers and motherfuckers", {"fucking", "fuckers", "motherfuckers", "and"}),
    ],
)
def test_the_evidence_is_whole_words(text: str, words: set[str]) -> None:
    (row,) = tagged(text)
    shown = " ".join(row["toxicity_words"]).split()
    assert shown
    assert set(shown) <= words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("你就是个不要脸的王八蛋", ["不要脸的王八蛋"]),
        ("他是个窝囊废，狗东西", ["窝囊废，狗东西"]),
        ("河南人都是骗子小偷", ["骗子小偷"]),
        ("你这个傻*", ["傻*"]),
    ],
)
def test_the_evidence_is_whole_chinese_words(text: str, words: list[str]) -> None:
    assert tagged(text)[0]["toxicity_words"] == words


@pytest.mark.parametrize(("name", "found"), [("en", 0.7), ("zh", 0.75)])
def test_plain_abuse_is_found_and_its_neighbours_are_left_alone(name: str, found: float) -> None:
    lines = (HERE / f"plain_{name}.txt").read_text(encoding="utf-8").splitlines()
    texts = [line[2:] for line in lines if not line.startswith("#")]
    toxic = np.array([line[0] == "+" for line in lines if not line.startswith("#")])
    flagged = np.array([row["toxicity"] >= 0.5 for row in tagged(*texts)])
    assert min(toxic.sum(), (~toxic).sum()) >= 100
    assert flagged[toxic].mean() >= found
    assert flagged[~toxic].mean() <= 0.03


def test_a_score_hangs_on_no_other_text() -> None:
    texts = [*ABUSE, *HARMLESS, "\n\n  " + ABUSE[0], CALM * 30, "fuck", "!", "a b", "傻", "*", "f*", "  "]
    together = tagged(*texts)
    assert together == [tagged(text)[0] for text in texts]
    assert together == tagged(*reversed(texts))[::-1]


def test_a_slice_of_a_batch_is_judged_as_its_rows() -> None:
    whole = batch(*ABUSE, *HARMLESS)
    found = ToxicityExaminer()(whole).columns[0].to_pylist()
    assert ToxicityExaminer()(whole.slice(3, 9)).columns[0].to_pylist() == found[3:12]


def test_every_text_of_a_row_counts_and_earlier_turns_too() -> None:
    turns = [{"role": "user", "content": "You stupid piece of shit!"}]
    rows: list[dict[str, object]] = [
        {"instruction": "You stupid piece of shit!"},
        {"output": "You stupid piece of shit!"},
        {"history": turns},
        {},
    ]
    table = pa.concat_tables([examples([row]) for row in rows], promote_options="default")
    found = ToxicityExaminer()(table.combine_chunks().to_batches()[0])
    assert found.marked["toxicity_tagged"].tolist() == [True, True, True, False]
    assert found.found["toxic"] == 3


def test_dropping_tells_score_categories_and_words() -> None:
    ((name, verdict, threshold),) = ToxicityExaminer("drop")(batch("you are an idiot", "dear friend")).verdicts
    assert (name, threshold) == ("toxicity", "0.5")
    assert verdict.fails.tolist() == [True, False]
    assert verdict.value(0).endswith("insult: idiot")
    assert float(verdict.value(0).split()[0]) >= 0.5


def test_the_threshold_decides() -> None:
    assert ToxicityExaminer("drop", 0.99)(batch("you are an idiot")).verdicts[0][1].fails.tolist() == [False]
    assert ToxicityExaminer("drop", 0.0)(batch("dear friend")).verdicts[0][1].fails.tolist() == [True]
    assert ToxicityExaminer("off")(batch("you are an idiot")).columns == []


def test_the_examiner_goes_to_another_process() -> None:
    examiner = ToxicityExaminer("tag", 0.7, ("a", "b", "c"))
    assert pickle.loads(pickle.dumps(examiner)) == examiner
    assert [child.name for child in examiner.fields] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("off", ("off", None)), ("tag", ("tag", None)), ("drop:0.8", ("drop", 0.8)), ("tag:1", ("tag", 1.0))],
)
def test_modes_are_read(text: str, parsed: tuple[str, float | None]) -> None:
    assert parse_toxicity(text) == parsed


@pytest.mark.parametrize(
    "text", ["", "mask", "off:0.5", "drop:", "drop:x", "drop:1.5", "tag:-1", "tag:nan", "tag:0.5:1"]
)
def test_modes_that_can_not_be_meant_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--toxicity"):
        parse_toxicity(text)


@pytest.mark.parametrize("kind", ["missing", "text", "pickle", "cut", "empty", "other arrays", "objects"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.npz"
    content = {"text": b"hello", "pickle": pickle.dumps({}), "cut": FILE.read_bytes()[:-5000], "empty": b""}
    if kind in content:
        path.write_bytes(content[kind])
    elif kind == "other arrays":
        np.savez(path, a=np.zeros(3))
    elif kind == "objects":
        np.savez(path, en_marks=np.array([{}], dtype=object))
    with pytest.raises(BadInput, match="no toxicity model"):
        load(path)


def test_the_model_is_small_and_written_the_same_each_time(tmp_path: Path) -> None:
    assert FILE.stat().st_size <= 2_000_000
    for name in ("one.npz", "two.npz"):
        save(model(), tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz") as written, np.load(FILE) as shipped:  # Pythons differ in a zip's headers
        assert written.files == shipped.files
        assert all(np.array_equal(written[array], shipped[array]) for array in shipped.files)


def test_the_filter_drops_and_shows_the_evidence(tmp_path: Path) -> None:
    table = examples([{"input": "you are an idiot"}, {"input": "dear friend"}])
    reader = ik.filter(table, toxicity="drop", workers=1, rejects=str(tmp_path / "r.parquet"))
    assert reader.read_all()["input"].to_pylist() == ["dear friend"]
    ((reason,),) = ik.read(str(tmp_path / "r.parquet")).read_all()["reasons"].to_pylist()
    assert reason["rule"] == "toxicity"
    assert "idiot" in reason["value"]


def test_a_long_text_is_judged_in_pieces_and_found_where_it_is_toxic(monkeypatch: pytest.MonkeyPatch) -> None:
    calm = "The committee will meet again on Thursday to settle the budget for the coming year. "
    rows = [
        {"output": calm * 40 + "You are a fucking idiot. " + calm * 40},
        {"output": calm * 80},
        {"output": "42"},
        {"output": ""},
    ]
    batch = examples(rows).to_batches()[0]
    scores, evidence = examiner.judge(batch, 0.5)
    for longest in (300, 1000, 5000):
        monkeypatch.setattr(examiner, "LONGEST", longest)
        again, found = examiner.judge(batch, 0.5)
        assert list(found) == list(evidence) == [0]
        assert "idiot" in " ".join(found[0].words)
        assert abs(again - scores).max() < 0.2
    nothing, none = examiner.judge(batch.slice(0, 0), 0.5)
    assert (len(nothing), none) == (0, {})
