"""Pre-training text as rows of a mixture: a text to be continued, or the text as it is.

A little of it beside the instructions keeps a model from forgetting how text goes on: ExT5 (Aribandi et al. 2022),
GLM-130B (Zeng et al. 2023) and OPT-IML (Iyer et al. 2022, 5% of it) mix the two.
"""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.mixing.settings import PRETRAINING
from instructkit.records.hashing import draw, row_ids
from instructkit.records.rejects import Rejects
from instructkit.records.schema import WHOLE_TEXT, build_examples
from instructkit.records.script import is_chinese
from instructkit.records.stream import Counts, Records

CONTINUE = ("Continue the text.", "请续写下面的文字。")  # to a text in English, to one in Chinese
LEAST = 8  # characters of a text that can be cut in two
FIRST, LAST = 0.25, 0.75  # of a text, between which it is cut

_GAP = re.compile(r"\s")


def pretraining_rows(
    records: Records, column: str, schema: pa.Schema, *, form: str, seed: int, counts: Counts, rejects: Rejects
) -> Iterator[pa.RecordBatch]:
    """Texts as examples of the task ``pretraining``, with the columns of ``schema``.

    ``form`` is ``continuation`` (the beginning is the input, the rest the output) or ``text`` (the whole text is the
    instruction and the output is empty: for a trainer that packs texts). A text that is blank, or too short to be cut,
    is dropped with a reason.
    """
    from instructkit.records.reading import widen

    source = records.inputs[0]["name"] if records.inputs else PRETRAINING
    for batch in records.batches:
        texts = pc.fill_null(batch.column(column), "")
        least = LEAST if form == "continuation" else 1
        short = pc.less(pc.utf8_length(pc.utf8_trim_whitespace(texts)), least).to_numpy(zero_copy_only=False)
        counts.rows_in += batch.num_rows
        if short.any():
            counts.drop("too_short_to_continue", int(short.sum()))
            if rejects.wanted:
                lost = _examples(texts.filter(pa.array(short)), "text", seed, source)
                reasons = [[("too_short_to_continue", str(len(text.strip())), str(least))]
                           for text in texts.filter(pa.array(short)).to_pylist()]  # fmt: skip
                rejects.add_rows(widen(lost, schema), reasons)
            texts = texts.filter(pa.array(~short))
        if len(texts):
            yield widen(_examples(texts, form, seed, source), schema)


def _examples(texts: pa.StringArray, form: str, seed: int, source: str) -> pa.RecordBatch:
    rows = len(texts)
    ids = row_ids([texts], rows)
    values: dict[str, pa.Array] = {"id": ids, "instruction": texts}
    if form == "continuation":
        chinese = is_chinese(texts)
        shares = FIRST + (LAST - FIRST) * (draw(ids, seed, "continuation") >> np.uint64(11)) / 2**53
        parts = [_cut(text, float(share), bool(han))
                 for text, share, han in zip(texts.to_pylist(), shares, chinese, strict=True)]  # fmt: skip
        values["instruction"] = pa.array([CONTINUE[han] for han in chinese.tolist()], pa.string())
        values["input"] = pa.array([before for before, _ in parts], pa.string())
        values["output"] = pa.array([after for _, after in parts], pa.string())
    template = WHOLE_TEXT if form == "text" else f"{PRETRAINING}:{form}"
    return build_examples(values, rows, task=PRETRAINING, source=source, template=template, extras={})


def _cut(text: str, share: float, chinese: bool) -> tuple[str, str]:
    """A text in two; where words are parted by space, at the next space if there is one before the end."""
    text = text.strip()
    at = max(int(len(text) * share), 1)
    gap = None if chinese else _GAP.search(text, at, max(int(len(text) * (LAST + 1) / 2), at))
    at = gap.start() if gap else at
    return text[:at], text[at:]
