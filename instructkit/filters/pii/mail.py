"""E-mail addresses, and web addresses with or without credentials in them."""

import re

from instructkit.filters.pii.detector import END, Detector, Family, Span
from instructkit.filters.pii.words import listed, words

_LOCAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+%-"
_ACCENTED = "".join(map(chr, range(0xC0, 0x250)))  # Latin letters with marks
_ANY_LOCAL = _LOCAL + _ACCENTED
_FILES = frozenset(listed("png jpg jpeg gif svg webp bmp ico css js jsx ts tsx html htm json xml yaml yml pdf txt csv"))
_LOCAL_MAX = 64  # RFC 5321, 4.5.3.1.1

_USER_URL = r"""://[^\s/@:?#"'<>\x00]{0,128}:[^\s/@"'<>\x00]{1,256}@[^\s"'<>\x00，。；、（）]{1,512}"""
_TOKENS = (
    "access_token|auth_token|id_token|refresh_token|api_key|apikey|api-key|client_secret|token|secret|password|passwd|"
    "pwd|signature|X-Amz-Signature|X-Amz-Credential|sig"
)
# in letters of their own, the longer ones first, as words may follow: 公司谢谢; and others
_ENDINGS = (
    "公司|网络|中国|中國|香港|台湾|台灣|网址|商城|在线|中文网|我爱你|集团|公益|政务|移动|商店|网店|信息|企业|世界|"
    "рф|бел|укр|срб|қаз|москва|онлайн|сайт|орг|한국|みんな|コム|भारत|"
    "(?:xn--[A-Za-z0-9-]{2,59}|[A-Za-z]{2,24})(?![A-Za-z0-9])"
)
_PLACEHOLDER = re.compile(r"[{}$\[\]]|\*\*|^x+$|^\.+$")  # ${PASSWORD}, ****: nobody's


# RFC 2606 keeps these domains for examples. They are nobody's, but the part in front may well name a person: who hides
# the domain alone leaves it, and made-up data have no other domains
_NOBODYS = frozenset(words("mail_nobodys"))
_RESERVED = re.compile(r"(?:.*\.)?(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost)\Z")


def _nobodys(local: str, domain: str) -> bool:
    return local.lower().partition("+")[0] in _NOBODYS and _RESERVED.match(domain.lower()) is not None


_APOSTROPHE = re.compile(r"(?<![\w'])[A-Za-z]{1,2}'\Z")


def _email(match: re.Match[str]) -> Span | None:
    """The local part is read leftwards from the @: searching for it forwards would try every word."""
    at, end = match.span()
    domain = match[0]
    window = match.string[max(at - _LOCAL_MAX, 0) : at]
    start = at - (len(window) - len(window.rstrip(_LOCAL if window.isascii() else _ANY_LOCAL)))
    while start < at and match.string[start] in ".-%":
        start += 1
    if start < at and (irish := _APOSTROPHE.search(match.string[max(start - 4, 0) : start])):  # o'brien@
        start -= len(irish[0])
    if start == at or ".." in domain or domain.rpartition(".")[2].lower() in _FILES:
        return None
    if _nobodys(match.string[start:at], domain[1:]):
        return None
    if match.string[start:at] == "git" and match.string[end : end + 1] == ":":  # git@host:path, a place of code
        return None
    return start, end


# Chinese is written without spaces, so a local part of Han begins behind a sign or behind what leads up to an address
_HAN_LOCAL = re.compile(r"(?<![\w.+%-])(?:[\u4e00-\u9fff]{0,20}[是为到给至寄])?([\u4e00-\u9fff][\w.+-]{0,9})\Z")
_WORD_LOCAL = re.compile(r"[^\W\u4e00-\u9fff](?:[^\W\u4e00-\u9fff]|[.+%-]){0,63}\Z")


