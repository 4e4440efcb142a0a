"""Values of nobody: how a pseudonym of each type is made, from the value it replaces and the numbers drawn for it."""

import re
from collections.abc import Callable

from instructkit.filters.pii import checks
from instructkit.filters.pii.calling_codes import national
from instructkit.filters.pii.naming import normal, without_extension
from instructkit.filters.pii.pseudonyms import Draws
from instructkit.filters.pii.secrets import FRAME, MARK
from instructkit.filters.pii.words import listed, words

_GIVEN = words("en_given_names")
_FAMILY = words("en_family_names")
_ZH_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
_ZH_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉红建文波辉玲云龙晨雪梅佳宁欣"
_STREETS = [
    "Maple",
    "Oak",
    "Cedar",
    "Park",
    "Lake",
    "Hill",
    "River",
    "Church",
    "Mill",
    "Spring",
    "Garden",
    "Station",
    "Meadow",
    "Forest",
    "Orchard",
    "Bridge",
]
_SUFFIXES = listed("Street Avenue Road Lane Drive Court")
_TOWNS = listed("Fairview Lakewood Ashford Brookfield Milton Riverton Oakdale Clayton Weston Hartley")
_ZH_ROADS = listed("和平 建设 人民 中山 解放 新华 文化 胜利 光明 友谊 长江 黄河")
_AREAS = listed("202 212 213 303 312 404 415 503 512 602 617 702 713 808 919")
_COUNTIES = listed("110101 120101 310101 520201")
_PRIVATE_NET = ((198, 18), (198, 19))  # for tests of networks, RFC 2544
# ranges that the schemes keep for tests, by the first signs of a card and its length
_TEST_CARDS = {"3": "378282", "4": "411111", "5": "555555", "6": "601111", "2": "222300"}
_DIGIT = re.compile("[0-9]")


def onto(digits: str, form: str) -> str:
    """Digits and letters in the form of another value: its spaces, hyphens and brackets."""
    signs = iter(digits)
    return "".join(next(signs, "") if one.isalnum() else one for one in form) + "".join(signs)


def _email(value: str, draws: Draws) -> str:
    given, family = draws.choose(_GIVEN).lower(), draws.choose(_FAMILY).lower()
    return f"{given}.{family}{draws.below(1000)}@example.{draws.choose(('com', 'org', 'net'))}"


def _phone(value: str, draws: Draws) -> str:
    """Numbers kept for fiction in North America (555-01xx) and Britain (Ofcom), elsewhere of the same country."""
    number, extension = without_extension(value)
    digits = "".join(_DIGIT.findall(number))
    known = normal("PHONE", number)
    abroad = number.lstrip(" (").startswith("+")
    if re.fullmatch(r"1[3-9][0-9]{9}", known):
        made = digits[:-8] + draws.like(digits[-8:])
    elif len(known) == 10 and (not abroad or number.lstrip(" (").startswith("+1")) and known[0] in "23456789":
        made = digits[:-10] + draws.choose(_AREAS) + f"55501{draws.below(100):02d}"
    elif len(digits) > 10 and ((abroad and digits.startswith("44")) or re.fullmatch(r"07[0-9]{9}", digits)):
        fiction = f"7700900{draws.below(1000):03d}" if digits[-10] == "7" else f"2079460{draws.below(1000):03d}"
        made = digits[:-10] + fiction
    else:
        rest = national(digits) if abroad else None
        keep = len(digits) - len(rest) + 1 if rest else 3 if digits.startswith("0") else 1
        made = digits[:keep] + draws.like(digits[keep:])
    return onto(made, number) + _DIGIT.sub(lambda _: draws.choose("0123456789"), extension)


def _card(value: str, draws: Draws) -> str:
    digits = "".join(_DIGIT.findall(value))
    start = "622202" if digits.startswith("62") else _TEST_CARDS.get(digits[0], digits[:6])
    body = start + draws.like(digits[len(start) : -1])
    return onto(body + checks.luhn_digit(body), value)


def _iban(value: str, draws: Draws) -> str:
    """Of the same country, with right check digits, its own check digits inside the account too where it has some."""
    from stdnum import iban

    compact = "".join(one for one in value if one.isalnum()).upper()
    for _ in range(2000):
        account = draws.like(compact[4:])
        made = compact[:2] + f"{98 - checks.mod97(account + compact[:2] + '00'):02d}" + account
        if iban.is_valid(made):
            break
    return onto(made if value.upper() == value else made.lower(), value)


def _resident(value: str, draws: Draws) -> str:
    body = draws.choose(_COUNTIES)
    body += f"{1950 + draws.below(56)}{1 + draws.below(12):02d}{1 + draws.below(28):02d}{1 + draws.below(999):03d}"
    return body + checks.resident_digit(body) if len(value) == 18 else body[:6] + body[8:]


