"""Personal data is found by its form and check digits; what only looks like it passes."""

import pytest

from julja.builder.pii import find_pii, luhn, mask


def kinds(text):
    return [finding.kind for finding in find_pii(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to maria.gomez+x@uni-bonn.de today", "email"),
        ("call +82 10-2345-6789", "phone"),
        ("call 010-2345-6789", "phone"),
        ("call (415) 555-2671", "phone"),
        ("call 415-555-2671 now", "phone"),
        ("card 4111 1111 1111 1111", "credit_card"),
        ("card 378282246310005", "credit_card"),
        ("IBAN DE89 3704 0044 0532 0130 00", "iban"),
        ("IBAN GB82WEST12345698765432", "iban"),
        ("server 203.119.26.7 is down", "ip"),
        ("server 2a00:1450:4001:82b:0:0:0:200e", "ip"),
        ("SSN 536-90-4399", "us_ssn"),
        ("주민번호 900101-1234567", "kr_rrn"),
        ("key sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8t", "api_key"),
        ("AKIAIOSFODNN7EXAMPLQ", "api_key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "api_key"),
        ("I live at 221 Maple Street, Springfield, IL 62704.", "address_heuristic"),
        ("주소는 서울특별시 강남구 테헤란로 152 입니다", "address_heuristic"),
    ],
)
def test_each_kind_is_found(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com and a@b.test",
        "git clone git@github.com:numpy/numpy.git",
        "x @ y in matrix notation, @property def f",
        "card 4111 1111 1111 1112",
        "the number 1234567890123456",
        "IBAN DE89 3704 0044 0532 0130 01",
        "ping 192.168.0.1, 10.0.0.7, 127.0.0.1 and 999.1.1.1",
        "introduced in version 9.27.0.0, released",
        "pi is 3.14159265358979323846",
        "SSN 000-12-3456 and 123-45-6789",
        "code 901301-1234567",
        "call 415-555-0123 in the film",
        "from 2019-2020, pages 415-555",
        "values 255 241 6950 7000 438",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "2024-01-02 03:04:05 and 12:30:45:99",
        "221 Baker Street is a film",
        "time::duration and std::vector::iterator",
    ],
)
def test_what_only_looks_like_it_passes(text):
    assert kinds(text) == []


def test_a_text_is_masked_where_it_was_found():
    text = "From joe@corp.io and 415-555-2671 to ann@corp.io."
    assert mask(text, find_pii(text)) == "From [EMAIL] and [PHONE] to [EMAIL]."


def test_a_kind_can_be_allowed():
    assert find_pii("joe@corp.io", allowed=("email",)) == []


def test_luhn_takes_the_standards_example():
    assert luhn([int(digit) for digit in "79927398713"])
    assert not any(luhn([int(d) for d in f"7992739871{last}"]) for last in range(10) if last != 3)
