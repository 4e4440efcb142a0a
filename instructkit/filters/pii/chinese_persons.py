"""Chinese names: a surname and one or two characters, behind a word that a name follows."""

import re

from instructkit.filters.pii.detector import Detector, Span
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
CHINESE_CUES = f"{_FIELDS}|{_ROLES}"
_ENDS = (
    r"(?![\u4e00-\u9fff])|(?=于|在|的|已|，|和|与|先生|女士|小姐|同学|老师|用|向|从|因|来|电话|手机|身份|性别|您|你好)"
)
_TITLED = r"(?=先生|女士|小姐|于[0-9]|[（(]|电话|手机|身份证)"
_NO_NAMES = frozenset(words("zh_no_names"))


def _name(match: re.Match[str]) -> Span | None:
    group = match.lastindex or 0
    name = match[group]
    return None if name in _NO_NAMES or name[:2] in _NO_NAMES or name[-1] in "人裔" else match.span(group)


CHINESE_PERSON = Detector(
    "PERSON",
    CHINESE_CUES,
    re.compile(
        rf"(?:{_FIELDS})(?:是|为)?[:：\s]{{0,3}}{_NAME}(?:{_ENDS})|(?:{_ROLES})(?:[:：]\s{{0,2}}{_NAME}(?:{_ENDS})|{_NAME}{_TITLED})"
    ),
    _name,
)
