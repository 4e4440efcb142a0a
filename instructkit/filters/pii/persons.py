"""Names of persons, where somebody introduces himself, signs, or a field is for a name.

A name alone is never enough: Mr. Smith of a maths problem is nobody's datum.
"""

import re

from instructkit.filters.pii.detector import Detector, Family, Span, before

# the commonest surnames of China, those of two characters first
_COMPOUND = "欧阳|上官|司马|诸葛|皇甫|东方|尉迟|公孙|令狐|慕容|司徒|夏侯|端木|轩辕|宇文|长孙|南宫|独孤"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤柴瞿纪樊褚凌霍耿章庞游葛柏穆缪裴聂焦齐安"
    "易乔伍庄翟鲁康殷施洪俞牛辛路倪窦甘简鄢尤桂娄卞芦宁柳祝阮欧尚谷车涂苗桑左华项关代温靳申岳祁管包蓝冷邢季应涂宫米凤盛卓童屈"
    "解古符单车鞠甄官晏隋鲍费岑滕毕骆席栾池连蒙迟佟仇滑敖闵詹丛蔺干成喻奚舒党牟晋和门花苟冉覃全巫虞巩印连明智颜赖萧禹阎傅蒲亓楚佘劳茹卫褚尉凤匡桓湛臧茅屠阙蓬燕戚兰麻诸储靖糜松隗乌焦巴牧隆仲伊贡逄荆游竺权盖益原"
)
_GIVEN = r"(?![于在的已是和与用向从因来称说])[\u4e00-\u9fff]"
# what may follow a name at once; else it must end where the Han letters do
_FOLLOWS = r"(?![\u4e00-\u9fff])|(?=于|在|的|已|，|和|与|先生|女士|小姐|同学|老师|用|向|从|因|来|称|说|电话|手机|身份|您|你好|收|，)"
_ZH_CUES = (
    r"姓名(?:是|为)?|名字(?:是|叫|为)|我叫|我的名字是|收件人|收货人|寄件人|发件人|联系人|持卡人|户名|开户人|申请人|投保人|被保险人|"
    r"法定代表人|经办人|客户|患者|病人|车主|业主|本人|乘客|旅客|考生|学员|员工|签收人|签名|借款人|当事人"
)
_NOT_NAMES = frozenset(
    "关系 方面 方案 方式 方法 方向 安全 成功 成本 成员 成为 时间 包括 全部 全体 全面 金额 高级 高度 明确 明细 智能 智慧城 和谐 任务 任何 "
    "于是 应该 应用 应当 管理 关于 关注 关心 代表 代理 代码 支付 解决 解释 单位 单独 连接 连续 路线 路径 向量 温度 经理 程序 简单 简介 "
    "简历 华为 白天 向您 尤其 应付 包裹 平台 尚未 何时 何人 何地 章节 符合 左右 严重 严格 洪水 万一 江苏 江西 宁夏 甘肃 广东 山东 "
    "安徽 云南 方便 康复 施工 车牌 车辆 车型 和客户 武器 石油 金融 金属 黄金 白色 黄色 米饭 花费 花园 党员 门口 门票 史上 尚可 钱包".split()
)