def _social(value: str, draws: Draws) -> str:
    """In the 900s, which are never given out, and outside the taxpayer numbers among them."""
    return onto(f"9{draws.below(100):02d}{1 + draws.below(49):02d}{1 + draws.below(9999):04d}", value)


def _insurance(value: str, draws: Draws) -> str:
    """QQ, with which no number begins."""
    return onto(f"QQ{draws.below(10**6):06d}{draws.choose('ABCD')}", value)


def _first_kept(value: str, draws: Draws) -> str:
    """A passport's first letter, a plate's province and city stay."""
    keep = 2 if "\u4e00" <= value[0] <= "\u9fff" else 1 if value[0].isalpha() else 0
    return value[:keep] + draws.like(value[keep:])


def _machine(value: str, draws: Draws) -> str:
    if ":" in value:
        return "2001:db8:" + ":".join(f"{draws.below(1 << 16):x}" for _ in range(6))  # for documentation, RFC 3849
    first, second = draws.choose(_PRIVATE_NET)
    return f"{first}.{second}.{draws.below(256)}.{1 + draws.below(254)}"


def _mac(value: str, draws: Draws) -> str:
    """An address given out locally, by no maker (IEEE 802: the second bit)."""
    made = "02" + f"{draws.below(1 << 40):010x}"
    return onto(made.upper() if value.upper() == value else made, value)


def _credentials(value: str, draws: Draws) -> str:
    scheme, mark, rest = value.partition("://")
    if not mark:
        return draws.like(value)
    user, _, place = rest.partition("@")
    host = re.match(r"[^/:?#]*", place)
    path = place[host.end() :] if host else ""
    name, _, password = user.partition(":")
    return f"{scheme}://{draws.like(name)}:{draws.like(password)}@host{draws.below(1000)}.example.com{path}"


def _page(value: str, draws: Draws) -> str:
    return f"https://www.example.{draws.choose(('com', 'org', 'net'))}/{draws.like('abcdefgh')}"


def _key(value: str, draws: Draws) -> str:
    """The issuer's mark stays, so that the form can be told, and the frame of a private key; nothing else."""
    if value.startswith("-----BEGIN"):
        pieces = re.split(f"({FRAME.pattern})", value)  # every second one is a frame
        return "".join(piece if place % 2 else draws.like(piece) for place, piece in enumerate(pieces))
    mark = MARK.match(value)
    keep = mark.end() if mark else 0
    return value[:keep] + draws.like(value[keep:])


def _coin(value: str, draws: Draws) -> str:
    """Another address with a right checksum, of the same coin."""
    if value.lower().startswith(("bc1", "ltc1", "tb1")):
        prefix, _, data = value.lower().rpartition("1")
        values = [checks.BECH32.index(data[0])] + [draws.below(32) for _ in data[1:-6]]
        values[-1] &= 16  # the last bits of the 8-bit program are padding and must be 0
        made = checks.to_bech32(prefix, values, 1 if values[0] == 0 else 0x2BC830A3)
        return made.upper() if value.isupper() else made
    for alphabet in (checks.BASE58, checks.RIPPLE58):
        known = checks.base58(value, alphabet)
        if known:
            return checks.to_base58(known[:1] + bytes(draws.below(256) for _ in known[1:]), alphabet)
    return value[:2] + "".join(draws.choose("0123456789abcdef") for _ in value[2:])


def _address(value: str, draws: Draws) -> str:
    if any("\u4e00" <= one <= "\u9fff" for one in value):
        return f"示例市{draws.choose(_ZH_ROADS)}路{1 + draws.below(999)}号"
    street = f"{1 + draws.below(9999)} {draws.choose(_STREETS)} {draws.choose(_SUFFIXES)}, {draws.choose(_TOWNS)}"
    tail = re.search(r",? [A-Z]{2} [0-9]{5}(?:-[0-9]{4})?\Z", value)
    return street + (f", {tail[0].lstrip(', ')[:2]} {draws.below(10**5):05d}" if tail else "")


def _person(value: str, draws: Draws) -> str:
    if any("\u4e00" <= one <= "\u9fff" for one in value):
        return draws.choose(_ZH_FAMILY) + "".join(draws.choose(_ZH_GIVEN) for _ in value[1:3])
    words = value.split()
    made = draws.choose(_GIVEN) if len(words) == 1 else f"{draws.choose(_GIVEN)} {draws.choose(_FAMILY)}"
    return made.upper() if value.isupper() else made


FICTIONS: dict[str, Callable[[str, Draws], str]] = {
    "EMAIL": _email,
    "PHONE": _phone,
    "CARD": _card,
    "IBAN": _iban,
    "ID": _resident,
    "SSN": _social,
    "NINO": _insurance,
    "PASSPORT": _first_kept,
    "PLATE": _first_kept,
    "IP": _machine,
    "MAC": _mac,
    "URL": _page,
    "URL_CREDENTIALS": _credentials,
    "KEY": _key,
    "CRYPTO": _coin,
    "ADDRESS": _address,
    "PERSON": _person,
}
