"""Examples of unknown phrasing, turned round by what an example is: instruction, input, output, earlier turns."""

import functools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.records.lists import list_lengths
from instructkit.records.script import is_chinese
from instructkit.templating.inversion.derive import nouns
from instructkit.templating.inversion.inverse_templates import InverseTemplates, turns_in
from instructkit.templating.inversion.kinds import Given, Inversion, word_phrasings
from instructkit.templating.inversion.pieces import Piece, over, put, some
from instructkit.templating.library.packs import Pack, Role
from instructkit.templating.templates import Mask, Places

REFUSAL = "the answer is a refusal"

_QUESTION = r"[?？][”\"’')）]*\s*\z"
_REFUSAL = (
    r"(?i)^\W*(i('|’)?m (very |so )?sorry|i am sorry|sorry, (but )?i|i apologi[sz]e|as an ai\b|i('|’)?m (just )?an ai\b"
    r"|i (can('|’)?t|cannot|am unable to|('|’)?m unable to) (help|assist|fulfil|comply|provide|answer)"
    r"|unfortunately, (as an ai|i (can('|’)?t|cannot|do not|don('|’)?t))"
    r"|(我)?(很|非常|十分)?(抱歉|对不起|不好意思|遗憾)|(由于|因为)?我?(只)?(是|作为)(一[个名款位])?(人工智能|AI|语言模型|机器人))"
)
_OPENING = 100  # characters of an answer in which a refusal shows


def by_kind(batch: pa.RecordBatch, rows: Places, seed: int) -> Piece:
    """Turn rows round of which no phrasing is known."""
    instruction, given, output, system = (
        some(batch.column(name), rows) for name in ("instruction", "input", "output", "system")
    )
    opening = pc.utf8_slice_codeunits(output, 0, _OPENING)
    refusal = _mask(pc.match_substring_regex(opening, _REFUSAL))
    history = batch.column("history").take(pa.array(rows))
    later = list_lengths(history) > 0
    has_input = _mask(pc.not_equal(pc.utf8_trim_whitespace(given), ""))
    question = _mask(pc.match_substring_regex(instruction, _QUESTION)) & ~has_input
    whole = pc.if_else(pa.array(has_input), pc.binary_join_element_wise(instruction, given, "\n\n"), instruction)
    columns = {
        "output": _where(~refusal, output),
        "instruction": _where(~later & ~question, instruction),
        "question": _where(~later & question, instruction),
        "input": _where(~later & has_input, given),
        "turn": _where(later, whole),
        "earlier": _where(later, pc.binary_join_element_wise(turns_in(history), system, "\n")),
    }
    languages = is_chinese(instruction).astype(np.int64)
    piece = put(_general(), columns, languages, rows, seed)
    piece.why_not |= dict.fromkeys(rows[refusal].tolist(), REFUSAL)
    piece.keeps_dialogue = later[np.searchsorted(rows, piece.rows)]
    return piece


@functools.cache
def _general() -> InverseTemplates:
    """The inversions of any example."""
    words = {
        "output": ("output", "输出"),
        "instruction": ("instruction", "指令"),
        "input": ("input", "输入"),
        "question": ("question", "问题"),
        "turn": ("message", "消息"),
        "earlier": ("earlier turns", "前面的对话"),
    }
    roles = {
        name: Role(name, english, optional=True, always=name == "input", called={"en": english, "zh": chinese})
        for name, (english, chinese) in words.items()
    }
    inversions = (
        Inversion("instruction", "instruction", "output", alone=True),
        Inversion("question-of-answer", "question", "output", alone=True),
        Inversion("instruction-of-both", "instruction", "output", ("input",)),
        Inversion("input", "input", "output", ("instruction",)),
        Inversion("user-turn", "turn", "output", alone=True, watched=("earlier",)),
    )

    def given(name: str) -> Given:
        return Given(nouns(roles[name]), f"{{{{ {name} }}}}")

    phrasings = [
        phrasing
        for one in inversions
        for phrasing in word_phrasings(one, nouns(roles[one.asked]), given("output"), tuple(map(given, one.given)))
    ]
    return over(Pack("examples", "any example", roles, tuple(phrasings), ()), list(roles))


def _where(there: Mask, texts: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pa.array(there), texts, pa.scalar(None, pa.string()))


def _mask(values: pa.Array) -> Mask:
    found: Mask = values.to_numpy(zero_copy_only=False).astype(bool)
    return found
