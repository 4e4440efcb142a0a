"""Questions about a name, a year or a number of a sentence, where it can be asked for in good grammar.

English sentences are asked by a few patterns (subject, year, place, number); Chinese ones keep their order, the
question word in the place of what is asked.
"""

import re
from typing import NamedTuple

from instructkit.templating.pretext.document import Passage
from instructkit.templating.pretext.draws import Draws
from instructkit.templating.pretext.language.chinese import has_subject, measure_after, opens_with_noun, tagged
from instructkit.templating.pretext.language.english import OPENERS as ENGLISH_OPENERS
from instructkit.templating.pretext.language.mention import Mention
from instructkit.templating.pretext.language.wordlists import pairs, words


class Question(NamedTuple):
    """A question, its answer, what kind of thing this is, and how it was made."""

    question: str
    answer: str
    kind: str
    why: str


_SUBJECT = r"(?P<subject>(?:The |A |An )?[^,;:()?!“”\"]{3,70}?)"
_BE = r"(?P<verb>was|were|is|are)"
# a participle and what belongs to it
_DONE = r"(?P<rest>(?:[a-z]+ly |first )?[a-z]+(?:ed|en|wn|lt|nt|ld|ught|de|st|ad|ut|t)\b[^,;:()?!“”\"]{0,80}?)"
_WAS_DONE_IN = re.compile(rf"^{_SUBJECT} {_BE} {_DONE} in$")
_WAS_DONE_ON = re.compile(rf"^{_SUBJECT} {_BE} {_DONE} on$")
_DID_IN = re.compile(rf"^{_SUBJECT} (?P<verb>[a-z]+) (?P<rest>[^,;:()?!“”\"]{{4,90}}?) in$")
_DID_ON = re.compile(rf"^{_SUBJECT} (?P<verb>[a-z]+) (?P<rest>[^,;:()?!“”\"]{{4,90}}?) on$")
_PLACED = (
    "born|located|situated|based|held|built|founded|buried|educated|raised|headquartered|established|signed|fought|filmed|"
    "discovered|invented"
)
_WAS_PLACED = re.compile(rf"^{_SUBJECT} {_BE} (?P<rest>(?:{_PLACED})(?: [^,;:()?!“”\"]{{0,60}}?)?) (?:in|at|near)$")
_HAS = re.compile(
    rf"^{_SUBJECT} (?P<verb>has|have|had|contains|contained|includes|included|employs|employed) "
    r"(?:about |around |over |more than |approximately |some |only )?$"
)
_TELLS_MORE = re.compile(r"\d{4}|\band (?:was|were|is|are|had|has)\b|\b(?:compared|from|than)\b")  # of another time
_COUNTED = re.compile(r"^ (?P<what>(?:[a-z]+ ){0,2}[a-z]+s)(?=[ ,.;])")


_LEANS = re.compile(r"\b(?:the same|such|this|these)\b")


def questions(sentence: str, passage: Passage, draws: Draws) -> list[Question]:
    """The questions that a sentence answers, each about something that stands in it once, in random order."""
    if not passage.stands_alone(sentence):
        return []
    ask = _ask_chinese if passage.is_chinese else _ask_english
    found = [ask(sentence, one) for one in passage.mentions(sentence) if sentence.count(one.text) == 1]
    return draws.shuffled([one for one in found if one is not None and not _LEANS.search(one.question)])


def _ask_english(sentence: str, one: Mention) -> Question | None:
    before, behind = sentence[: one.start], sentence[one.end :]
    ends = re.match(r"[.,;]| (?:by|at|and|when|after|as)\b", behind) is not None
    if one.kind in ("year", "month") and ends:
        word = "In which year" if one.kind == "year" else "When"
        return _asked_by(_WAS_DONE_IN, before, one, word) or _did(_DID_IN, before, one, word)
    if one.kind == "date" and ends:
        return _asked_by(_WAS_DONE_ON, before, one, "On which day") or _did(_DID_ON, before, one, "On which day")
    if one.kind == "place" and re.match(r"[.,]", behind):
        return _asked_by(_WAS_PLACED, before, one, "Where")
    if one.kind == "number":
        return _how_many(before, one, behind)
    if one.kind in ("person", "organisation") and not before:
        return _subject(sentence, one, behind)
    return None