def _abroad(match: re.Match[str]) -> Span | None:
    """An address of which a part is in other letters than ASCII (RFC 6531): 用户@例子.公司, müller@bücher.example."""
    at, end = match.span()
    window = match.string[max(at - _LOCAL_MAX, 0) : at].rpartition(END)[2]
    found = _WORD_LOCAL.search(window) or _HAN_LOCAL.search(window)
    if not found or (match[0].isascii() and (window.isascii() or window[-1] in _ANY_LOCAL)):  # an ordinary address
        return None
    start = at - (len(window) - found.start(found.lastindex or 0))
    if match[0].rpartition(".")[2].lower() in _FILES or _nobodys(match.string[start:at], match[0][1:]):
        return None
    return start, end


_SPELLED_LOCAL = re.compile(r"(?:[A-Za-z0-9_.+%-]{1,32} ?[\[(]dot[\])] ?){0,3}[A-Za-z0-9_.+%-]{1,64}\Z")


def _written_out(match: re.Match[str]) -> Span | None:
    """As "ann (at) example (dot) com": the local part is in front of what was matched."""
    window = match.string[max(match.start() - _LOCAL_MAX, 0) : match.start()]
    local = _SPELLED_LOCAL.search(window)
    return (match.start() - len(window) + local.start(), match.end()) if local else None


def _credentials(match: re.Match[str]) -> Span | None:
    start, _ = match.span()
    text = match[0].rstrip(".,;:!?)]}")
    user, _, password = text[3:].partition("@")[0].partition(":")
    window = match.string[max(start - 20, 0) : start]
    scheme = len(window) - len(window.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"))
    if not scheme or _PLACEHOLDER.search(password) or _PLACEHOLDER.search(user):
        return None
    return start - scheme, start + len(text)


def _token(match: re.Match[str]) -> Span | None:
    value = match[1]
    return match.span(1) if any(map(str.isdigit, value)) and not _PLACEHOLDER.search(value) else None


def _address(match: re.Match[str]) -> Span:
    return match.start(), match.start() + len(match[0].rstrip(".,;:!?)]}*_"))


MAIL = Family(
    r"@|://|www\.|[\[(]at[\])]|[?&][A-Za-z_-]+=",
    (
        Detector(
            "URL_CREDENTIALS",
            r"://[^\s/@:]*:[^\s/@]+@",
            re.compile(_USER_URL),
            _credentials,
        ),
        Detector(
            "URL_CREDENTIALS",
            rf"[?&](?:{_TOKENS})=[^&\s]",
            re.compile(rf"[?&](?:{_TOKENS})=([^&\s\"'<>#\x00]{{8,1024}})"),
            _token,
        ),
        Detector(
            "EMAIL",
            r"@[A-Za-z0-9-]+\.[A-Za-z0-9]",
            re.compile(r"@[A-Za-z0-9][A-Za-z0-9.-]{0,250}\.(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,59})(?![A-Za-z0-9])"),
            _email,
        ),
        Detector(
            "EMAIL",
            r"[^\x00-\x7f]@|@[A-Za-z0-9.-]*[^\x00-\x7f，。；、）：！？]",
            re.compile(rf"@(?:[^\W_](?:[^\W_]|-){{0,62}}\.){{1,4}}(?:{_ENDINGS})"),
            _abroad,
        ),
        Detector(
            "EMAIL",
            r"[\[(]at[\])]",
            re.compile(
                r" ?[\[(]at[\])] ?[A-Za-z0-9-]{1,63}(?: ?(?:[\[(]dot[\])]|\.) ?[A-Za-z0-9-]{1,63}){1,4}(?![A-Za-z0-9])"
            ),
            _written_out,
        ),
        Detector(
            "URL",
            r"://|www\.",
            re.compile(
                r"(?:https?|ftps?|HTTPS?)://[^\s\"'<>\x00，。；、（）【】《》“”\u4e00-\u9fff]{2,2048}"
                r"|www\.[A-Za-z0-9-]{1,63}\.[A-Za-z][^\s\"'<>\x00，。；、（）【】《》“”\u4e00-\u9fff]{0,2048}"
            ),
            _address,
        ),
    ),
)
