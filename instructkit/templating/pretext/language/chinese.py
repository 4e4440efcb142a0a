"""Chinese words, their classes, and names; segmentation by jieba's dictionary (rjieba)."""

import functools
import itertools
import re

from instructkit.templating.pretext.language.mention import Mention, apart
from instructkit.templating.pretext.language.wordlists import words

CONTENT_TAGS = ("n", "v", "a", "i", "l", "j")  # nouns, verbs, adjectives, idioms, set phrases, short forms
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦"
    "付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱严覃武戴莫孔汤温康施牛樊葛邢齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳"
)
PRONOUNS = (
    "他", "她", "它", "其", "此", "该", "这", "那", "本", "我", "你", "您", "咱", "双方", "两者", "前者", "后者",
    "当时", "同年",
)  # fmt: skip
LINKS = (
    "但", "而", "因此", "所以", "然而", "不过", "于是", "随后", "后来", "之后", "此后", "同时", "另外", "此外", "其中",
    "接着", "并", "也", "最后", "最终", "结果", "例如", "比如", "尽管如此", "另一方面", "同样",
)  # fmt: skip

_HAN = re.compile(r"[\u4e00-\u9fff]+")
# the characters that spell foreign names, without those that are words of their own between names (于, 以, 和)
_SPELLING = (
    "阿埃艾爱安昂奥巴白柏班邦保鲍贝本比彼毕宾波伯博布策查昌达戴丹道德登邓迪底蒂丁东都杜多厄恩尔法凡范菲费芬丰佛弗夫福盖干冈高戈哥格葛根贡古瓜哈海汉翰豪"
    "赫黑亨洪侯胡华怀惠霍基吉加嘉贾简江杰金津京喀卡开凯坎康考柯科克肯孔库夸奎昆拉莱赖兰朗劳勒雷黎里理利莉丽连廉林琳留龙娄卢鲁露路伦隆罗洛马玛迈麦曼芒毛茂梅"
    "门蒙孟弥米密敏明摩莫墨默姆木穆拿娜纳乃奈南内尼年妮宁涅纽农奴努诺欧帕派潘庞培佩彭蓬皮匹平珀普奇齐契恰强乔切钦琴青丘屈瑞让热仁日荣儒若撒萨赛塞桑瑟森莎沙"
    "山珊尚绍舍申生圣施石什史士斯丝司思松苏素所索塔太泰坦汤唐陶特腾提甜廷通图土托瓦歪万汪旺威韦维魏温文翁沃乌吾武伍西希悉席锡夏香肖歇谢辛欣兴幸匈休修许逊雅"
    "亚延扬杨尧耶叶依伊易因英永尤约赞泽扎詹章珍真芝治智朱卓兹子宗祖佐"
)
_FOREIGN_NAME = re.compile(f"[{_SPELLING}]{{1,7}}(?:[·•][{_SPELLING}]{{1,8}})+")
_TITLED = re.compile(
    "(?:教授|总统|主席|总理|导演|演员|作家|歌手|诗人|画家|博士|校长|将军|市长|首相|国王|皇帝|经济学家|科学家|物理学家|数学家|历史学家|记者|主教|大使|部长|"
    "书记|院长|医生|律师|编剧|建筑师|设计师|作曲家)$"
)
_HONOURED = re.compile("先生|女士|小姐|教授|博士|夫人|爵士|（\\d{4}年|\\(\\d{4}年")
_DATE = re.compile(r"(?<!\d)\d{4}年\d{1,2}月\d{1,2}日")
_MONTH = re.compile(r"(?<!\d)\d{4}年\d{1,2}月(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:1[0-9]{3}|20[0-9]{2})年(?![\d代级间来])")
_NUMBER = re.compile(
    r"(?<![\d.,:/\-第零一二三四五六七八九十百千万])(\d+(?:,\d{3})*(?:\.\d+)?[万亿]?)"
    r"(?=(?:平方公里|平方米|公里|公顷|公斤|英里|英尺|米|吨|元|人|名|个|位|座|条|所|家|次|层|部|集|场|艘|架|辆|岁|小时|分钟|天)(?!月))"
)
_MEASURE = re.compile(
    r"平方公里|平方米|公里|公顷|公斤|英里|英尺|小时|分钟|[米吨元人名个位座条所家次层部集场艘架辆岁天]"
)


@functools.lru_cache(maxsize=1024)
def tagged(text: str) -> list[tuple[str, str]]:
    """The words of a text with their parts of speech as in jieba's dictionary (n, v, a, nr, ns, nt, m, t, ...).

    Only words of the dictionary: guesses at unknown ones join names to what stands beside them.
    """
    import rjieba

    found: list[tuple[str, str]] = rjieba.tag(text, False)
    return found


_TITLES = re.compile("《[^》]*》|「[^」]*」")


def content_words(text: str) -> list[str]:
    """Nouns, verbs and adjectives of two or more characters, in order, each once."""
    stop = words("zh_stopwords")
    found = [
        word
        for word, tag in tagged(_TITLES.sub("，", text))
        if len(word) > 1 and tag[:1] in CONTENT_TAGS and tag[:2] != "nr" and word not in stop and _HAN.fullmatch(word)
    ]
    return list(dict.fromkeys(found))


