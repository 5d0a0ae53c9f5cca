"""Amounts in minor units of a currency of ISO 4217: 12.50 EUR is 1250, 1250 JPY is 1250."""

import re
from collections.abc import Mapping
from types import MappingProxyType

_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY"
    " COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF"
    " IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR"
    " MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG"
    " SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES"
    " WST XCD YER ZAR ZMW"
)
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
DIGITS: Mapping[str, int] = MappingProxyType(
    {code: digits for codes, digits in ((_TWO, 2), (_NONE, 0), (_THREE, 3)) for code in codes.split()}
)
"""Currency → digits of its minor unit, for the currencies that people pay with."""
MOST = 10**12
"""Minor units of one amount."""
_AMOUNT = re.compile(r"(\d{1,12})(?:\.(\d{1,3}))?", re.ASCII)


class AmountError(ValueError):
    """What was given is no amount of that currency; the text says how to write one."""


def check_currency(code: str) -> str:
    """The code, in capitals. Raises AmountError for one of no currency."""
    if code.upper() not in DIGITS:
        raise AmountError("give the currency by its three letters (ISO 4217), as EUR")
    return code.upper()


def check_minor(minor: int, least: int = 0) -> int:
    """The amount. Raises AmountError out of bounds."""
    if not least <= minor <= MOST:
        raise AmountError(f"give an amount of {least} to {MOST:,} minor units")
    return minor


def minor_of(text: str, currency: str) -> int:
    """`12.50` in the currency's minor units. Raises AmountError for more digits than the currency has."""
    digits = DIGITS[check_currency(currency)]
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or len(found[2] or "") > digits:
        written = f"12.{'5'.ljust(digits, '0')}" if digits else "12"
        raise AmountError(f"write the amount in {currency.upper()} as {written}, without signs and blanks")
    return check_minor(int(found[1]) * 10**digits + int((found[2] or "").ljust(digits, "0") or 0))


def shown(minor: int, currency: str) -> str:
    """`1,250.50 EUR`, as people read it."""
    digits = DIGITS[currency]
    whole, part = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole:,}{f'.{part:0{digits}}' if digits else ''} {currency}"
