"""Bank accounts: the IBAN, or country, bank code and account number."""

import re

from stdnum import bic, iban
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.us import rtn

from hub.canonical import junk
from hub.canonical.country import COUNTRIES, country_code
from hub.canonical.refusal import refused
from hub.canonical.text import plain_dashes, without

_SEPARATORS = " -./_"
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{10,30}")
_BIC = re.compile(r"[A-Z]{6}[0-9A-Z]{2}(?:[0-9A-Z]{3})?")
_BIC_BANK = 8
_ACCOUNT = re.compile(r"(?=(?:[A-Z]*[0-9]){4})[0-9A-Z]{4,34}")
# Bank codes of countries without IBAN, or whose banks are also known by them; elsewhere 2 to 12 digits.
_BANK_CODES = {
    "AU": re.compile(r"[0-9]{6}"),  # BSB
    "CA": re.compile(r"[0-9]{8,9}"),  # institution and transit number
    "CN": re.compile(r"[0-9]{12}"),  # CNAPS; its first digits alone may stand for a hundred banks
    "GB": re.compile(r"[0-9]{6}"),  # sort code
    "HK": re.compile(r"[0-9]{3}(?:[0-9]{3})?"),
    "IN": re.compile(r"[A-Z]{4}0[0-9A-Z]{6}"),  # IFSC
    "US": re.compile(r"[0-9]{9}"),  # routing number, checked below
}
_OTHER_BANK_CODE = re.compile(r"[0-9]{2,12}")
_UNIONPAY = re.compile(r"62[0-9]{14,17}")
_UNIONPAY_BANK = "UNIONPAY"


def canonical_bank_account(line: str, country: str | None) -> str:
    """The IBAN without blanks in upper case, or `CC:BANK:ACCOUNT`.

    BANK is the national code or the first 8 characters of the BIC. A Chinese UnionPay card number (62…) names its bank
    itself and becomes CN:UNIONPAY:number, however the bank is written. Raises RefusedError `malformed`, `bad_check`
    (IBAN mod 97, US routing number), `needs_country`, `unknown_country`, `country_mismatch` or `junk`.
    """
    written = plain_dashes(line).upper().split(":")
    if junk.is_placeholder(written[-1]):
        raise refused("junk")
    parts = [without(part, _SEPARATORS) for part in written]
    if parts[0] == "IBAN" and len(parts) > 1:
        parts = parts[1:]
    if len(parts) == 1 and _IBAN.fullmatch(parts[0]):
        return _iban(parts[0], country)
    if len(parts) == 1 and parts[0].isdigit() and country is None:
        raise refused("needs_country")
    where, rest = _country_of(parts, country)
    account = rest[-1]
    if not _ACCOUNT.fullmatch(account):
        raise refused("malformed_bank")
    if junk.is_run(account):
        raise refused("junk_number")
    if where == "CN" and _UNIONPAY.fullmatch(account):
        return f"CN:{_UNIONPAY_BANK}:{account}"
    if len(rest) == 1:
        raise refused("malformed_bank")
    return f"{where}:{_bank(where, rest[0])}:{account}"


def _country_of(parts: list[str], country: str | None) -> tuple[str, list[str]]:
    """The account's country, and the one or two parts that follow it."""
    if len(parts) == 3 or (len(parts) == 2 and parts[0] in COUNTRIES):
        named = country_code(parts[0])
        if named is None:
            raise refused("needs_country")
        if country is not None and named != country:
            raise refused("country_mismatch")
        return named, parts[1:]
    if len(parts) > 2:
        raise refused("malformed_bank")
    if country is None:
        raise refused("needs_country" if len(parts) > 1 else "malformed_bank")
    return country, parts


def _iban(number: str, country: str | None) -> str:
    if number[:2] not in COUNTRIES:
        raise refused("malformed_bank")
    try:
        value = iban.validate(number)
    except InvalidChecksum as error:
        raise refused("bad_check") from error
    except (ValidationError, ValueError) as error:
        raise refused("malformed_bank") from error
    if country is not None and value[:2] != country:
        raise refused("country_mismatch")
    if len(set(value[4:])) == 1:
        raise refused("junk_number")
    return value


def _bank(country: str, code: str) -> str:
    shape = _BANK_CODES.get(country, _OTHER_BANK_CODE)
    if shape.fullmatch(code):
        if junk.is_run(code):
            raise refused("junk_number")
        if country == "US" and not rtn.is_valid(code):
            raise refused("bad_check")
        return code
    if _BIC.fullmatch(code) and code[4:6] in COUNTRIES and bic.is_valid(code):
        return code[:_BIC_BANK]
    raise refused("bank_name")
