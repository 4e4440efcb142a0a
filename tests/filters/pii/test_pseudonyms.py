"""Pseudonyms: of the same form, true by their checks, the same for the same value and key."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban, luhn
from stdnum.cn import ric

from instructkit.errors import UsageError
from instructkit.filters.pii import TYPES, checks, find, read_key
from instructkit.filters.pii.fictions import FICTIONS
from instructkit.filters.pii.pseudonyms import Pseudonyms

FOUND = [line.split("|", 1) for line in (Path(__file__).parent / "data.txt").read_text("utf-8").splitlines()]
SEEDS = [Pseudonyms(None, seed) for seed in range(20)]


def form(text: str) -> str:
    return re.sub(r"[A-Za-z]", "a", re.sub(r"\d", "0", text))


@pytest.mark.parametrize(("kind", "line"), FOUND)
def test_a_pseudonym_is_another_value_of_the_type(kind: str, line: str) -> None:
    text = line.replace("\\n", "\n")
    ((start, end, _),) = find(text)
    value = text[start:end]
    for names in SEEDS:
        made = names.of(kind, value)
        assert made == names.of(kind, value)
        assert made != value
        if kind in ("CARD", "SSN", "NINO", "PLATE", "PASSPORT"):
            assert form(made) == form(value.translate({c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)}))


def test_every_type_has_its_pseudonyms() -> None:
    assert set(FICTIONS) == set(TYPES)


@pytest.mark.parametrize(
    "card", ["4111 1111 1111 1112", "378282246310005", "6222021234567890128", "5555-5555-5555-4444"]
)
def test_a_card_is_true_and_in_a_range_for_tests(card: str) -> None:
    for names in SEEDS:
        made = names.of("CARD", card)
        assert luhn.is_valid(re.sub(r"\D", "", made))
        assert made[:4] in ("4111", "3782", "6222", "5555")


@pytest.mark.parametrize(
    "account",
    ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "FR1420041010050500013M02606", "ES9121000418450200051332",
     "BE68539007547034", "NL91ABNA0417164300", "NO9386011117947", "gb82west12345698765432"],
)  # fmt: skip
def test_an_iban_is_true_and_of_the_same_country(account: str) -> None:
    for names in SEEDS:
        made = names.of("IBAN", account)
        assert iban.is_valid(made)
        assert (made[:2], form(made)) == (account[:2], form(account))


def test_a_resident_id_is_true() -> None:
    for names in SEEDS:
        assert ric.is_valid(names.of("ID", "11010119900307721X"))


@pytest.mark.parametrize(
    ("phone", "fictional"),
    [
        ("(415) 555-2671", r"\(\d{3}\) 555-01\d\d"),
        ("+1 415-555-2671", r"\+1 \d{3}-555-01\d\d"),
        ("415.555.2671x123", r"\d{3}\.555\.01\d\dx\d{3}"),
        ("07912 345678", r"07700 900\d{3}"),
        ("+44 7912 345678", r"\+44 7700 900\d{3}"),
        ("+44 (0)20 7946 1234", r"\+44 \(0\)20 7946 0\d{3}"),
        ("138 0013 8000", r"138 \d{4} \d{4}"),
        ("+86 13800138000", r"\+86 138\d{8}"),
        ("+49 30 1234567", r"\+49 3\d \d{7}"),
        ("0571-89937038", r"057\d-\d{8}"),
    ],
)
def test_a_phone_keeps_its_form_and_is_fictional_where_there_are_such(phone: str, fictional: str) -> None:
    for names in SEEDS:
        assert re.fullmatch(fictional, names.of("PHONE", phone)), names.of("PHONE", phone)


def test_one_value_in_several_writings_has_one_pseudonym() -> None:
    names = SEEDS[0]
    digits = {
        re.sub(r"\D", "", names.of("PHONE", p))[-10:] for p in ("+1 (415) 555-2671", "415.555.2671", "415-555-2671")
    }
    assert len(digits) == 1
    assert names.of("EMAIL", "Ann@Example.com") == names.of("EMAIL", "ann@example.com")
    assert re.sub(" ", "", names.of("CARD", "4111 1111 1111 1111")) == names.of("CARD", "4111111111111111")
    assert names.of("PERSON", "Jane  Doe") == names.of("PERSON", "jane doe")


def test_names_are_of_the_script() -> None:
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", SEEDS[0].of("PERSON", "Jane Doe"))
    assert re.fullmatch(r"[\u4e00-\u9fff]{3}", SEEDS[0].of("PERSON", "王小明"))


@pytest.mark.parametrize(
    "coin",
    ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"],
)
def test_a_coins_address_is_true(coin: str) -> None:
    for names in SEEDS:
        made = names.of("CRYPTO", coin)
        assert checks.base58(made) is not None
        assert made[0] == coin[0]
    for names in SEEDS:
        assert checks.bech32(names.of("CRYPTO", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")) == 1


@pytest.mark.parametrize(
    ("mark", "secret"),
    [
        ("AIza", "SyB-9tSrke_2PouQMnMX-a7eZSW0jkFMBWY"),
        ("sk-ant-", "api03-R2D2c3po_bB8abcdefghijklmnopqrstuvwxyzABCDEFGH"),
        ("AKIA", "IOSFODNN7QWERTYU"),
        ("ghp_", "aBcD3fGh1jKlMn0pQrStUvWxYz0123456789"),
        ("", "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"),
        ("-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj-----END PRIVATE KEY-----"),
    ],
)
def test_of_a_key_nothing_stays_but_the_issuers_mark(mark: str, secret: str) -> None:
    for names in SEEDS:
        made = names.of("KEY", mark + secret)
        assert made.startswith(mark)
        both = zip(secret.partition("-----")[0], made[len(mark) :], strict=False)
        alike = [one for one, other in both if one == other and one.isalnum()]
        assert len(alike) < 9  # by chance: one of ten digits, of 25 letters


@given(st.sampled_from(TYPES), st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_any_text_of_any_type_gets_a_pseudonym(kind: str, value: str) -> None:
    if kind not in ("IBAN", "CARD"):  # these are made only of what passed its check
        assert isinstance(SEEDS[0].of(kind, value), str)


def test_another_key_or_seed_gives_another_pseudonym() -> None:
    made = {
        Pseudonyms(key, seed).of("EMAIL", "ann@example.com")
        for key, seed in ((None, 0), (None, 1), (b"a", 0), (b"b", 0))
    }
    assert len(made) == 4
    assert Pseudonyms(b"a", 0).of("EMAIL", "x@y.org") == Pseudonyms(b"a", 1).of("EMAIL", "x@y.org")


def test_the_key_is_read_from_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("abc\n")
    monkeypatch.setenv("PII_KEY", "abc")
    assert read_key(f"file:{tmp_path / 'key'}") == read_key("env:PII_KEY") == read_key("abc") == b"abc"
    monkeypatch.setattr(os, "environ", {"PII_KEY": os.fsdecode(b"\xff\xfe\n")})
    assert read_key("env:PII_KEY") == read_key(os.fsdecode(b"\xff\xfe")) == b"\xff\xfe"
    (tmp_path / "none").write_text("\n")
    for text, why in (
        ("env:PII_NO_KEY", "'PII_NO_KEY'.*not set"),
        (f"file:{tmp_path / 'gone'}", "can't be read"),
        (f"file:{tmp_path / 'none'}", "is empty"),
        ("", "the key is empty"),
    ):
        with pytest.raises(UsageError, match=why):
            read_key(text)
