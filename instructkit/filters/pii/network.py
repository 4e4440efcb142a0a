"""Addresses of machines: IP version 4 and 6, and MAC."""

import ipaddress
import re

from instructkit.filters.pii.context import MACHINE, NETWORK_CARD, VERSION, thought
from instructkit.filters.pii.detector import Detector, Family, Span, after, before
from instructkit.filters.pii.words import listed

# a package or path in front of four numbers: numpy==1.2.3.4, Chrome/1.2.3.4
_PACKAGE = re.compile(r"(?:[=~<>]=|[A-Za-z][/@_-])\"? ?v?\Z")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PORT = re.compile(r":\d{2,5}\b|/\d{1,2}\b")
_WORD = re.compile(r"[0-9A-Za-z_.:]")
_HEX = "0123456789abcdefABCDEF:"
# of nobody in particular: millions of networks use the same private ones (RFC 1918, 6598, 3927), and documents the ones
# kept for them and for tests (RFC 5737, 2544); with 0, 127 and what is above 223 (RFC 6890) they are no machine's alone
_SHARED = tuple(
    (int(net.network_address), int(net.netmask))
    for net in map(
        ipaddress.IPv4Network,
        listed(
            "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
            "192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3"
        ),
    )
)
_SHARED_FIRST = frozenset(net >> 24 for net, _ in _SHARED)
_DOCUMENTS = tuple(map(ipaddress.IPv6Network, ("2001:db8::/32", "3fff::/20")))  # RFC 3849, RFC 9637
_DOCUMENTS_FIRST = ("2001", "3fff", "3FFF")
# "from 12.4.1.7 to 12.4.2.0": what is said of the first holds of the second
_RANGE = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,5}){1,4}\"?\s?(?:to|and|or|->|→|-|–|到|至|和|或)\s?v?\Z")
_DECIMAL = re.compile(r"[0-9:-]+\Z")


def _version_4(match: re.Match[str]) -> Span | None:
    numbers = [int(octet) for octet in match[0].split(".")]
    if numbers[0] in _SHARED_FIRST or numbers[0] >= 224:
        value = int.from_bytes(bytes(numbers), "big")
        if any(value & mask == net for net, mask in _SHARED):
            return None
    if min(numbers) > 31:  # no version, no heading
        return match.span()
    said = thought(match, 32)
    if VERSION.in_(said) or _PACKAGE.search(before(match, 4)):
        return None
    if len(said) < 8:
        front = before(match, 40)
        other = _RANGE.search(front)
        if other and VERSION.in_(front[: other.start()]):
            return None
    # small numbers are as well a heading or a version, unless something says they are an address
    if max(numbers) < 20 and not MACHINE.in_(said) and not _PORT.match(match.string, match.end()):
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
    groups = text.split(":")
    if "::" not in text:
        if len(groups) != 8 or "" in groups:
            return None
        if not any(len(group) > 2 or not group.isdigit() for group in groups):
            return None  # times are written in groups of two figures
        return None if groups[0] in _DOCUMENTS_FIRST and _documents(text) else (start, end)
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    # a::b is as well a name in a program: only networks that are given out (RFC 4291, RFC 4193)
    given = address.packed[0] >> 5 == 1 or address.packed[0] in (0xFC, 0xFD) or address.is_link_local
    if not given or text.count(":") < 2 or not any(map(str.isdigit, text)):
        return None
    return None if groups[0] in _DOCUMENTS_FIRST and _documents(text) else (start, end)


def _documents(text: str) -> bool:
    """Whether an address is kept for documents, or none at all."""
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return True
    return any(address in net for net in _DOCUMENTS)


def _mac(match: re.Match[str]) -> Span | None:
    if len(set(match[0])) <= 2:  # 00:00:00:00:00:00 is nobody's
        return None
    # one of 280 has no letter; a lap's or film's time never has one, so a word must tell them apart
    if _DECIMAL.match(match[0]) and not NETWORK_CARD.in_(before(match)) and not NETWORK_CARD.in_(after(match)):
        return None
    return match.span()


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