def _asked_by(pattern: "re.Pattern[str]", before: str, one: Mention, word: str) -> Question | None:
    found = pattern.match(before.rstrip())
    if found is None or not _names_something(found["subject"]) or _TELLS_MORE.search(found["rest"]):
        return None
    subject = _in_sentence(found["subject"])
    rest = found["rest"].strip()
    return Question(
        f"{word} {found['verb']} {subject} {rest}?", one.text, one.kind, f"the {one.kind} {one.text} is asked for"
    )


def _did(pattern: "re.Pattern[str]", before: str, one: Mention, word: str) -> Question | None:
    found = pattern.match(before.rstrip())
    base = "" if found is None else pairs("en_verbs_past").get(found["verb"], "")
    if found is None or not base or not _names_something(found["subject"]) or _TELLS_MORE.search(found["rest"]):
        return None
    asked = f"{word} did {_in_sentence(found['subject'])} {base} {found['rest'].strip()}?"
    return Question(asked, one.text, one.kind, f"the {one.kind} {one.text} is asked for")


def _how_many(before: str, one: Mention, behind: str) -> Question | None:
    found, counted = _HAS.match(before), _COUNTED.match(behind)
    if found is None or counted is None or re.search(r"\d", behind) or not _names_something(found["subject"]):
        return None
    verb = found["verb"]
    base = {"has": "have", "had": "have"}.get(verb, re.sub(r"(?:s|ed|d)$", "", verb))
    base = {"includ": "include", "includes": "include", "included": "include"}.get(base, base)
    helper = "did" if verb in ("had", "contained", "included", "employed") else ("do" if verb == "have" else "does")
    asked = f"How many {counted['what']} {helper} {_in_sentence(found['subject'])} {base}?"
    return Question(asked, one.text, "number", f"the number {one.text} is asked for")


_SUBJECT_VERB = re.compile(
    r"^ (?P<rest>(?P<verb>[a-z]+) [^;:()?!“”\"]{15,140}?)(?:, (?:who|which|where|while|and|but|after)\b.*)?\.$"
)


def _subject(sentence: str, one: Mention, behind: str) -> Question | None:
    """Who or what a sentence tells of, where it tells something particular."""
    found = _SUBJECT_VERB.match(behind)
    if found is None:
        return None
    verb, rest = found["verb"], found["rest"]
    is_verb = verb in pairs("en_verbs_past") or verb in ("is", "was", "has", "had", "became") or verb.endswith("ed")
    particular = bool(re.search(r"\d{3}|\b[A-Z][a-z]{2}", rest))
    if (
        not is_verb
        or not particular
        or "," in rest
        or rest.startswith(("is also", "was also", "had been", "said", "is a ", "was a ", "is an ", "was an "))
    ):
        return None
    word = "Who" if one.kind == "person" else "Which organisation"
    return Question(f"{word} {rest}?", one.text, one.kind, f"the {one.kind} {one.text} is asked for")


def _names_something(subject: str) -> bool:
    """Whether a subject is one noun phrase that names a particular thing: it holds a name, and no verb or clause."""
    alone = " " not in subject and subject.lower() not in ENGLISH_OPENERS | words("en_nouns_common")
    named = re.search(r"(?<=[\s-])[A-Z0-9]", subject) or (alone and not subject.endswith("s"))
    return bool(named) and not re.search(
        r"\b(?:who|which|that|whose|where|when|because|and (?:he|she|it|the|his|her)|time|was|were|is|are|has|had|did)"
        r"\b",
        subject,
    )


def _in_sentence(subject: str) -> str:
    """A subject as it stands inside a sentence."""
    first = subject.split(maxsplit=1)[0]
    return subject[0].lower() + subject[1:] if first in ("The", "A", "An") else subject


_CLAUSE_END = re.compile("[，。；：！？]|(?<=[\u4e00-\u9fff])[,.;:]")
_NO_QUESTION = re.compile(
    r"[“”《》（）()「」『』；;：:他她它该此其这那则]|另一|另外|同一|同月|之一|[也亦]"
)  # nor what points elsewhere
_NO_PLACE_BEFORE = ("、", "约", "第", "～", "~", "-", "—", "–", "－", "〜", "至", "到", "和", "与", "及", "包括")
_SHORTEST, _LONGEST, _MOST_COMMAS = 10, 60, 2
ONLY_WHEN = re.compile("(?:时|后|前|间|中|上|下|里|内|以来|期间|之际|起|止|为止|同时|的时候)$")
_SAYS = re.compile("(?:认为|表示|说|指出|称|宣布|写道|报道|相信|发现|显示|讨论|播放|公司)$")
_HANGS = re.compile("尽管|虽然|宣布|表示")
_GOES_ON = re.compile(r"\s*[\u4e00-\u9fff]{1,2}(?:的|[及和、]\s*\d)")  # behind a number and its unit
_BLANK = re.compile(r"(?<=[\u4e00-\u9fff，]) +(?=[\u4e00-\u9fff，])")


