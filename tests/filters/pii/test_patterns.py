"""No text makes a pattern run for long: each is given long texts of what its parts match."""

import time

import pyarrow as pa
import pytest

from instructkit.filters.pii.detector import Detector
from instructkit.filters.pii.finding import FAMILIES, find_in

DETECTORS = [detector for family in FAMILIES for detector in family.detectors]
SIZE = 100_000
SECONDS = 1.0  # for 100 kB; a pattern that backtracks takes minutes
SEEDS = (
    "a", "A", "1", "@", "(", "-", "_", ".", ":", "+", "/", " ", "\n", "\t", "\x01", "é", "😀", "路", "市", "我叫",
    "客户", "京A", "1-", "1 ", "1.", "1,", "1/", "1:", "1+", "a.", "a@", "@a", "@a.", "a:", "::", "ab:", "ab-",
    "0x", "+1", "(1)", "xn--", "é@", "://", "://a", "://a:b", "?token=", "&token=", "https://", "www.", "www.a.",
    "[at]", "(at) a", "eyJ", "eyJaaaaaaaaaa.", "sk-", "AKIA", "bc1", "ghp_", "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----", "GB82", "DE36 ", "4111 ", "4111-", "123-45-", "(123) ", "123-456-", "12345678 ",
    "AB 12 34 56 ", "CA 90210 ", "SW1A 1AA ", "K1A 0B1 ", "1 Main St, ", "12 Aaa ", "address ", "Address: ",
    "Address: 1 a", "live at ", "路1号", "北京市", "passport ", "护照 ", "身份证", "plate ", "phone ", "phone 1 ",
    "phone 1-", "call 12 ", "电话1", "电话 12 ", "姓名", "姓名：王", "Aa ", "Aa Bb ", "A. ", "A'b", "Ab-",
    "name is ", "Name: ", "Name: A ", "My name is A", "Regards,\n", "Dear Mr. A", "holder A", "2001:db8:", "1.1.1.",
    "12:34:", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-", "TTTTT/", "000000000000000000000000000000000000000 ",
    "1111111111111111111111111 ",
)  # fmt: skip


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda one: f"{one.type}-{DETECTORS.index(one)}")
def test_no_text_makes_a_pattern_run_for_long(detector: Detector) -> None:
    for seed in SEEDS:
        text = seed * (SIZE // len(seed))
        start = time.process_time()
        for match in detector.pattern.finditer(text):
            detector.read(match)
        assert time.process_time() - start < SECONDS, seed


def test_a_very_long_row_is_searched_in_the_time_of_its_length() -> None:
    text = "Numbers 1-2 and 3.4, then words. " * 150_000 + "write to ann@example.com"  # 5 MB
    start = time.process_time()
    assert len(find_in(pa.array([text]))) == 1
    assert time.process_time() - start < 5
