"""Chinese names: a surname and one or two characters, behind a word that a name follows or in front of a title.

Where something else may as well follow (我是, 病人), or nothing but a title stands behind, the characters must be such
as given names are made of.
"""

import re

from instructkit.filters.pii.detector import Detector, Span, after, before
from instructkit.filters.pii.words import words

_SURNAMES = words("zh_surnames")
_ONE = "".join(name for name in _SURNAMES if len(name) == 1)
_TWO = "|".join(name for name in _SURNAMES if len(name) == 2)
# no word that goes on with the sentence
_GIVEN = r"(?![于在的已是和与用向从因来称说这那不]|先生|女士|小姐|同学|老师|性别|年龄)[\u4e00-\u9fff]"
_NAME = rf"((?:{_TWO}|[{_ONE}]){_GIVEN}(?:{_GIVEN})?)"
# behind these a name follows, and nothing else does
_FIELDS = (
    r"姓名|我叫|我的名字[是叫]|收件人|收货人|寄件人|发件人|联系人|持卡人|户名|开户人|申请人|投保人|"
    r"被保险人|法定代表人|经办人|签收人|借款人"
)
# behind these it may: a colon in between or a title behind decides
_ROLES = r"客户|患者|病人|车主|业主|乘客|旅客|考生|学员|员工|当事人|签名|名字"
_ENDS = (
    r"(?![\u4e00-\u9fff])|(?=于|在|的|已|，|和|与|先生|女士|小姐|同学|老师|用|向|从|因|来|电话|手机|身份|性别|您|你好)"
)
_TITLED = r"(?=先生|女士|小姐|于[0-9]|[（(]|电话|手机|身份证)"
_NO_NAMES = frozenset(words("zh_no_names"))


def _name(match: re.Match[str]) -> Span | None:
    group = match.lastindex or 0
    name = match[group]
    return None if name in _NO_NAMES or name[:2] in _NO_NAMES or name[-1] in "人裔" else match.span(group)


def _likely(match: re.Match[str]) -> Span | None:
    """A name that is no other word, and not one that everybody knows; no beginning of a foreign one, as 苏珊·茨万."""
    group = match.lastindex or 1
    name = match[group]
    if name in _KNOWN or name[:2] in _NOT_LIKELY or after(match, 1) in _DOTS:
        return None
    return match.span(group)


def _titled(match: re.Match[str]) -> Span | None:
    """A name in front of a title, where a word ends in front of it: 浙江语文老师 holds none."""
    front = before(match, 1)
    return _likely(match) if not "\u4e00" <= front <= "\u9fff" or front in _ENDINGS else None


def _another(match: re.Match[str]) -> Span | None:
    """Behind a word for a person; a name of two characters must not go on with a third that is rare in names."""
    if match.string[match.start() - 1 : match.start() + 2] in ("妇女儿", "少女儿"):  # as in 妇女儿童
        return None
    behind = after(match, 1)
    open_ended = len(match[1]) == 2 and "\u4e00" <= behind <= "\u9fff" and behind not in _BEHIND
    return None if open_ended else _likely(match)


# as a person speaks of himself and of others he knows, and as an office speaks of those it deals with
_LIKELY = rf"((?:{_TWO}|[{_ONE}])[{''.join(words('zh_given'))}]{{1,2}})"
_OTHERS = (
    r"病人|患者|业主|车主|学生|同学|同事|员工|司机|医生|护士|房东|租客|租户|班主任|嫌疑人|被告|原告|被告人|证人|报警人|投诉人|面试者|"
    r"候选人|收票人|委托人|受托人|监护人|家长|邻居|朋友|老公|老婆|丈夫|妻子|儿子|女儿|爸爸|妈妈|父亲|母亲|弟弟|哥哥|姐姐|妹妹|师傅|"
    r"律师|经理|老板|客户|用户|考生|学员|乘客|旅客|转账给|汇款给|打款给|被保人"
)
_TITLES = r"先生|女士|小姐|太太|夫人|老师|医生|大夫|教授|师傅|律师|经理|主任|同学|阿姨|护士|警官|教练|总监|同志"
_DOTS = frozenset("·•・")
_ENDINGS = frozenset(
    "是为请找跟和与及给对向让由问的了到在询谢位敬过见户者员人电系迎知叫名约复帮助听属把将被替教受访会主长"
)
_BEHIND = frozenset(
    "于在的已是和与用向从因来称说这那不先女小同老性年电手身您你也被要将把有对反昨今明上下去给为就才又都没很正刚曾与及等到"
    "住自打建认表提申请求通入出转需希想能应可会得并后前中及或"
)
_SELF = r"我是|本人"
_PARTIES = r"[甲乙丙]方|签字|签名|签章|盖章"
_NOT_LIKELY = _NO_NAMES | frozenset(words("zh_other_words"))
_KNOWN = frozenset(words("zh_known"))
CHINESE_CUES = f"{_FIELDS}|{_ROLES}"
CHINESE_INTRODUCED = f"{_OTHERS}|{_SELF}|{_TITLES}|{_PARTIES}"

CHINESE_PERSON = Detector(
    "PERSON",
    CHINESE_CUES,
    re.compile(
        rf"(?:{_FIELDS})(?:是|为)?[:：\s]{{0,3}}{_NAME}(?:{_ENDS})|(?:{_ROLES})(?:[:：]\s{{0,2}}{_NAME}(?:{_ENDS})|{_NAME}{_TITLED})"
    ),
    _name,
)
CHINESE_INTRODUCTIONS = (
    Detector(
        "PERSON",
        f"{_PARTIES}|{_SELF}",
        re.compile(
            rf"(?:{_SELF})叫?{_LIKELY}(?=[，。！,.!、；;：:\s（(]|\x00|\Z|来自|住|系|于|因|自愿|身份证|先生|女士|老师|"
            rf"的(?:爸|妈|家长|丈夫|妻子|父|母))"
            rf"|(?:{_PARTIES})(?:[)）]|[(（](?:签字|签名|签章|盖章)[)）])?[:：]\s{{0,3}}{_LIKELY}(?![\u4e00-\u9fff])"
        ),
        _likely,
    ),
    Detector("PERSON", _OTHERS, re.compile(rf"(?:{_OTHERS})(?:名叫|叫|是|[:：])?{_LIKELY}"), _another),
    Detector(
        "PERSON",
        _TITLES,
        re.compile(rf"{_LIKELY}(?={_TITLES})"),
        _titled,
    ),
)
