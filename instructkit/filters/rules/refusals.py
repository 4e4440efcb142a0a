"""Answers that refuse, and answers that speak as some company's model."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from instructkit.filters.rule import Columns, Verdict, derived, rule
from instructkit.filters.rules.looking import looked_into

_HELP = (
    r"(?:assist|help(?! but)|provide|fulfil+|comply|generate|create|write|answer|process|perform|access|browse|open|"
    r"complete|engage|respond|produce|offer|do that|do this)\b"
)
_CANNOT = (
    r"(?:i )?(?:can ?not|can'?t|won'?t|will not|am unable to|'?m unable to|am not able to|'?m not able to|"
    r"do(?:n'?t| not) have (?:the (?:ability|capability)|access) (?:to )?)"
)
_SORRY = (
    r"(?:(?:i'?m|i am) (?:very |so |truly |really )?(?:sorry|afraid)|sorry|unfortunately|(?:my )?apologies|"
    r"i apologi[sz]e)"
)
_AI = r"(?:ai|artificial intelligence|(?:large )?language model)"
# at the beginning of an answer
_REFUSES_EN = re.compile(
    rf"(?i)\W*(?:{_SORRY},? ?(?:but )?,? ?(?:as an? [\w ]{{2,40}}, ?)?(?:that )?i? ?{_CANNOT} {_HELP}"
    rf"|as an? {_AI}\b[^.\n]{{0,60}}?\bi? ?{_CANNOT}"
    r"|i (?:must|have to) (?:decline|refuse)\b"
    rf"|i {_CANNOT} (?:assist|help you|help with|fulfil+|comply|provide|generate|create|engage|"
    r"answer (?:this|that|your)))"
)
_CANNOT_ZH = r"(?:无法|不能|没有办法|没办法|没有能力|不具备)"
_REFUSES_ZH = re.compile(
    r"[^\w]*(?:(?:非常|很|十分)?(?:抱歉|遗憾)|对不起|不好意思)[，,。 ]*(?:但是?)?(?:作为[^，。\n]{2,30}[，,])?我?"
    rf"(?:目前)?{_CANNOT_ZH}(?:为您|为你|给您|给你|直接)?"
    r"(?:提供|回答|帮助|协助|满足|完成|生成|执行|浏览|访问|查看|进行|写|创建|给出|处理|理解|识别|播放|打开|推荐|继续|做到)"
    r"|[^\w]*(?:(?:非常|很|十分)?抱歉|对不起|不好意思|您好)?[，,。 ]*(?:这个问题)?"
    r"我(?:暂时|目前|现在)?(?:不能|没法|无法|不太?方便|不便)(?:回答|(?:讨论|谈论|提供)(?:您|你)?的?(?:这个|该|此|这样的|这类)?(?:问题|话题|请求|内容))"
    rf"|[^\w]*作为(?:一个|一名|一款|一种)?(?:AI|人工智能|大?语言模型)[^。\n]{{0,30}}{_CANNOT_ZH}"
)
_MAY_REFUSE = (
    r"(?i)^[\s\pP]*(?:i['’]?m|i am|i can['’ n]|i won|i must|i have to|i will not|i do|sorry|"
    r"unfortunately|my apolog|apolog|i apolog|"
    r"as an? (?:ai|artificial|large|language)|(?:非常|很|十分)?(?:抱歉|遗憾)|对不起|不好意思|您好|"
    r"这个问题我|我(?:暂时|目前|现在)?(?:不|没|无)|"
    r"作为.{0,8}(?:AI|人工智能|语言))"
)


# prompts to which words of refusal may be the right answer
_ASKS_FOR_WORDS = re.compile(
    r"(?i)translat|rewrite|paraphras|rephras|\bsays?\b|repl(?:y|ies)|respond|role|pretend|act as|e-?mail|message|"
    r"letter|story|dialog|conversation|apolog|refus|phrase|sorry|can'?t (?:you )?(?:help|do)|"
    r"limitation|不能做|做不到|局限|"
    r"翻译|改写|回复|扮演|对话|道歉|拒绝|邮件|短信|怎么说"
)


@derived
def may_refuse(columns: Columns) -> pa.BooleanArray:
    """The rows in which a refusal may be wanted: a system prompt or tools say what the model can do."""
    told = pc.not_equal(columns["system"], "")
    tools = columns.optional("tools")
    if tools is None:
        return told
    has_tools = pc.is_valid(tools)
    if pa.types.is_string(tools.type):
        has_tools = pc.and_(has_tools, pc.invert(pc.is_in(tools, value_set=pa.array(["", "[]", "null"]))))
    return pc.or_(told, has_tools)


@rule("refusal", source="ours: ShareGPT-derived sets are cleaned of them by hand (Vicuna's unfiltered sets)")
def refusal(
    may_refuse: pa.BooleanArray, instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray
) -> Verdict:
    """The output begins by refusing (I'm sorry, but I cannot help; 很抱歉，我无法), and nothing asks for such words."""
    asked = pc.and_(pc.invert(may_refuse), pc.match_substring_regex(output, _MAY_REFUSE))
    return looked_into(asked, _why_refused, instruction, input, output)


def _why_refused(instruction: str, input: str, output: str) -> str:
    return "" if _ASKS_FOR_WORDS.search(f"{instruction}\n{input}") else why_refusal(output)


def why_refusal(output: str) -> str:
    """The words by which an answer refuses at its beginning, or ""."""
    start = output[:300].replace("’", "'")
    found = _REFUSES_EN.match(start) or _REFUSES_ZH.match(start)
    return found[0].strip() if found else ""


_MAKERS = r"(?:openai|anthropic|google|meta ai|microsoft|deepseek|baidu|alibaba|mistral)"
_MODEL = r"(?:an? )?(?:ai|artificial intelligence|(?:large )?language) (?:language )?(?:model|assistant|chatbot)"
_MODEL_ZH = (
    r"(?:一个|一名|一款|一种)?(?:由[^，。\n]{2,20}(?:开发|训练|创建)的)?(?:AI|人工智能|大型?语言)(?:语言)?"
    r"(?:模型|助手|助理|程序|机器人)"
)
_IDENTIFIES = (  # for RE2 and for Python
    rf"(?i)\bas {_MODEL},? (?:i\b|i'm|it is not|my )"
    rf"|\b(?:sorry|apologi[sz]e|unfortunately)[^.\n]{{0,20}}\bas {_MODEL}\b"
    rf"|\bas {_MODEL} (?:developed|created|made|trained|built) by\b"
    rf"|\bi(?:'m| am) (?:just |only |actually )?{_MODEL}\b|\bi(?:'m| am) (?:chatgpt|gpt-?\d|claude|bard|gemini)\b"
    rf"|\bi (?:am|was|have been) (?:developed|created|made|built) by {_MAKERS}\b"
    r"|\bi (?:am|was) trained by (?:openai|anthropic)\b"
    r"|\bmy (?:knowledge|training data) (?:cut-?off|only goes up to|was last updated)"
    r"|\bas of my last (?:knowledge |training )?update\b"
    rf"|作为{_MODEL_ZH}[，,]?(?:我|本人)|我(?:只)?是{_MODEL_ZH}|我是(?:ChatGPT|文心一言|通义千问|DeepSeek)|我的知识截止"
)
# questions to which it is the right answer
_ASKED = re.compile(
    r"(?i)\b(?:who|what) (?:exactly )?(?:are|r) you\b|\bwho you are\b|\byour name\b|\byou have a name\b|\babout you\b"
    r"|\b(?:made|created|built|trained|developed|owns?|programmed|taught|designed|coded|behind) you\b"
    r"|\bwho am i\b|\bwh(?:ich|at) (?:company|firm|organi[sz]ation|team|model|version)\b[^.?!\n]{0,30}\byou\b"
    r"|\bare you (?!(?:able|sure|ready|familiar|aware|going|willing|there)\b)"
    r"|\bdo you (?:have|feel|call|use|love|dream|sleep|eat|think|believe|want|experience|get|consider|like|know who)\b"
    r"|\A\W*(?:hi|hello|hey|good (?:morning|evening))\b.{0,20}\s*\Z"
    r"|\b(?:about|introduce|describe) yourself\b|\byou called\b|\bcall you\b"
    r"|你(?:到底)?是(?:不是|谁|什么|人|机器|ChatGPT)|你(?:叫|的名字)|(?:介绍|描述)(?:一下)?(?:你)?自己"
    r"|\A\W*(?:你|您)好.{0,6}\s*\Z|你(?:有|会)(?:没有)?(?:感情|意识|情感|感觉)|你(?:来自|属于)"
    r"|谁(?:创造|开发|训练|制造)|自我介绍|怎么称呼|来自哪里"
)


@rule("self_identification", source="ours: as above; a model tuned on it claims to be another")
def self_identification(instruction: pa.StringArray, input: pa.StringArray, output: pa.StringArray) -> Verdict:
    """The output speaks as an AI model (As an AI; 作为一个人工智能), and the prompt neither asks nor says so."""
    return looked_into(pc.match_substring_regex(output, _IDENTIFIES), why_identified, instruction, input, output)


def why_identified(instruction: str, input: str, output: str) -> str:
    """The words by which an answer speaks as a model, or "" where the prompt asks who it is, or has them too."""
    found = re.search(_IDENTIFIES, output)
    if not found:
        return ""
    prompt = f"{instruction}\n{input}"
    return "" if found[0].lower() in prompt.lower() or _ASKED.search(prompt) else found[0]
