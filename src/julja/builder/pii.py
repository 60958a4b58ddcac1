"""Finds personal data and secrets in a prompt, each kind by its form and, where it has one, its
check digits.

A screen, not a promise: names of people have no form, and `address_heuristic` is what its name
says. What is reserved for examples (example.com, 555-01xx, 192.0.2.1) or for private networks is
nobody's and passes.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address

STAGE = "pii"


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of personal data: its kind, and where it stands in the text."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """A pattern and the check of what it found; without `hint` in the text nothing is searched."""

    name: str
    pattern: "re.Pattern[str]"
    check: Callable[[str], bool]
    hint: "re.Pattern[str]"


def find_pii(text: str, allowed: Collection[str] = ()) -> list[Finding]:
    """All findings, left to right; where two overlap the kind that is checked most strictly stays.

    >>> [f.kind for f in find_pii("bob@corp.io, +1 415-555-2671, card 4111111111111111")]
    ['email', 'phone', 'credit_card']
    """
    found: list[Finding] = []
    for kind in _KINDS:
        if kind.name in allowed or not kind.hint.search(text):
            continue
        for match in kind.pattern.finditer(text):
            clash = any(match.start() < other.end and other.start < match.end() for other in found)
            if not clash and kind.check(match[0]):
                found.append(Finding(kind.name, match.start(), match.end()))
    return sorted(found, key=lambda finding: finding.start)


def mask(text: str, findings: Collection[Finding]) -> str:
    """The text with each finding replaced by its kind.

    >>> mask("to bob@corp.io.", find_pii("to bob@corp.io."))
    'to [EMAIL].'
    """
    for finding in sorted(findings, key=lambda finding: -finding.start):
        text = f"{text[: finding.start]}[{finding.kind.upper()}]{text[finding.end :]}"
    return text


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character in "0123456789"]


def luhn(digits: list[int]) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_card(text: str) -> bool:
    digits = _digits(text)
    head = int("".join(map(str, digits[:4])))
    # Visa; Mastercard; American Express; Discover; Diners; JCB; UnionPay.
    lengths: tuple[int, ...] = ()
    if head // 1000 == 4:
        lengths = (13, 16, 19)
    elif 5100 <= head <= 5599 or 2221 <= head <= 2720:
        lengths = (16,)
    elif head // 100 in (34, 37):
        lengths = (15,)
    elif head == 6011 or head // 100 == 65 or 3528 <= head <= 3589 or head // 100 == 62:
        lengths = (16, 17, 18, 19)
    elif head // 100 in (36, 38, 39) or 3000 <= head <= 3059:
        lengths = (14,)
    return len(digits) in lengths and len(set(digits)) > 1 and luhn(digits)


def _is_iban(text: str) -> bool:
    """ISO 13616: letters as numbers, the first four characters last, remainder 1 modulo 97."""
    packed = text.replace(" ", "")
    if not 15 <= len(packed) <= 34:
        return False
    moved = packed[4:] + packed[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


_RESERVED_DOMAINS = re.compile(
    r"@(?:.*\.)?(?:example\.(?:com|org|net|edu)|.*\.(?:example|test|invalid|localhost)|example"
    r"|domain\.com|email\.com|test\.com|(?:your|my)?(?:company|domain|site|website)\.com)$",
    re.IGNORECASE,
)


def _is_email(text: str) -> bool:
    # git@github.com names a server, noreply@ nobody.
    machine = text.lower().startswith(("git@", "noreply@", "no-reply@"))
    return not machine and not _RESERVED_DOMAINS.search(text)


def _is_public_ip(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if not address.is_global:
        return False
    # 1.2.3.4 and 8.8.8.8 stand for any address in a great many prompts.
    return text not in ("1.2.3.4", "8.8.8.8", "8.8.4.4", "1.1.1.1", "9.9.9.9", "4.3.2.1")


def _is_ssn(text: str) -> bool:
    """Area, group and serial as the Social Security Administration gives them out."""
    area, group, serial = text[:3], text[4:6], text[7:]
    known = text in ("123-45-6789", "078-05-1120", "219-09-9999", "987-65-4321")
    return not (area in ("000", "666") or area >= "900" or group == "00" or serial == "0000") and (
        not known
    )


def _is_rrn(text: str) -> bool:
    """A Korean resident registration number: a date of birth, and a century and sex that fit.

    Numbers given out since October 2020 have no check digit, so none is asked for.
    """
    digits = _digits(text)
    century = {1: 1900, 2: 1900, 3: 2000, 4: 2000, 5: 1900, 6: 1900, 7: 2000, 8: 2000}
    start = century.get(digits[6])
    if start is None:
        return False
    year, month, day = (digits[place] * 10 + digits[place + 1] for place in (0, 2, 4))
    try:
        born = date(start + year, month, day)
    except ValueError:
        return False
    return born <= date.today() and len(set(digits[7:])) > 1


def _is_phone(text: str) -> bool:
    digits = "".join(map(str, _digits(text)))
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    # 555-0100 to 555-0199 are kept for fiction in North America.
    fiction = len(national) == 10 and national[3:8] == "55501"
    counted = len(set(digits)) < 3 or digits.endswith(("123456789", "1234567890"))
    return 8 <= len(digits) <= 15 and not fiction and not counted


def _is_key(text: str) -> bool:
    if text.startswith("-----BEGIN"):
        return True
    body = re.split(r"[-_]", text)[-1] if text.startswith(("sk-", "sk_", "pk_")) else text
    # A placeholder (sk-xxxxxxxx, YOUR_KEY) has few different characters.
    return len(set(body)) >= 10 or len(set(text)) >= 14


def _always(_: str) -> bool:
    return True


_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Terrace"
    r"|Highway|Hwy)"
)
_ADDRESS = re.compile(
    # 221 Maple Street, Springfield, IL 62704: a street alone is a place, not somebody's address.
    rf"\b\d{{1,5}}[A-Z]?\s+(?:[NSEW]\.?\s+)?(?:[A-Z][\w']+\s+){{1,3}}{_STREET}\b\.?"
    r"(?:,?\s+(?:Apt|Apartment|Suite|Ste|Unit|#)\.?\s*\w+)?"
    r",?\s+(?:[A-Z][\w.]+\s*){1,3},?\s+(?:[A-Z]{2}\s+\d{5}(?:-\d{4})?"
    r"|[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})\b"
    # 서울특별시 강남구 테헤란로 123
    r"|[가-힣]{2,7}(?:시|도)\s+(?:[가-힣]{1,5}(?:시|군|구)\s+){1,2}"
    r"[가-힣0-9]{1,12}(?:로|길)\s*\d{1,4}(?:-\d{1,4})?"
)
_SEP = r"[\s.\-]"
_PHONE = re.compile(
    r"(?<![\w.+/\-])(?:"
    rf"\+\d{{1,3}}{_SEP}?\(?\d{{1,4}}\)?(?:{_SEP}?\d{{2,4}}){{2,4}}"
    rf"|\(\d{{3}}\)\s?\d{{3}}{_SEP}\d{{4}}"
    # Not with spaces: rows of a table look so.
    r"|(?:1[\-.])?[2-9]\d{2}([\-.])[2-9]\d{2}\1\d{4}"
    r"|01[016789][\-. ]?\d{3,4}[\-. ]?\d{4}"
    r"|0(?:2|[3-6][1-5])-\d{3,4}-\d{4}"
    r")(?![\w\-]|\.\d)"
)
_KEY = re.compile(
    r"\b(?:sk-(?:proj-|ant-|or-)?[\w-]{20,}|[sp]k_(?:live|test)_[A-Za-z0-9]{16,}|AKIA[0-9A-Z]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abposr]-[\w-]{10,}"
    r"|AIza[\w-]{35}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|SG\.[\w-]{20,}\.[\w-]{30,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,})"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
)
# The strictest first: what they find is not taken again for something weaker.
_KINDS = (
    _Kind(
        "api_key",
        _KEY,
        _is_key,
        re.compile(r"sk[-_]|pk_|AKIA|gh[pousr]_|github_pat|glpat|xox|AIza|hf_|npm_|SG\.|eyJ|BEGIN"),
    ),
    _Kind(
        "email",
        re.compile(
            r"(?<![\w.+%-])[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*"
            r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}\b"
        ),
        _is_email,
        re.compile("@"),
    ),
    _Kind(
        "iban",
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
        _is_iban,
        re.compile(r"[A-Z]{2}\d{2}"),
    ),
    _Kind(
        "credit_card",
        re.compile(r"(?<![\w.\-])\d(?:[ -]?\d){12,18}(?![\w\-]|\.\d)"),
        _is_card,
        re.compile(r"\d{4}[ -]?\d{4}"),
    ),
    _Kind(
        "kr_rrn",
        re.compile(r"(?<![\w\-])\d{6}-[1-8]\d{6}(?![\w\-])"),
        _is_rrn,
        re.compile(r"\d{6}-[1-8]"),
    ),
    _Kind(
        "us_ssn",
        re.compile(r"(?<![\w\-])\d{3}-\d{2}-\d{4}(?![\w\-])"),
        _is_ssn,
        re.compile(r"\d{3}-\d{2}-\d{4}"),
    ),
    _Kind(
        "ip",
        re.compile(
            r"(?<![\w.])(?<![vV]ersion )(?<![vV]er\. )(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
            r"|(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])"
            r"|(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){2,6}:(?:[0-9a-fA-F]{1,4}:){0,5}[0-9a-fA-F]{1,4}"
            r"(?![\w:])"
        ),
        _is_public_ip,
        re.compile(r"\d\.\d{1,3}\.\d|[0-9a-fA-F]:[0-9a-fA-F:]+:"),
    ),
    _Kind("phone", _PHONE, _is_phone, re.compile(r"\d[\d\s().\-]{6,}\d")),
    _Kind("address_heuristic", _ADDRESS, _always, re.compile(rf"{_STREET}\b|[로길]\s*\d")),
)


def kinds() -> Iterator[str]:
    """The kinds that are looked for."""
    return (kind.name for kind in _KINDS)
