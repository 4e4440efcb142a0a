"""Street addresses, where a postal code, a number behind a street or a word in front makes them certain; post boxes."""

import re

from instructkit.filters.pii.detector import Detector, Family, Span, before, whole

_STATES = (
    "A[AEKLPRSZ]|C[AOT]|D[CE]|F[LM]|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[ARW]|RI|S[CD]|T[NX]|UT|"
    "V[AIT]|W[AIVY]"
)  # USPS Publication 28, appendix B
_UNIT = r"(?:(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Room|Rm|Flat)\b\.?|#) ?#?[0-9A-Za-z-]{1,6}"
# what stands in front of "ST 12345" in an American address, and in front of a British or Canadian postal code
_FRONT = re.compile(
    r"(?:\b(?:PSC|Unit|CMR) [0-9]{1,5},? Box [0-9]{1,5}[,\s]{1,3}[ADF]PO,?"
    rf"|(?<![0-9A-Za-z.$-])[0-9]{{1,6}}[A-Za-z]?(?:[-/][0-9]{{1,4}})? [^\d,\n\x00?!:;=]{{3,50}}?"
    rf"(?:[ ,]{{1,2}}{_UNIT})?,?\s{{1,2}}"
    r"(?:[A-Z][A-Za-z.'’\- ]{1,40}(?:,|(?= $|$)))?(?:\s?[A-Z][A-Za-z.'’\- ]{1,40},?)?"
    r")\s{0,2}$"
)
_SUFFIX = (
    r"(?:Street|St|Avenue|Ave|Av|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Terrace|Ter|Way|Crescent|Close|"
    r"Place|Pl|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Trail|Alley|Row|Mews|Grove|Quay|Walk|Gardens)\b\.?"
)
_STREET = (
    rf"[0-9]{{1,5}}[A-Za-z]? (?:[A-Z][^\W\d_]{{0,20}}\.? ){{1,4}}{_SUFFIX}"
    r"|[0-9]{1,5}(?: bis)?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Aa]venida|[Cc]alle|[Rr]ua|[Vv]ia|"
    r"[Uu]l\.) [A-Z\w][^\s,.;?!\x00]{1,20}"
    r"(?: [A-Z][^\s,.;?!\x00]{1,20}){0,3}"
    r"|[A-ZÀ-ɏ][^\W\d_]{1,30}(?:straße|strasse|str\.|gasse|weg|platz|gata|gatan|vägen|vej|gade|veien|katu|tie|"
    r"straat|laan) [0-9]{1,4}[A-Za-z]?\b"
    r"|(?:[Rr]ue|[Cc]alle|[Aa]venida|[Rr]ua|[Uu]l\.|[Uu]lica|[Vv]ia) [A-ZÀ-ɏ][^\W\d_]{1,20}"
    r"(?: [A-ZÀ-ɏ][^\W\d_]{1,20}){0,2},? [0-9]{1,4}\b"
)
_SUFFIX_RE2 = (
    r"Street|St\b|Ave|Av\b|Road|Rd\b|Boulevard|Blvd|Lane|Ln\b|Drive|Dr\b|Court|Ct\b|Square|Sq\b|Ter|Way|Crescent|Close|Place|"
    r"Pl\b|Parkway|Pkwy|Highway|Hwy|Circle|Cir\b|Trail|Alley|Row|Mews|Grove|Quay|Walk|Gardens|[Rr]ue|[Aa]venue|[Bb]oulevard|"
    r"[Aa]venida|[Cc]alle|[Rr]ua|[Vv]ia|[Uu]l\.|[Uu]lica|stra|str\.|gasse|weg|platz|gata|vägen|vej|gade|veien|katu|tie|laan"
)
_REST = rf"(?:,? {_UNIT})?(?:, ?[A-ZÀ-ž0-9][^\s,.;?!\x00]{{0,20}}(?: [A-ZÀ-ž0-9][^\s,.;?!\x00]{{0,20}}){{0,3}}){{0,4}}"
_CUE = (
    r"(?:[Aa]ddress(?:es)?(?: to| is| with|:| :)?|[Ll]iv(?:e|es|ed|ing) (?:at|on|in)|[Ll]ocated (?:at|in|on)|"
    r"[Mm]oved to|"
    r"[Rr]esid(?:e|es|ed|ing) at|[Ss]hip (?:it )?to|[Ss]en[dt] (?:it )?to|[Dd]eliver(?:ed)? (?:it )?to|[Rr]eturn to|"
    r"[Mm]ail (?:it )?to|(?:[Hh]ome|[Oo]ffices?) (?:is|are) at|[Mm]eet (?:me|you|us) at|taxi to)"
)
# behind "Address:" alone any line of words and a house number is taken
_LINE = (
    r"(?:[0-9]{1,5}[A-Za-z]?,? [^\W\d_][^\n\x00.;?!]{3,60}|"
    r"[A-ZÀ-ɏ][^\n\x00.;:?!\d]{2,40} [0-9]{1,5}[A-Za-z]?\b(?:, ?[^\n\x00.;?!]{2,60})?)"
)

