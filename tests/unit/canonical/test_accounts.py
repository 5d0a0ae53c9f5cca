"""Company numbers, bank accounts and payment accounts."""

import pytest

from hub.canonical import RefusedError, canonicalise


def _code(type: str, text: str, country: str | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        canonicalise(type, text, country=country)
    return caught.value.code


def _company(text: str, country: str | None = None) -> str:
    return canonicalise("company_number", text, country=country).value


def test_a_chinese_licence_says_its_country_itself() -> None:
    assert _company("9111 0000 6000 3734 1L") == _company("91110000600037341L", country="CN")


def test_a_chinese_licence_with_one_character_wrong() -> None:
    assert _code("company_number", "91110000600037341M") == "bad_check"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FR40303265045", "FR:303 265 045"),
        ("BE0403019261", "BE:403.019.261"),
        ("AU:ACN:004 085 616", "AU:53 004 085 616"),
        ("IN:27AAPFU0939F1ZV", "IN:AAPFU0939F"),
        ("SE556188840401", "SE:556188-8404"),
        ("EL094259216", "GR:VAT:094259216"),
        ("CA:123026635RC0001", "CA:123026635"),
        ("VN:0314409058-002", "VN:0314409058"),
    ],
)
def test_two_numbers_of_one_company_of_which_one_is_made_of_the_other(one: str, other: str) -> None:
    assert _company(one) == _company(other)


def test_a_vat_number_that_is_not_made_of_the_company_number() -> None:
    assert _company("DE136695976") == "DE:VAT:136695976"


def test_a_country_beside_the_number_that_is_another() -> None:
    assert _code("company_number", "CN:91110000600037341L", "US") == "country_mismatch"


def test_a_number_of_zeros_that_its_own_check_digit_accepts() -> None:
    assert _code("company_number", "FR:000000000") == "junk"


def test_a_country_without_a_table_takes_the_number_unchecked() -> None:
    assert _company("AE:CN-1839274") == "AE:CN1839274"


def test_an_iban_however_it_is_spaced() -> None:
    assert canonicalise("bank_account", "iban: gb33 bukb 2020 1555 5555 55").value == "GB33BUKB20201555555555"


def test_a_chinese_card_however_its_bank_is_written() -> None:
    banks = ("ICBC", "ICBKCNBJ", "工商银行")
    forms = {canonicalise("bank_account", f"CN:{bank}:6222020083927451026").value for bank in banks}
    assert forms == {"CN:UNIONPAY:6222020083927451026"}


def test_a_branch_of_a_bank_is_the_bank() -> None:
    forms = {canonicalise("bank_account", f"CN:{bic}:0200004509014400183") for bic in ("ICBKCNBJXXX", "ICBKCNBJ")}
    assert len(forms) == 1


def test_a_bank_by_its_name() -> None:
    assert _code("bank_account", "US:CHASE:4830192756") == "malformed"


def test_a_routing_number_with_one_digit_wrong() -> None:
    assert _code("bank_account", "US:021000022:4830192756") == "bad_check"


def test_a_payment_account_takes_the_form_of_its_e_mail() -> None:
    assert canonicalise("payment_account", "PayPal: Cool.Bags@gmail.com").value == "paypal:coolbags@gmail.com"


def test_one_key_on_every_chain_with_ethereums_addresses() -> None:
    address = "0x52908400098527886E0F7030069857D2E4169EE7"
    forms = {canonicalise("payment_account", f"{chain}:{address}").value for chain in ("eth", "bsc", "polygon", "usdt")}
    assert forms == {f"ethereum:{address.lower()}"}


def test_an_address_whose_letters_have_a_meaning_in_their_case() -> None:
    assert _code("payment_account", "bitcoin:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVn2") == "bad_check"


def test_a_taproot_address() -> None:
    address = "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"
    assert canonicalise("payment_account", address.upper()).value == f"bitcoin:{address}"


def test_the_contract_of_a_coin_is_everybodys() -> None:
    assert _code("payment_account", "usdt-trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t") == "shared"
