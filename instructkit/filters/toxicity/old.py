"""Abuse by word: phrases that insult or threaten somebody, as evidence a person can judge.

The words are ours and few, chosen to be abusive in nearly any sentence: names, identity terms and words with
a harmless sense are left out on purpose. What a list can't see (irony, coded hate) needs a classifier.
"""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Verdict

MODES = ("off", "tag", "drop")
FIELDS = ("instruction", "input", "output")

_ENGLISH = (
    r"f+u+c+k+(?:ing|er|ers|ed|s)?(?: (?:you|off|yourself))?",
    r"mother ?f+u+c+k+(?:er|ers|ing)?",
    r"(?:piece|pieces|sack|load) of shit",
    r"(?:bull)?shit(?:head|heads|bag|bags|ty)",
    r"bullshit",
    r"ass ?holes?",
    r"dumb ?ass(?:es)?",
    r"jack ?ass(?:es)?",
    r"(?:stupid|fucking|dirty|lying) (?:bitch|cow|pig|idiot|moron)s?",
    r"son of a bitch",
    r"bitch(?:es)?",
    r"bastards?",
    r"cunts?",
    r"dick ?heads?",
    r"wankers?",
    r"scumbags?",
    r"you (?:are|'re) (?:a |an |such an? )?(?:total |complete |fucking )?(?:idiot|moron|imbecile|retard)",
    r"go (?:and )?(?:kill|hang|shoot) yourself",
    r"kill yourself",
    r"i(?:'ll| will| am going to|'m going to) (?:kill|murder|beat up) (?:you|him|her|them)",
)
_CHINESE = (
    "傻逼", "傻屄", "煞笔", "沙雕玩意", "操你妈", "草泥马的", "操你", "肏", "妈的逼",
    "他妈的", "你妈逼", "妈逼", "狗日的", "狗东西", "狗娘养的", "王八蛋", "混账东西", "贱人",
    "贱货", "婊子", "臭婊", "去死吧", "滚蛋", "滚你妈", "死全家", "全家死光", "脑残",
    "智障东西", "废物东西", "人渣", "畜生", "杂种", "龟孙子", "不要脸的东西", "弄死你", "打死你",
    "砍死你",
)  # fmt: skip
_WORDS = re.compile(rf"(?i)(?<![A-Za-z])(?:{'|'.join(_ENGLISH)})(?![A-Za-z])|{'|'.join(_CHINESE)}")
# a quick test that only texts with an abusive word, and few others, pass
_MAYBE = (
    r"(?i)f+u+c+k|shit|ass ?hole|ass\b|bitch|bastard|cunt|dick ?head|wanker|scumbag|idiot|moron|imbecile|retard|"
    r"kill|hang|shoot|murder|beat up|[" + "".join(sorted({word[0] for word in _CHINESE})) + "]"
)


def abusive(batch: pa.RecordBatch) -> Verdict:
    """Rows with an abusive word; the evidence is the words, as they stand."""
    evidence: dict[int, list[str]] = {}
    for name in FIELDS:
        column = batch.column(name)
        for row in np.flatnonzero(pc.match_substring_regex(column, _MAYBE).to_numpy(zero_copy_only=False)).tolist():
            found = [match[0] for match in _WORDS.finditer(column[row].as_py())]
            if found:
                evidence.setdefault(row, []).extend(found)
    shown = {row: ", ".join(dict.fromkeys(words)) for row, words in evidence.items()}
    return Verdict.found(batch.num_rows, shown)
