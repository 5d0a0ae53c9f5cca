"""Company and tax numbers, by country; the check digits are python-stdnum's."""

import re
from collections.abc import Iterator

from stdnum.exceptions import InvalidChecksum, ValidationError

from hub.canonical import junk
from hub.canonical.company_schemes import BY_COUNTRY, VAT_AREAS, Scheme
from hub.canonical.country import country_code
from hub.canonical.refusal import refused
from hub.canonical.text import plain_dashes, without

_SEPARATORS = " -./_·\\"
_NUMBER = re.compile(r"[0-9A-Z&]{4,32}")
_PREFIXED = re.compile(r"([A-Z]{2})(?=[0-9A-Z])")
_UNCHECKED = re.compile(r"(?=(?:[A-Z]*[0-9]){4})[0-9A-Z]{5,20}")


def canonical_company_number(line: str, country: str | None) -> str:
    """`CC:NUMBER`, or `CC:KIND:NUMBER` where the number is not the country's principal one (`DE:VAT:136695976`).

    `line` is `CC:NUMBER`, `CC:KIND:NUMBER`, a VAT number with its country letters, a Chinese USCC, or a bare number
    with `country`. A VAT number that is made of the company number becomes that number, so that both meet. Countries
    that company_schemes.py does not know take 5 to 20 letters and digits, at least 4 of them digits, unchecked.
    Raises RefusedError `malformed`, `bad_check`, `needs_country`, `unknown_country`, `country_mismatch` or `junk`.
    """
    parts = [part.strip() for part in plain_dashes(line).upper().split(":")]
    if len(parts) > len(("country", "kind", "number")):
        raise refused("malformed_company")
    if junk.is_placeholder(parts[-1]):
        raise refused("junk")
    number = without(parts[-1], _SEPARATORS)
    if not _NUMBER.fullmatch(number):
        raise refused("malformed_company")
    if junk.is_run(number):
        raise refused("junk_number")
    if len(parts) > 1:
        named = country_code(VAT_AREAS.get(parts[0], parts[0]))
        if named is None:
            raise refused("needs_country")
        if country is not None and country != named:
            raise refused("country_mismatch")
        return _within(named, parts[1] if len(parts) > 2 else None, number)
    if country is not None:
        return _within(country, None, number)
    return _by_itself(number)


def _by_itself(number: str) -> str:
    """A number that says its country itself: a Chinese USCC or a VAT number."""
    if any(scheme.shape.fullmatch(number) for scheme in BY_COUNTRY["CN"]):
        return _within("CN", None, number)
    prefix = _PREFIXED.match(number)
    area = VAT_AREAS.get(prefix[1]) if prefix else None
    if area is None:
        raise refused("needs_country")
    return _within(area, None, number)


def _within(country: str, kind: str | None, number: str) -> str:
    schemes = BY_COUNTRY.get(country, ())
    if kind is not None:
        schemes = tuple(scheme for scheme in schemes if kind in scheme.kinds)
        if not schemes:
            raise refused("malformed_company")
    elif not schemes:
        return _unchecked(country, number)
    else:
        schemes = tuple(scheme for scheme in schemes if not scheme.by_name_only)
    wrong_check = False
    for candidate in _candidates(country, number):
        for scheme in schemes:
            try:
                value = _fits(scheme, candidate)
            except InvalidChecksum:
                wrong_check = True
            else:
                if value is not None:
                    return value
    raise refused("bad_check" if wrong_check else "malformed_company")


def _candidates(country: str, number: str) -> Iterator[str]:
    """`number` as written, then without the country letters that VAT numbers carry."""
    yield number
    prefix = _PREFIXED.match(number)
    if prefix is not None and VAT_AREAS.get(prefix[1], prefix[1]) == country:
        yield number[2:]


def _fits(scheme: Scheme, number: str) -> str | None:
    """The canonical value if `number` is one of `scheme`, None if its shape is another's.

    Raises InvalidChecksum if only the check digits are wrong, RefusedError if the number is a placeholder.
    """
    if not scheme.shape.fullmatch(number):
        return None
    try:
        compact = scheme.principal(scheme.validate(number))
    except InvalidChecksum:
        raise
    except (ValidationError, ValueError):
        return None
    if junk.is_run(compact):
        raise refused("junk_number")
    return f"{scheme.country}:{scheme.kind}{':' if scheme.kind else ''}{compact}"


def _unchecked(country: str, number: str) -> str:
    if not _UNCHECKED.fullmatch(number):
        raise refused("malformed_company")
    return f"{country}:{number}"