def _ask_chinese(sentence: str, one: Mention) -> Question | None:
    word = _chinese_word(sentence, one)
    before, behind = sentence[: one.start].rstrip(), sentence[one.end :].lstrip()
    if not word or behind.startswith(("、", "等")) or before.endswith(_NO_PLACE_BEFORE):
        return None
    end = _CLAUSE_END.search(sentence, one.end)
    clause = sentence[: end.start() if end else len(sentence)].rstrip("。！？!?.")
    rest = clause[one.end :].lstrip()
    if not _is_question(clause, clause[: one.start], clause[one.end :]):
        return None
    if one.kind == "person" and not _asks_for_person(before, rest):
        return None
    if _LEADS.match(clause) or (one.kind == "year" and not before and _OF_WHAT.match(rest)):
        return None
    if one.kind == "year" and before.endswith(("在", "于")) and rest and tagged(rest)[0][1][0] not in "vdpc":
        return None
    if one.kind == "number" and _GOES_ON.match(rest):
        return None
    asked = _BLANK.sub("", clause[: one.start] + word + clause[one.end :])
    return Question(asked + "？", one.text, one.kind, f"“{one.text}”换成“{word}”")


def _is_question(clause: str, before: str, behind: str) -> bool:
    """Whether a clause, without what is asked for, is whole: of some length, with a subject and a verb."""
    bare = before + "，" + behind
    if not _SHORTEST <= len(clause) <= _LONGEST or len(bare) < _SHORTEST - 3 or clause.count("，") > _MOST_COMMAS:
        return False
    if any(pattern.search(clause) for pattern in (_NO_QUESTION, ONLY_WHEN, _SAYS)):
        return False
    earlier, comma, own = before.rpartition("，")
    own = f"{own}，{behind}" if own.strip() else behind
    subject = has_subject(own)
    if not subject and comma:  # that of the one part before
        subject = "，" not in earlier and opens_with_noun(earlier) is True
    verbs = any(tag[0] == "v" for _, tag in tagged(own))
    return subject and verbs and not _HANGS.search(own)


_LEADS = re.compile("(?:尽管|虽然|因为|由于|如果|若|即使|除了|除|随着|为了|为|当)")
_OF_WHAT = re.compile("[^，]{1,20}的")  # what follows the year may belong to a noun, not to the sentence


def _asks_for_person(before: str, rest: str) -> bool:
    """Whether "who" reads well in a name's place: it opens a clause or follows a verb, with no title beside it."""
    if rest and tagged(rest)[0][1][0] == "n":
        return False
    return not before or before.endswith("，") or tagged(before)[-1][1][0] in "vp"


def _chinese_word(sentence: str, one: Mention) -> str:
    """What asks for a kind of thing in its place; "" where nothing does."""
    behind = sentence[one.end : one.end + 2]
    if one.kind == "year":
        fits = one.start == 0 or sentence[one.start - 1] in "在于，自从"
        return "哪一年" if fits and not re.match("[至到—～~－〜-]|[的春夏秋冬初底末]", behind) else ""
    if one.kind == "date":
        return "哪一天" if not re.match("[至到—～~－〜-]", behind) else ""
    if one.kind == "number":
        measure = measure_after(sentence, one)
        return "多少" if measure and not re.match("[至到—～~－〜多余]", behind) else ""
    if one.kind == "person":
        return "谁" if one.start > 3 or re.match("[是在于为被曾出]", behind) else ""
    if one.kind == "place":
        before = sentence[max(one.start - 2, 0) : one.start]
        ends = not behind or not "\u4e00" <= behind[0] <= "\u9fff" or behind[0] in "举出成召"
        return "哪里" if before.endswith(("在", "于", "往", "到")) and ends else ""
    return ""
