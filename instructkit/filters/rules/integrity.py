"""Rules about wholeness: an answer that was cut, left open, or filled in by a template that failed."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Verdict, rule
from instructkit.filters.rules.looking import FENCE, looked_into, mask_of

# words hardly any English sentence ends in; prepositions are left out, for "what it is made of" does
_DANGLING_EN = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "nor",
        "but",
        "because",
        "although",
        "whereas",
        "their",
        "its",
        "our",
        "your",
        "my",
        "during",
    ]
)
_DANGLING_ZH = re.compile(
    r"(因为|由于|所以|因此|但是|但|而且|并且|以及|如果|虽然|尽管|例如|比如|包括|通过|对于|关于|以便|和|与|或|或者|及|在|将|把|被|从|向)$"
)
_OPEN_END = r"[\p{L}\p{N},，、;；(（:：\-–—]\s*$"
_SENTENCE_END = re.compile(r"[.!?。！？…]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_DANGLING_PAIR = re.compile(r"(?:such as|because of|due to|as well as|in order to|, which (?:is|are|was|were))$")
# 和, 在 and other single characters end names and replies too; these end nothing
_DANGLING_PAIR_ZH = re.compile(r"(?:因为|由于|但是|而且|并且|以及|虽然|尽管|例如|比如|包括|对于|以便|[，,；;]并)$")
_UNENDED = re.compile(
    r"(?i)mid-?sentence|unfinished|cut off|cliffhanger|suspense|complete th|continue|戛然|未完|悬念|续写|补全"
)
_LIST_OR_TABLE = re.compile(r"^\s*([-*+•|#>]|\d+[.)、]|[A-Za-z][.)])")


@rule("cut_output", source="ours: Self-Instruct drops an instance that the token limit cut")
def cut_output(instruction: pa.StringArray, output: pa.StringArray) -> Verdict:
    """The output stops in the middle of a sentence."""
    open_end = pc.and_(pc.match_substring_regex(output, _OPEN_END), pc.greater_equal(pc.utf8_length(output), 30))
    return looked_into(open_end, _why_cut, instruction, output)


def _why_cut(instruction: str, output: str) -> str:
    return "" if _UNENDED.search(instruction) else why_cut(output)


def why_cut(text: str) -> str:
    """What tells that a text stops in the middle of a sentence, or ""."""
    text = text.rstrip()
    if text.count(FENCE) % 2 == 0 and text.endswith(FENCE):
        return ""
    line = text.rsplit("\n", 1)[-1].strip()
    if FENCE in text and text.count(FENCE) % 2 == 1:
        return ""  # inside code: open_fence says so
    words = line.split()
    chinese = len(_HAN.findall(line)) > len(line) / 3
    tail = line.rstrip(" ,，、;；(（:：-–—")
    prose = len(_HAN.findall(text)) >= 20 if chinese else len(text.split()) >= 8
    if not prose or _LIST_OR_TABLE.match(line):
        return ""
    if line[-1] in "，、；" and _SENTENCE_END.search(text):
        return f"it ends in {line[-1]!r}"
    if line[-1] == "," and _SENTENCE_END.search(line[:-1]):
        return "it ends in a comma"
    if found := chinese and _DANGLING_PAIR_ZH.search(tail if line[-1] not in "，,；;" else line):
        return f"it ends in {found[0]!r}"
    if chinese and _DANGLING_ZH.search(tail) and _SENTENCE_END.search(line):
        return f"it ends in {tail[-2:]!r}"
    if not chinese and len(words) >= 6 and (found := _DANGLING_PAIR.search(line)):
        return f"it ends in {found[0].lstrip(', ')!r}"
    if not chinese and words and words[-1].lower() in _DANGLING_EN and words[-1].islower() and len(words) >= 6:
        return f"it ends in {words[-1]!r}"
    return ""


@rule("open_fence", source="ours")
def open_fence(output: pa.StringArray) -> Verdict:
    """A fence of code is opened and never closed."""
    fences = np.zeros(len(output), np.int64)
    rows = np.flatnonzero(mask_of(pc.match_substring_regex(output, FENCE)))
    fences[rows] = pc.count_substring_regex(output.take(pa.array(rows)), r"(?m)^[ \t]*```").to_numpy()
    return Verdict.of(fences % 2 == 1, fences)


# what stands between turns where a model is trained or asked: of ChatML, Llama 2 and 3, Alpaca, Vicuna
_MARKERS = (
    r"(?m)<\|(?:im_start|im_end|im_sep|endoftext|end_of_text|begin_of_text|eot_id|eom_id|start_header_id|end_header_id|"
    r"endofprompt|end|user|assistant|system)\|>|</?(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|</s>\s*$|"
    r"^(?:#{2,3} ?(?:Instruction|Response|Input|Human|Assistant) ?[:：]|Human ?:|ASSISTANT ?:|Assistant ?:)"
)
# where turns or such signs are what is asked for
_ABOUT_TURNS = re.compile(
    r"(?i)dialog|conversation|chat|script|interview|transcript|role|story|play|token|template|prompt|format|markup|html|"
    r"llama|对话|聊天|剧本|采访|访谈|角色|故事|模板|提示|标记"
)


@rule(
    "chat_markers", source="ours: a template's signs of ChatML, Llama, Alpaca or Vicuna, learned as part of the answer"
)
def chat_markers(instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray) -> Verdict:
    """The output has a sign that parts turns (<|im_end|>, [/INST], Human:, ### Response:), and nothing asks for it."""
    return looked_into(pc.match_substring_regex(output, _MARKERS), why_marked, instruction, input, output)


def why_marked(instruction: str, input: str, output: str) -> str:
    """The sign between turns that an answer has outside code, or ""."""
    prompt = f"{instruction}\n{input}"
    outside = re.sub(r"`[^`\n]*`", "", "".join(output.split(FENCE)[::2]))
    found = re.search(_MARKERS, outside)
    if not found or found[0].strip() in prompt or _ABOUT_TURNS.search(prompt):
        return ""
    return "" if found[0].startswith("</s>") and "<s>" in output else found[0].strip()


_PLACEHOLDER = r"\{\{[ \t]*[A-Za-z_][\w.]*[ \t]*(\|[^{}]*)?\}\}|\{%-?[ \t]*\w[^{}%]*%\}"
_UNBRACED = r"(?<![\w}^_\\$])"  # a brace before it is LaTeX's, \frac{{a}}{{b}}; a dollar is GitHub's
_ABOUT_TEMPLATES = re.compile(
    r"(?i)jinja|template|mustache|handlebars|\bvue\b|angular|ansible|\bhelm\b|liquid|django|twig|模板|占位|latex"
)
_UNFILLED = ("nan", "<noinput>", "<nooutput>", "<no input>")
_UNFILLED_INPUT = (*_UNFILLED, "NaN", "undefined", "None", "none", "null", "Noinput", "No input")
# where such a word is the answer, or what is asked about
_ABOUT_VALUES = re.compile(
    r"(?i)\b(?:nan|none|null|undefined|inf|print\w*|python|numpy|pandas|float|javascript|console|types?|values?|pinyin)\b"
    r"|拼音|类型|取值|返回|输出什么"
)


@rule("template_leftovers", source="ours; <noinput> is Alpaca's")
def template_leftovers(instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray) -> Verdict:
    """A placeholder that was never filled: {{ name }}, nan, <noinput>."""
    evidence: dict[int, str] = {}
    for column in (instruction, input, output):
        for row in np.flatnonzero(mask_of(pc.match_substring_regex(column, _PLACEHOLDER))).tolist():
            whole = "\n".join(str(part[row]) for part in (instruction, input, output))
            outside = "".join(str(column[row]).split(FENCE)[::2])  # code may hold templates rightly
            found = re.search(_UNBRACED + _PLACEHOLDER, outside)
            if found and not _ABOUT_TEMPLATES.search(whole):
                evidence.setdefault(row, found[0][:40])
    for column, words in ((output, _UNFILLED), (input, _UNFILLED_INPUT)):
        unfilled = mask_of(pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(words)))
        for row in np.flatnonzero(unfilled).tolist():
            said = str(column[row])
            if "<" in said or not _ABOUT_VALUES.search(str(instruction[row])):
                evidence.setdefault(row, said)
    return Verdict.found(len(output), evidence)


