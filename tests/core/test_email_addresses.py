"""One normal form of an e-mail address, in which nothing looks like what it is not."""

import unicodedata

import pytest
from email_validator import EmailNotValidError
from hypothesis import given
from hypothesis import strategies as st

from core.email_addresses import comparable, is_misleading, normalize
from core.mail.smtp.client import in_ascii_if_possible


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("Ada@EXAMPLE.com", "ada@example.com"),
        ("idna@exämple.de", "idna@exämple.de"),
        ("idna@xn--exmple-cua.de", "idna@exämple.de"),
        ("IDNA@XN--EXMPLE-CUA.DE", "idna@exämple.de"),
        ("JÖRG@example.com", "jörg@example.com"),
        ("jo\u0308rg@exa\u0308mple.de", "jörg@exämple.de"),
        ("a@ＥＸＡＭＰＬＥ.com", "a@example.com"),
        ("İ@example.com", "i\u0307@example.com"),
        ("a@faß.de", "a@faß.de"),
    ],
)
def test_every_way_to_type_an_address_gives_its_normal_form(typed: str, normal: str) -> None:
    assert normalize(typed) == normal
    assert comparable(f" {typed} ") == normal


@pytest.mark.parametrize(
    "text", ["", "ada", "ada@", "xn--@", "a@xn--zz.de", "jörg", "a b@exämple.de", "ä=?utf-8?q?a=0d=0ax=3ay?=@x.de"]
)
def test_what_is_no_address_is_compared_as_it_is(text: str) -> None:
    assert comparable(text) == text
    with pytest.raises(EmailNotValidError):
        normalize(text)


@pytest.mark.parametrize(
    "domain",
    [
        "аррӏе.com",  # Cyrillic throughout
        "exаmple.com",  # one Cyrillic letter
        "www.аррӏе.com",
        "ορνιον.com",  # Greek
        "հոս.com",  # Armenian
        "gıthub.com",  # without its dot
        "ɑpple.com",
        "ꓮꓑꓑꓡꓰ.com",  # Lisu
        "पайн.com",
    ],
)
def test_a_domain_of_mixed_or_confusable_scripts_is_shown_in_ascii(domain: str) -> None:
    assert is_misleading(domain)


def test_the_address_that_looks_like_apples_is_shown_in_ascii() -> None:
    assert normalize("a@xn--80ak6aa92e.com") == normalize("a@аррӏе.com") == "a@xn--80ak6aa92e.com"


@pytest.mark.parametrize(
    "domain",
    [
        "example.com", "exämple.de", "straße.de", "łódź.pl", "þór.is", "phở.vn", "почта.рф", "яндекс.com", "сор.рф",
        "ελλάδα.gr", "ορο.ελ", "例え.jp", "ラーメンtokyo.jp", "한국.kr", "भारत.भारत", "مثال.com", "דוגמה.com", "1-2.de",
    ],
)  # fmt: skip
def test_a_domain_in_a_language_of_its_own_is_shown_as_it_is_read(domain: str) -> None:
    assert not is_misleading(domain)
    assert normalize(f"a@{domain}") == f"a@{domain}"


@given(st.text("aAäÄßıİΣσçа́ё\u0308-1", min_size=1, max_size=6), st.text("aäßаӏʼе1-\u0308", min_size=1, max_size=6))
def test_the_normal_form_is_normal_and_the_same_destination(name: str, label: str) -> None:
    try:
        normal = normalize(f"{name}@{label}.com")
    except EmailNotValidError:
        return
    assert normalize(normal) == normal
    assert unicodedata.is_normalized("NFC", normal)
    assert in_ascii_if_possible(normal).endswith(in_ascii_if_possible(f"{name}@{label}.com").rpartition("@")[2])
