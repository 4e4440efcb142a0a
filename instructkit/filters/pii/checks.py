"""Check digits and ranges: what a true number fulfills and a chance one seldom does.

Short forms of what python-stdnum checks; the tests hold both against each other.
"""

from hashlib import sha256
from operator import mul

from instructkit.filters.pii.words import listed

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"  # XRP writes the same digits in this order
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # BIP 173

_VALUES = bytes((code - 48) % 256 for code in range(256))  # of the digits in ASCII
_DOUBLED = bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)) + bytes(246)  # the digit sum of twice a digit
_LETTERS = {code: str(code - 55) for code in range(65, 91)}  # A is 10, Z is 35
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
_ID_DIGITS = "10X98765432"
# GB/T 2260
PROVINCES = frozenset(
    listed("11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83")
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# length by country, from the registry of ISO 13616
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip


def luhn(digits: str) -> bool:
    """Whether the digits of a card fulfill Luhn's formula (ISO/IEC 7812-1); one digit repeated does not count."""
    values = digits.encode().translate(_VALUES)
    return (sum(values[::-2]) + sum(values[-2::-2].translate(_DOUBLED))) % 10 == 0 and len(set(values)) > 1


def luhn_digit(digits: str) -> str:
    """The digit that completes a number by Luhn's formula."""
    values = digits.encode().translate(_VALUES)
    return str(-(sum(values[-2::-2]) + sum(values[::-2].translate(_DOUBLED))) % 10)


def iban(compact: str) -> bool:
    """Whether letters and digits without spaces have their country's length and the remainder 1 by 97 (ISO 7064)."""
    return IBAN_LENGTHS.get(compact[:2]) == len(compact) and mod97(compact[4:] + compact[:4]) == 1


def mod97(characters: str) -> int:
    """The remainder by 97 of digits and letters, A being 10 and Z 35."""
    return int(characters.translate(_LETTERS)) % 97


def resident_id(number: str) -> bool:
    """Whether 18 characters are a Chinese resident identity number: province, date of birth, check digit."""
    if number[:2] not in PROVINCES or resident_digit(number) != number[17].upper():
        return False
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    return 1870 <= year <= 2099 and real_day(year, month, day)


def resident_digit(number: str) -> str:
    """The check digit of a resident identity number's first 17 digits (GB 11643-1999)."""
    return _ID_DIGITS[sum(map(mul, _ID_WEIGHTS, number[:17].encode().translate(_VALUES))) % 11]


def real_day(year: int, month: int, day: int) -> bool:
    """Whether a date is in the calendar."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and (month != 2 or day < 29 or leap)


def social_security(digits: str) -> bool:
    """Whether nine digits lie in the ranges the US administration gives out."""
    return (
        digits[:3] not in ("000", "666")
        and digits[0] != "9"
        and digits[3:5] != "00"
        and digits[5:] != "0000"
        and digits not in ("078051120", "457555462", "219099999")  # printed on sample cards
    )


def base58(text: str, alphabet: str = BASE58) -> bytes | None:
    """What a Base58Check text holds (version and payload), or None where its checksum fails."""
    number = 0
    for character in text:
        place = alphabet.find(character)
        if place < 0:
            return None
        number = number * 58 + place
    data = bytes(len(text) - len(text.lstrip(alphabet[0]))) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    return data[:-4] if sha256(sha256(data[:-4]).digest()).digest()[:4] == data[-4:] and len(data) > 4 else None


def to_base58(data: bytes, alphabet: str = BASE58) -> str:
    """Version and payload as a Base58Check text."""
    data += sha256(sha256(data).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return alphabet[0] * (len(data) - len(data.lstrip(b"\0"))) + text


def bech32(text: str) -> int:
    """What the checksum of a lowercase Bech32 text comes to: 1 of Bech32, 0x2BC830A3 of Bech32m, else wrong."""
    prefix, _, data = text.rpartition("1")
    values = [BECH32.find(character) for character in data]
    return 0 if -1 in values else _polymod(_expanded(prefix) + values)


def to_bech32(prefix: str, values: list[int], constant: int) -> str:
    """A prefix and 5-bit values as a Bech32 text."""
    rest = _polymod(_expanded(prefix) + values + [0] * 6) ^ constant
    values = values + [rest >> 5 * (5 - place) & 31 for place in range(6)]
    return prefix + "1" + "".join(BECH32[value] for value in values)


def _expanded(prefix: str) -> list[int]:
    return [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check
