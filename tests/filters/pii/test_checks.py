"""Our check digits against python-stdnum and phonenumbers."""

import csv
import re
from pathlib import Path

import phonenumbers
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.phonemetadata import PhoneMetadata
from stdnum import iban, luhn
from stdnum.cn import ric
from stdnum.us import ssn

from instructkit.filters.pii import checks, find_in
from instructkit.filters.pii.calling_codes import LEADING_ZERO, LENGTHS, national

digits = st.text("0123456789", min_size=12, max_size=19)


@given(digits)
def test_luhn_agrees_with_stdnum(number: str) -> None:
    completed = number + checks.luhn_digit(number)
    assert luhn.is_valid(completed)
    assert checks.luhn(completed) == (len(set(completed)) > 1)
    assert checks.luhn(number) == (luhn.is_valid(number) and len(set(number)) > 1)


@given(st.sampled_from(sorted(checks.IBAN_LENGTHS)), st.text("0123456789ABCDEF", min_size=11, max_size=30))
def test_an_iban_is_one_by_stdnums_remainder(country: str, account: str) -> None:
    account = account[: checks.IBAN_LENGTHS[country] - 4]
    made = f"{country}{98 - checks.mod97(account + country + '00'):02d}{account}"
    assert checks.mod97(made[4:] + made[:4]) == 1
    assert checks.iban(made) == (len(made) == checks.IBAN_LENGTHS[country])
    if iban.is_valid(made):
        assert checks.iban(made)


def test_the_length_of_each_countrys_iban_is_stdnums() -> None:
    known = {}
    for country in checks.IBAN_LENGTHS:
        information = iban._ibandb.info(country + "00")[0]
        if information[1]:
            structure = information[1]["bban"]
            known[country] = 4 + sum(int(size) for size in re.findall(r"(\d+)!", structure))
    assert {country: size for country, size in known.items() if checks.IBAN_LENGTHS[country] != size} == {}
    assert len(known) > 70


@given(st.sampled_from(["110101", "310101", "440103", "990101"]), st.dates(), st.integers(0, 999), st.integers(0, 10))
def test_a_resident_id_is_one_by_stdnum(county: str, born: object, place: int, check: int) -> None:
    body = f"{county}{born:%Y%m%d}{place:03d}".replace(" ", "0")
    if len(body) != 17:
        return
    number = body + "0123456789X"[check]
    if ric.is_valid(number):
        assert checks.resident_id(number) or int(body[6:10]) < 1870 or int(body[6:10]) > 2099
    assert checks.resident_digit(body) == ric.calc_check_digit(body + "0")


@given(st.text("0123456789", min_size=9, max_size=9))
def test_a_social_security_number_is_one_by_stdnum(number: str) -> None:
    assert checks.social_security(number) == ssn.is_valid(number)


@given(st.binary(min_size=21, max_size=34))
def test_base58_is_read_as_it_was_written(data: bytes) -> None:
    for alphabet in (checks.BASE58, checks.RIPPLE58):
        text = checks.to_base58(data, alphabet)
        assert checks.base58(text, alphabet) == data
        swapped = text[:-1] + alphabet[(alphabet.index(text[-1]) + 1) % 58]
        assert checks.base58(swapped, alphabet) is None


@given(st.lists(st.integers(0, 31), min_size=20, max_size=60), st.sampled_from([1, 0x2BC830A3]))
def test_bech32_is_read_as_it_was_written(values: list[int], constant: int) -> None:
    assert checks.bech32(checks.to_bech32("bc", values, constant)) == constant


def test_calling_codes_and_lengths_are_those_of_phonenumbers() -> None:
    known = {}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        lengths: set[int] = set()
        for region in regions:
            data = (
                PhoneMetadata.metadata_for_nongeo_region(code, None)
                if region == "001"
                else PhoneMetadata.metadata_for_region(region, None)
            )
            lengths |= set(data.general_desc.possible_length) - {-1}
        known[code] = "".join(format(length, "x") for length in sorted(lengths) if length < 16)
    ours = {code: lengths.replace("?", "") for code, lengths in LENGTHS.items()}
    missing = {code for code in known if not set(known[code]) <= set(ours.get(code, ""))}
    assert missing == set()
    assert set(ours) == set(known)


def test_numbers_that_begin_with_a_zero_are_known() -> None:
    zeros = set()
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                assert national(written[1:]) is not None, written
                if number.italian_leading_zero:
                    zeros.add(number.country_code)
    assert zeros == LEADING_ZERO


def test_valid_numbers_of_every_region_are_found(real_data: Path) -> None:
    with open(real_data / "pii" / "phone_examples.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def missed(sentence: str, column: str) -> list[str]:
        numbers = [row[column] for row in rows]
        texts = [sentence.format(number) for number in numbers]
        hits = find_in(pa.array(texts), ("PHONE",))
        spans = {row: texts[row][start:end] for row, start, end in zip(hits.rows, hits.starts, hits.ends, strict=True)}
        return [
            number
            for row, number in enumerate(numbers)
            if number not in spans.get(row, "") and not (number.endswith(spans.get(row, "-")) and len(spans[row]) > 10)
        ]

    assert missed("{}", "international") == []
    assert missed("I wrote {} on a card.", "e164") == []
    # four digits behind a word are not believed
    assert all(len(number) == 4 for number in missed("Phone: {}", "national"))
    assert all(len(number) == 4 for number in missed("电话：{}", "national"))