def mentions(sentence: str) -> list[Mention]:
    """The names, dates and numbers of a sentence, none inside another, in order."""
    found: list[Mention] = []
    for pattern, kind in ((_DATE, "date"), (_MONTH, "month"), (_YEAR, "year"), (_NUMBER, "number")):
        found += [Mention(one.group(), kind, one.start()) for one in pattern.finditer(sentence)]
    found += _foreign_names(sentence)
    found += _names(sentence)
    return apart(found)


def _foreign_names(sentence: str) -> list[Mention]:
    """Names with a dot inside, where a word or a mark ends right before them: else a part of the name is missing."""
    found: list[Mention] = []
    if "·" not in sentence and "•" not in sentence:
        return found
    ends = set(itertools.accumulate(len(word) for word, _ in tagged(sentence)))
    for one in _FOREIGN_NAME.finditer(sentence):
        text = one.group()
        while text and one.start() + len(text) not in ends:  # its last character begins another word
            text = text[:-1]
        if _FOREIGN_NAME.fullmatch(text) and (  # what is left may be half a name, or none
            one.start() == 0
            or not "\u4e00" <= sentence[one.start() - 1] <= "\u9fff"
            or _ENDS_WORD.search(sentence, 0, one.start())
        ):
            found.append(Mention(text, "person", one.start()))
    return found


_ENDS_WORD = re.compile(
    "(?:[由和与是被将对让为给向从而但在及或的把]|主席|总统|总理|教授|作家|导演|演员|总监|经理|领袖|人|家|者|员|师|长|王|后|子|女|兄|弟|妹|父|母|妻|夫|手|官|士|帅)$"
)


def _names(sentence: str) -> list[Mention]:
    found: list[Mention] = []
    listed = tagged(sentence)
    start = 0
    for place, (word, tag) in enumerate(listed):
        if tag == "ns" and (word in words("zh_places") or _PLACE.search(word)):
            found.append(Mention(word, "place", start))
        elif tag == "nt" and _ORGANISATION.search(word):
            found.append(Mention(word, "organisation", start))
        elif tag == "nr" and word[0] in SURNAMES and len(word) in (2, 3):
            behind, kind = listed[place + 1] if place + 1 < len(listed) else ("", "")
            whole = word + behind if len(word) == 2 and kind == "nr" and len(behind) == 1 else word
            # the dictionary takes many a common word for a name: what stands beside it must say so too
            if _TITLED.search(sentence, 0, start) or _HONOURED.match(sentence, start + len(whole)):
                found.append(Mention(whole, "person", start))
        start += len(word)
    return found


_PLACE = re.compile("..[省市县区国州镇村山河湖岛洲海港湾]$")
_ORGANISATION = re.compile(
    "..(?:大学|学院|公司|集团|银行|协会|委员会|组织|党|局|中学|小学|医院|研究所|研究院|俱乐部|议会|法院|基金会|联盟)$"
)


_POINTS = re.compile("[他她它这那其此]|该|本[书片站校港区市]|上述|下列|如下|前者|后者|另一")
_BEFORE_SUBJECT = frozenset("mtxfq")  # parts of speech of a date, and of marks
_IN_DATES = ("在", "于", "自", "从", "年", "月", "日", "约", "当")
_WHEN = re.compile("(?:期|时|周|初|间|后|前|末|底|季|年代|以来|其中|同时|最初|当时|目前|现时|今日|今天|现在)$")


def has_subject(clause: str) -> bool:
    """Whether the first part that is more than a date or an adverbial opens with a noun."""
    told = (opens_with_noun(part) for part in clause.split("，"))
    return next((found for found in told if found is not None), False)


def opens_with_noun(part: str) -> bool | None:
    """Whether the first word of a part of a sentence, but for dates, is a noun; None where it tells only when."""
    rest = [(word, tag) for word, tag in tagged(part.strip()) if word.strip()]
    while rest and ((rest[0][1][0] in _BEFORE_SUBJECT and not rest[0][0].isascii()) or rest[0][0].isdigit()
                    or rest[0][0] in _IN_DATES):  # fmt: skip
        rest = rest[1:]
    if not rest or _WHEN.search(part) or _WHEN.search(rest[0][0]):
        return None
    return rest[0][1][0] in "nijls" or (rest[0][0].isascii() and rest[0][0][0].isupper())


_NO_START = ("后", "赴", "曾", "又", "再", "还", "亦", "由", "为", "被", "将", "把")


def states(sentence: str) -> bool:
    """Whether a sentence has a subject and a verb, and points to nothing before it."""
    if _POINTS.search(sentence) or sentence.startswith(_NO_START) or not has_subject(sentence.rstrip("。！")):
        return False
    return any(tag[0] == "v" for _, tag in tagged(sentence))


def measure_after(sentence: str, mention: Mention) -> str:
    """The measure word behind a number."""
    found = _MEASURE.match(sentence, mention.end)
    return found.group() if found else ""


def leans_back(sentence: str) -> bool:
    """Whether a sentence can't be understood without those before it: it opens with a pronoun or a link."""
    return sentence.startswith(PRONOUNS) or sentence.startswith(LINKS)
