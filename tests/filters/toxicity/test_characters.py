"""How texts are folded: hidden spellings read as they are meant, all else as it stands."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructkit.filters.toxicity import characters, grams


def folded(*texts: str) -> list[str]:
    stream = characters.read(pa.array(texts, pa.string()))
    whole = "".join(map(chr, stream.codes.tolist()))
    bounds = stream.starts.tolist()
    return [whole[start:end] for start, end in pairwise(bounds)]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("F*CK sh1t", "f*ck shit\n"),
        ("f u c k off", "fuck off\n"),
        ("f.u.c.k", "fuck\n"),
        ("you're a$$, f***!", "youre ass f*\n"),
        ("fuuuuck 哈哈哈哈", "fuck 哈\n"),
        ("傻 逼 操*你*妈", "傻逼操你妈\n"),
        ("ｆｕｃｋ 𝓯𝓾𝓬𝓴", "fuck fuck\n"),
        ("f\u200buc\u00adk", "fuck\n"),
        ("你个傻*，滚 傻× **傻瓜**", "你个傻* 滚傻x 傻瓜\n"),
        ("賤貨", "贱貨\n"),
        ("**Note** is 3.5. What? Yes", "note is 3 5\nwhat\nyes\n"),
        ("你好。再见", "你好\n再见\n"),
        ("  \n ", ""),
        ("mp3 i18n 2024", "mp3 i18n 2024\n"),
    ],
)
def test_hidden_spellings_read_as_meant(text: str, read: str) -> None:
    assert folded(text) == [read]


@given(
    st.lists(
        st.text(alphabet=st.sampled_from("aAfFuck *.!$1\n傻逼 、。😀\x00\u200bé\u0301ab"), max_size=30), max_size=5
    )
)
def test_a_text_reads_the_same_among_others(texts: list[str]) -> None:
    together = folded(*texts)
    assert together == [folded(text)[0] for text in texts]


@given(st.lists(st.text(alphabet=st.sampled_from("ab .\n傻"), max_size=1500), min_size=1, max_size=3))
def test_stretches_cover_every_character_once_and_none_is_long(texts: list[str]) -> None:
    stream = characters.read(pa.array(texts, pa.string()))
    for spans in (grams.spans(stream), grams.spans(stream, grams.WINDOW)):
        # the line break that the stream begins with belongs to no text
        assert spans.lengths.sum() == len(stream.codes) - 1
        assert spans.begins.tolist() == sorted({*spans.begins.tolist()})
        assert (spans.lengths > 0).all()
        assert (spans.lengths <= grams.LONGEST).all()
        for begin, row in zip(spans.begins.tolist(), spans.rows.tolist(), strict=True):
            assert stream.starts[row] <= begin < stream.starts[row + 1]
