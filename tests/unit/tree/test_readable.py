import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.tree.readable import readable


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("seller@shop.example", "an e-mail address or a handle"),
        ("wrote as @real_deals", "an e-mail address or a handle"),
        ("192.0.2.17", "an IP address"),
        ("from 192.0.2.17.", "an IP address"),
        ("2001:db8::1", "an IP address"),
        ("::1", "an IP address"),
        ("2001:0db8:0000:0000:0000:ff00:0042:8329", "an IP address"),
        ("00:1a:2B:3c:4d:5e", "a MAC address"),
        ("00-1A-2B-3C-4D-5E", "a MAC address"),
        ("001a.2b3c.4d5e", "a MAC address"),
        ("+4915112345678", "a phone or account number"),
        ("+49 (0) 151 1234 5678", "a phone or account number"),
        ("call 0151/12345678", "a phone or account number"),
        ("030 12 34 56 7", "a phone or account number"),
        ("+45 12345 67", "a phone or account number"),
        ("tel4915112345678", "a phone or account number"),
        ("a4915112345678", "a phone or account number"),
        ("Call-me-49151123456789", "a phone or account number"),
        ("12345678", "a phone or account number"),
        ("20261399", "a phone or account number"),
        ("4111 1111 1111 1111", "a phone or account number"),
        ("00000000000000000000000000000000", "a phone or account number"),
        ("DE89370400440532013000", "an IBAN"),
        ("DE89 3704 0044 0532 0130 00", "an IBAN"),
        ("gb82west12345698765432", "an IBAN"),
        ("paid to GB82 WEST 1234 5698 7654 32", "an IBAN"),
        ("MT43MALTA11AB2345CDMTLCAST1S", "an IBAN"),
    ],
)
def test_identifier_in_a_text_is_told_by_its_kind(text: str, kind: str) -> None:
    assert readable(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "brand-a",
        "example.2026-q4.store_url",
        "amber+strict",
        "TLP:AMBER",
        "E2",
        "1234567",
        "v10.0.2",
        "2026-11-24",
        "20261124",
        "example.2026-11-24.phone",
        "3f2504e0-4f89-41d3-9a0c-030512345678",
        "12345678-1234-4123-8123-123456789012",
        "m_12345678aB3dE6gH9jK2mN",
        "p_a123456789012345",
        "12345678aB3dE6gH9jK2mN",
        "0123456789abcdef" * 4,
        "0123456789abcdef" * 2,
        "MT43MALTA11AB2345CDMTLCAST1T",
    ],
)
def test_code_or_opaque_id_shows_nobody(text: str) -> None:
    assert readable(text) is None


@given(some.from_regex(r"p_[a-f][0-9a-f]{15}", fullmatch=True))
def test_pseudonym_shows_nobody_whatever_digits_it_holds(pseudonym: str) -> None:
    assert readable(pseudonym) is None
