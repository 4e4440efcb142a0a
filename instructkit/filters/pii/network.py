"""Addresses of machines: IP version 4 and 6, and MAC."""

import ipaddress
import re

from instructkit.filters.pii.context import MACHINE, VERSION, thought
from instructkit.filters.pii.detector import Detector, Family, Span, before

# a package or path in front of four numbers: numpy==1.2.3.4, Chrome/1.2.3.4
_PACKAGE = re.compile(r"(?:[=~<>]=|[A-Za-z][/@_-])\"? ?v?\Z")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PORT = re.compile(r":\d{2,5}\b|/\d{1,2}\b")
_WORD = re.compile(r"[0-9A-Za-z_.:]")
_HEX = "0123456789abcdefABCDEF:"


def _version_4(match: re.Match[str]) -> Span | None:
    numbers = [int(octet) for octet in match[0].split(".")]
    # no machine of anybody's: this host, unset, netmasks and broadcast, multicast
    if numbers[0] in (0, 127) or numbers[0] >= 224:
        return None
    if min(numbers) > 31:  # no version, no heading
        return match.span()
    said = thought(match, 32)
    if VERSION.in_(said) or _PACKAGE.search(before(match, 4)):
        return None
    # small numbers are as well a heading or a version, unless something says they are an address
    if max(numbers) < 20 and numbers[0] != 10 and not MACHINE.in_(said) and not _PORT.match(match.string, match.end()):
        return None
    return match.span()


def _version_6(match: re.Match[str]) -> Span | None:
    """The first group is read leftwards from the first colon."""
    window = match.string[max(match.start() - 5, 0) : match.start()]
    start = match.start() - (len(window) - len(window.rstrip(_HEX)))
    text = match.string[start : match.end()]
    if not text.endswith("::"):
        text = text.rstrip(":.")  # the end of a sentence
    end = start + len(text)
    outside = match.string[max(start - 1, 0) : start] + match.string[match.end() : match.end() + 1].rstrip(".")
    if _WORD.search(outside):
        return None
    if "::" not in text:
        groups = text.split(":")
        return (start, end) if len(groups) == 8 and "" not in groups else None
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    # a::b is as well a name in a program: only networks that are given out (RFC 4291, RFC 4193)
    given = address.packed[0] >> 5 == 1 or address.packed[0] in (0xFC, 0xFD) or address.is_link_local
    return (start, end) if given and text.count(":") >= 2 and any(map(str.isdigit, text)) else None


def _mac(match: re.Match[str]) -> Span | None:
    return match.span() if len(set(match[0])) > 2 else None  # 00:00:00:00:00:00 is nobody's


NETWORK = Family(
    r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:|[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-"
    r"[0-9A-Fa-f]{2}-|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.",
    (
        Detector(
            "MAC",
            r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}",
            re.compile(
                r"[0-9A-Fa-f](?<![0-9A-Za-z_:.-][0-9A-Fa-f])(?:[0-9A-Fa-f](?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})"
                r"|[0-9A-Fa-f]{3}(?:\.[0-9A-Fa-f]{4}){2})(?![0-9A-Za-z_]|[:.-][0-9A-Fa-f])"
            ),
            _mac,
        ),
        Detector(
            "IP",
            r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
            re.compile(
                r"[0-9](?<![0-9A-Za-z_.][0-9])(?<![A-Za-z]-[0-9])(?:(?<=2)5[0-5]|(?<=2)[0-4][0-9]|(?<=1)[0-9]{2}|(?<=[1-9])[0-9])?"
                rf"(?:\.{_OCTET}){{3}}"
                r"(?![0-9A-Za-z_]|\.[0-9]|-[A-Za-z])"
            ),
            _version_4,
        ),
        Detector(
            "IP",
            r"[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:",
            re.compile(r":[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{0,36}(?<=[0-9A-Fa-f:])(?:\.[0-9]{1,3}){0,3}"),
            _version_6,
        ),
    ),
)