COPIED = 60  # characters of an input that is answered by itself: a short one may be right as it stands
# what may leave a text as it is
_LEAVES = re.compile(
    r"(?i)correct|fix|proofread|edit|sort|order|extract|copy|repeat|case|capital|format|grammar|spell|punctuat|clean|trim"
    r"|改正|纠正|修改|修正|校对|排序|提取|抽取|复述|重复|抄写|格式|润色"
)


@rule("output_equals_prompt", source="Self-Instruct drops an instance whose input equals its output")
def output_equals_prompt(instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray) -> Verdict:
    """The output only repeats the instruction, or a long input that was not to be corrected, sorted or copied."""
    said = pc.utf8_trim_whitespace(output)
    filled = pc.greater(pc.binary_length(said), 0)
    same = [pc.and_(filled, pc.equal(pc.utf8_trim_whitespace(column), said)) for column in (instruction, input)]
    evidence = dict.fromkeys(np.flatnonzero(mask_of(same[0])).tolist(), "equals the instruction")
    long = pc.and_(same[1], pc.greater_equal(pc.utf8_length(said), COPIED))
    for row in np.flatnonzero(mask_of(long)).tolist():
        if not _LEAVES.search(str(instruction[row])):
            evidence[row] = "equals the input"
    return Verdict.found(len(output), evidence)
