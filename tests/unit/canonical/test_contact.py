"""E-mail addresses, phone numbers and messaging handles."""

import pytest

from hub.canonical import RefusedError, canonicalise


def _code(type: str, text: str, country: str | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        canonicalise(type, text, country=country)
    return caught.value.code


def test_dots_and_tags_at_a_provider_that_ignores_them() -> None:
    assert canonicalise("email", "Cool.Bags+x@googlemail.com") == canonicalise("email", "coolbags@gmail.com")


def test_dots_and_tags_anywhere_else() -> None:
    assert canonicalise("email", "cool.bags+x@coolbags.shop").value == "cool.bags+x@coolbags.shop"


def test_two_providers_of_one_company_are_two_mailboxes() -> None:
    assert canonicalise("email", "coolbags@hotmail.com") != canonicalise("email", "coolbags@outlook.com")


def test_a_mailbox_that_a_marketplace_made_for_one_order() -> None:
    assert _code("email", "x7k2m9@marketplace.amazon.de") == "relay"


def test_a_mailbox_that_only_sends_hidden_by_the_providers_dots() -> None:
    assert _code("email", "no.reply@gmail.com") == "role_address"


def test_a_mailbox_under_a_shop_builder_is_the_shops() -> None:
    assert canonicalise("email", "info@coolbags.myshopify.com").value == "info@coolbags.myshopify.com"


def test_a_phone_number_with_and_without_its_country() -> None:
    assert canonicalise("phone", "0139 1758 2046", country="CN") == canonicalise("phone", "+86 139-1758-2046")


def test_a_phone_number_that_says_its_country_is_not_read_in_another() -> None:
    assert canonicalise("phone", "+44 20 7946 0958", country="CN").value == "+442079460958"


def test_a_phone_number_without_any_country() -> None:
    assert _code("phone", "139 1758 2046") == "needs_country"


def test_a_mexican_mobile_number_in_its_old_and_new_form() -> None:
    assert canonicalise("phone", "+52 1 55 8392 7451") == canonicalise("phone", "+52 55 8392 7451")


def test_an_italian_number_keeps_its_zero() -> None:
    assert canonicalise("phone", "06 6982 1234", country="IT").value == "+390669821234"


def test_an_extension_of_a_switchboard() -> None:
    assert _code("phone", "+86 571 8839 2745 ext 12") == "extension"


def test_a_premium_number() -> None:
    assert _code("phone", "+44 909 879 0123") == "premium"


def test_a_number_of_one_digit_after_the_country_code() -> None:
    assert _code("phone", "+86 11111111111") == "junk"


def test_a_link_and_a_handle_meet() -> None:
    writings = ("https://t.me/CoolBags88", "tg:@coolbags88")
    assert {canonicalise("messaging_handle", text).value for text in writings} == {"telegram:coolbags88"}


def test_a_phone_number_under_two_networks_stays_two() -> None:
    forms = {canonicalise("messaging_handle", f"{network}:+8613917582046").value for network in ("whatsapp", "viber")}
    assert forms == {"whatsapp:+8613917582046", "viber:+8613917582046"}


def test_a_chinese_network_reads_a_bare_number_as_chinese() -> None:
    assert canonicalise("messaging_handle", "微信：13917582046").value == "wechat:+8613917582046"


def test_a_group_invitation_is_nobodys_handle() -> None:
    assert _code("messaging_handle", "https://t.me/+AbCdEfGhIjK") == "malformed"