_CODE = (  # of a post box's town: America, Australia, Britain, Canada
    rf"(?:{_STATES})\.?,? [0-9]{{5}}(?:-[0-9]{{4}})?|(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT) [0-9]{{4}}|"
    r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}|[A-Z]{2},? [A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"
)
_TOWN = r"[A-ZÀ-ɏ][^\W\d_]{1,24}(?:[ -](?:[A-ZÀ-ɏ][^\W\d_]{1,20}|am|an der|sur|de|del|la)){0,3}"
_TOWN_QUICK = r"\s(?:[A-Z]{1,2}-)?[0-9]{4,5} (?:[A-Z]{2} )?[A-ZÀ-ɏ][^\s,.]"
# the street in front of a European postal code and town: Hauptstraße 12, 10115 Berlin; 9 rue des Lilas, 75019 Paris
_EUROPEAN_FRONT = re.compile(
    r"(?<![^\W_])(?:(?:[A-ZÀ-ɏ][^\W\d_]{0,20}-){0,3}[A-ZÀ-ɏ][^\W\d_]{0,30}"
    r"(?:(?<![A-Z])(?:straße|strasse|str\.|gasse|weg|platz|allee|ring|ufer|damm|steig|markt|gata|gatan|vägen|vej|gade|"
    r"straat|laan|gracht|plein)|(?:(?<=-)|-)(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Ring|Ufer|Damm)|"
    r" (?:Straße|Strasse|Str\.|Weg|Platz|Allee)) [0-9]{1,4} ?[A-Za-z]?(?:[-/][0-9]{1,4})?"
    r"|[0-9]{1,4}(?: ?(?:bis|ter|[A-Z]))?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Aa]llée|[Qq]uai|"
    r"[Ii]mpasse|[Cc]ours) [^\d,\n\x00?!:;=]{2,40}"
    r"|(?:[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Cc]alle|[Aa]venida|[Pp]laza|[Pp]aseo|[Rr]ua|[Uu]l\.|[Uu]lica) "
    r"(?=[A-ZÀ-ɏ])[^\d,\n\x00?!:;=]{2,40},? [0-9]{1,4}[A-Za-z]?"
    r"),?\s(?:[A-Z]{1,2}-)?\Z"
)

_HAN = r"[\u4e00-\u9fff]"
_PLACES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|"
    "台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_NAMED = re.compile(rf"(?:{_PLACES})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?{_HAN}")
_CITY = re.compile(rf"{_HAN}{{2,3}}市{_HAN}{{1,6}}[区县镇]")
_DISTRICT = re.compile(rf"{_HAN}{{1,3}}[区县]")
_LED = re.compile(
    r".*(?:寄到|送到|送至|寄至|寄往|地址[是为]?|住址[是为]?|住在|家住|住(?!宅|院|房)|位于|居住于?|请?寄)"
)  # what leads up to it
_CUT = re.compile(r".*[到至在是为于住往址]")
_ROAD = r"(?:路|街|大道|道|巷|弄|胡同|村|屯|小区|社区|花园|家园|公寓|大厦|广场|苑|新村)"
_HOUSE = r"(?:[0-9A-Za-z]{1,5}(?:号院|号楼|号|栋|幢|座|舍|单元|楼|层|室|弄|组)[-—]?)"
_SECTION = "(?:[一二三四五六七八九十东南西北中]{1,2}段)?"  # of a long road
_BUILDING = rf"(?:{_HAN}{{1,9}}[场厦心园寓舍区楼苑城庭院府]{_HOUSE}{{1,4}}(?:[0-9]{{1,5}})?)?"


def _postal(match: re.Match[str]) -> Span | None:
    window = before(match, 140)
    found = _FRONT.search(window)
    return (match.start() - len(window) + found.start(), match.end()) if found else None


def _chinese(match: re.Match[str]) -> Span | None:
    """The head is looked for in the Han letters in front of road and house."""
    window = before(match, 32)
    start = len(window)
    while start and ("\u4e00" <= window[start - 1] <= "\u9fff" or window[start - 1].isdigit()):
        start -= 1
    run = window[start:]
    led = _LED.match(run)
    head = _NAMED.search(run, led.end() if led else 0)
    if head:
        return match.start() - len(run) + head.start(), match.end()
    head = _CITY.search(run) or (_DISTRICT.match(run, led.end()) if led else None)
    if not head and not (led and _NAMED.search(run)):
        return None
    # the letters in front of a city's name may be those that lead up to it
    cut = _CUT.match(run, head.start(), head.end()) if head else led
    place = cut.end() if cut else head.start() if head else 0
    return match.start() - len(run) + place, match.end()