_TOKEN = r"[^\W\d_a-z][^\W\d_]{0,20}(?:['’-][^\W\d_]{1,20})?"
_NAME = rf"({_TOKEN}(?: (?:{_TOKEN}|[A-Z]\.|de|van|von|der|la|bin|al|da|dos)){{1,3}})(?![^\W_]|['’][^\W\d_]{{3}})"
_FIELDS = (
    r"[Nn]ames?|NAME|[Hh]older|[Rr]ecipient|[Bb]eneficiary|[Cc]ontact(?: [Pp]erson)?|[Aa]ttn\.?|[Aa]ttention|[Pp]atient|[Ee]mployee|"
    r"[Cc]ustomer|[Cc]lient|[Aa]pplicant|[Tt]enant|[Ss]igned(?: by)?|[Ss]ender|[Pp]ayee|[Ii]nsured|[Gg]uest|[Pp]assenger|[Bb]orrower|"
    r"[Cc]ardholder|[Ee]mergency [Cc]ontact"
)
_CLOSINGS = r"[Rr]egards|[Ss]incerely|[Bb]est wishes|[Bb]est|[Cc]heers|[Yy]ours truly|[Yy]ours faithfully|[Tt]hanks|[Tt]hank you|[Ll]ove|[Yy]ours"
_TITLE = r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? )?"
# words that make a capitalized phrase no name
_NO_NAME = frozenset(
    "the your you my our his her their a an and or of for in on at to is are not no yes i we he she it this that there "
    "customer client team support service services company inc ltd llc corp corporation group bank department dept office "
    "manager director president name first last full address phone email date number account card product project university "
    "college school institute center centre committee council association society club hotel restaurant store shop sales marketing "
    "human resources hiring sir madam friend friends everyone all new old north south east west united states english chinese "
    "editor staff member members user admin system software street road avenue city country mr mrs ms miss dr prof "
    "recommendations january february march april may june july august september october november december monday tuesday "
    "wednesday thursday friday saturday sunday unknown none test example anonymous".split()
)


def _english(match: re.Match[str]) -> Span | None:
    start, end = match.span(1)
    words = match[1].split(" ")
    while words and words[-1].lower() in _NO_NAME | {"de", "van", "von", "der", "la", "bin", "al", "da", "dos"}:
        end -= len(words.pop()) + 1
    if len(words) < 2 or any(word.lower().strip(".") in _NO_NAME for word in words):
        return None
    if any(word[0] > "\u024f" for word in words) or not all(word[0].isupper() for word in (words[0], words[-1])):
        return None  # other scripts have their own forms
    shouted = sum(word.isupper() and len(word) > 2 for word in words)
    return (start, end) if shouted in (0, len(words)) else None


def _chinese(match: re.Match[str]) -> Span | None:
    name = match[1]
    return None if name in _NOT_NAMES or name[:2] in _NOT_NAMES else match.span(1)


_FIELD = re.compile(rf"(?<![A-Za-z])(?:{_FIELDS})[ \t]{{0,2}}\Z")


def _field(match: re.Match[str]) -> Span | None:
    """A name behind a colon, where a field for a name stands in front of it."""
    return _english(match) if _FIELD.search(before(match, 20)) else None


PERSON = Family(
    rf"[Nn]ame(?: is|'s) |older |(?:{_FIELDS}) {{0,2}}[:：]|(?:{_CLOSINGS})[,.!]?\s*\n|[Dd]ear |{_ZH_CUES}",
    (
        Detector("PERSON", r"name(?: is|'s) [^a-z\d]", re.compile(rf"name(?: is|'s) {_TITLE}{_NAME}"), _english),
        Detector(
            "PERSON",
            r"older(?:'s name)?(?: is)? [^a-z\d]",
            re.compile(rf"older(?:'s name)?(?: is)? {_TITLE}{_NAME}"),
            _english,
        ),
        Detector(
            "PERSON",
            rf"(?:{_FIELDS}) {{0,2}}[:：]\s*[^a-z\d\s]",
            re.compile(rf"[:：]\s{{0,8}}{_TITLE}{_NAME}"),
            _field,
        ),
        Detector(
            "PERSON",
            rf"(?:{_CLOSINGS})[,.!]?\s*\n",
            re.compile(rf"(?:{_CLOSINGS})[,.!]?[ \t]{{0,4}}\n\s{{0,4}}{_TITLE}{_NAME}(?=\s*(?:\n|\x00|\Z|,))"),
            _english,
        ),
        Detector("PERSON", r"[Dd]ear ", re.compile(rf"[Dd]ear {_TITLE}{_NAME}(?=[,:\n])"), _english),
        Detector(
            "PERSON",
            _ZH_CUES,
            re.compile(
                rf"(?:{_ZH_CUES})[:：\s]{{0,3}}((?:{_COMPOUND}){_GIVEN}(?:{_GIVEN})?|[{_SURNAMES}]{_GIVEN}(?:{_GIVEN})?)(?:{_FOLLOWS})"
            ),
            _chinese,
        ),
    ),
)