# streets of countries whose postal codes have five digits; four are a year
_FIVE_DIGITS = re.compile(r"[0-9]|(?i:via|viale|piazza|corso|calle|avenida|plaza|paseo|rua|ul\.|ulica) ")


def _european(match: re.Match[str]) -> Span | None:
    window = before(match, 100)
    found = _EUROPEAN_FRONT.search(window)
    if found and re.match("[0-9]{4} ", match[0]) and _FIVE_DIGITS.match(found[0]):
        return None
    return (match.start() - len(window) + found.start(), match.end()) if found else None


def _cued(match: re.Match[str]) -> Span | None:
    start, end = match.span(match.lastindex or 0)
    text = match.string[start:end].rstrip(" ,.")
    return start, start + len(text)


ADDRESS = Family(
    rf"(?:{_STATES}),? [0-9]{{5}}|[A-Z][0-9][0-9A-Z]? ?[0-9][A-Z]|{_ROAD}{_SECTION}[0-9A-Za-z]|(?i:address)|"
    r"[Ll]iv(?:e|es|ed|ing) (?:at|on|in) |[Ll]ocated |[Mm]oved to |[Rr]esid|[Ss]hip |[Ss]en[dt] |[Dd]eliver|"
    r"[Rr]eturn to|[Mm]ail |"
    r"(?:home|Home|[Oo]ffices?) |[Mm]eet |taxi to|B[Oo][Xx] #?[0-9]|[0-9]号?信箱|"
    rf"{_TOWN_QUICK}",
    (
        Detector(
            "ADDRESS",
            r"B[Oo][Xx] #?[0-9]",
            re.compile(
                rf"P(?<![A-Za-z0-9]P)(?:\.? ?O\.?|ost Office|OST OFFICE) ?B(?:ox|OX) #?[0-9]{{1,7}}(?![0-9A-Za-z-])"
                rf"(?:(?:,\s?[A-Z0-9][A-Za-z0-9.'’ -]{{1,30}}?){{0,2}}?,?\s{{1,2}}(?:{_CODE})(?![0-9A-Za-z]))?"
            ),
            whole,
        ),
        Detector(
            "ADDRESS",
            r"stra|Stra|tr\.|gasse|weg|Weg|latz|llee|ring |ufer|damm|steig|markt|gat|väg|vej|gade|laan|gracht|plein|"
            r"ue |ard |lace|hemin|uai |mpasse|ours |ia[lz]?|orso|alle |venida|aseo|ua |l\.|lica",
            re.compile(rf"[0-9](?<=[\s-][0-9])[0-9]{{3,4}}(?: [A-Z]{{2}})? {_TOWN}"),
            _european,
        ),
        Detector("ADDRESS", r"[0-9]号?信箱", re.compile(r"[0-9]{2,6}号?信箱(?:[0-9]{1,4}分箱)?"), _chinese),
        Detector(
            "ADDRESS",
            rf"(?:{_STATES}),? [0-9]{{5}}",
            re.compile(
                rf"[A-Z](?<![A-Za-z0-9][A-Z])(?<=(?=(?:{_STATES}))[A-Z])[A-Z],? [0-9]{{5}}(?:-[0-9]{{4}})?"
                rf"(?![0-9A-Za-z])"
            ),
            _postal,
        ),
        Detector(
            "ADDRESS",
            r"[A-Z][0-9][0-9A-Z]? ?[0-9][A-Z]",
            re.compile(
                r"[A-Z](?<![A-Za-z0-9][A-Z])(?:[A-Z]?[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2}|"
                r"[0-9][A-Z] ?[0-9][A-Z][0-9])(?![0-9A-Za-z])"
            ),
            _postal,
        ),
        Detector(
            "ADDRESS",
            rf"{_ROAD}{_SECTION}[0-9A-Za-z]",
            re.compile(rf"{_ROAD}{_SECTION}{_HOUSE}{{1,5}}(?:[0-9]{{1,5}})?{_BUILDING}(?![0-9A-Za-z])"),
            _chinese,
        ),
        Detector(
            "ADDRESS",
            r"(?s:[Aa]ddress.*[0-9])",
            re.compile(
                rf"[Aa]ddress(?:es)?(?: (?:is|to|at|with))?[:：]?\s{{1,10}}(?=\S)((?:{_STREET}){_REST}|"
                rf"(?<=[:：]\s){_LINE}|(?<=\s\s){_LINE})"
            ),
            _cued,
        ),
        Detector(
            "ADDRESS",
            _SUFFIX_RE2,
            re.compile(rf"{_CUE}[: \n]{{1,3}}(?:the )?((?:{_STREET}){_REST})"),
            _cued,
        ),
    ),
)
