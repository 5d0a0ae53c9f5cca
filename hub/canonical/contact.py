"""E-mail addresses and phone numbers."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from hub.canonical import junk
from hub.canonical.facts import load
from hub.canonical.host import ascii_host, registrable
from hub.canonical.refusal import refused
from hub.canonical.text import plain_dashes

_PROVIDERS = [(row, row.get("aliases", ()), row.get("separate", ())) for row in load("mail_providers").values()]
_RULES = {domain: row for row, aliases, separate in _PROVIDERS for domain in (*aliases, *separate)}
_HOME = {domain: aliases[0] for _, aliases, _ in _PROVIDERS for domain in aliases}
# RFC 5321 §4.1.2 Dot-string; a quoted local part is refused, as no mail provider gives one out.
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAMED = re.compile(r"[^<>]*<([^<>]+)>")
_LONGEST_LOCAL = 64
_LONGEST_EMAIL = 254
_UNSHARED = frozenset({"shared_mail", "shared_link", "shared_service", "short_link"})

_PHONE = re.compile(r"\+?[0-9][0-9 ().\-/]*")
_EXTENSION = re.compile(
    r"(?:;?\s*ext(?:n|ension)?\.?|[x#]|доб\.?|分机|分機|内线|转|轉)\s*[:=.]?\s*[0-9]{1,8}\Z", re.IGNORECASE
)
_PREMIUM = frozenset({PhoneNumberType.PREMIUM_RATE})
# The 1 before Mexican mobile numbers fell away in 2019; old lists still have it.
_MEXICAN_MOBILE = re.compile(r"\+52[ .-]*1(?=(?:\D*[0-9]){10}\D*\Z)")
_SHORTEST_NATIONAL = 5
_LONGEST_E164 = 15
_LONGEST_PHONE = 64  # as written, with all its spaces and brackets


def canonical_email(line: str) -> str:
    """The address in lower case with an A-label domain, folded by its provider's rules (mail_providers.toml).

    Only providers in that table have dots, tags or domain aliases folded. Raises RefusedError `malformed`,
    `unknown_suffix`, `junk`, `relay`, `role_address` or `shared` (a mailbox of a marketplace, payment processor or
    carrier itself).
    """
    local, host = _email_parts(line)
    domain = registrable(host)
    names = junk.names_within(host, domain)
    _refuse_nobody(local, f"{local}@{host}")
    if not junk.RELAY_HOSTS.isdisjoint(names):
        raise refused("relay")
    if domain in junk.PROXY_DOMAINS:
        raise refused("role_address")
    for name in names:
        found = junk.SHARED_DOMAINS.get(name)
        if found is not None and found not in _UNSHARED:
            raise refused(found)
    return _folded(local, host)


def _email_parts(line: str) -> tuple[str, str]:
    line = line.lower()
    if line.startswith("mailto:"):
        line = line.removeprefix("mailto:").partition("?")[0]
    line = line.strip(" ,;")
    named = _NAMED.fullmatch(line)
    if named is not None:
        line = named[1].strip()
    local, at, domain = line.rpartition("@")
    if not at or len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        raise refused("malformed_email")
    host = ascii_host(domain, "malformed_email")
    if "_" in host or len(local) + len(host) >= _LONGEST_EMAIL:
        raise refused("malformed_email")
    return local, host


def _folded(local: str, host: str) -> str:
    provider = _RULES.get(host)
    if provider is None:
        return f"{local}@{host}"
    tag = provider.get("tag", "")
    if tag:
        local = local.partition(tag)[0]
    for char in provider.get("ignored", ""):
        local = local.replace(char, "")
    for written, meant in provider.get("same", ()):
        local = local.replace(written, meant)
    # What is left may be nothing ("+x@gmail.com") or nobody ("n.o.n.e@gmail.com").
    folded = f"{local}@{_HOME.get(host, host)}"
    if not _LOCAL.fullmatch(local):
        raise refused("malformed_email")
    _refuse_nobody(local, folded)
    return folded


def _refuse_nobody(local: str, address: str) -> None:
    if address in junk.JUNK_EMAILS or local in junk.NOBODY:
        raise refused("junk")
    if local in junk.SENDS_ONLY:
        raise refused("role_address")


def canonical_phone(line: str, country: str | None) -> str:
    """The number in E.164, "+" and up to 15 digits.

    It needs its country calling code (+ or 00) or `country`, an ISO 3166 code. Raises RefusedError `malformed`,
    `needs_country`, `not_possible` (wrong length, short numbers), `premium`, `extension`, `junk` or `shared`.
    """
    if len(line) > _LONGEST_PHONE:
        raise refused("malformed_phone")
    text = plain_dashes(line.removeprefix("tel:").removeprefix("TEL:")).strip(" ,;")
    text = "".join(str(int(char)) if char.isdecimal() else char for char in text)
    if _EXTENSION.search(text):
        raise refused("extension")
    if text.startswith("("):
        text = text.replace("(", "", 1)
    if text.startswith("00"):
        text = f"+{text[2:].lstrip(' ')}"
    if not _PHONE.fullmatch(text):
        raise refused("malformed_phone")
    digits = "".join(filter(str.isdigit, text))
    if junk.is_run(digits):
        raise refused("junk_number")
    if country is None and not text.startswith("+"):
        raise refused("phone_needs_country")
    number = _possible(_MEXICAN_MOBILE.sub("+52", text), country)
    _refuse_worthless(number)
    value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # A few plans read their own E.164 form as another number (a national prefix inside); only a fixed point is
    # canonical.
    if len(value) > _LONGEST_E164 + 1 or _e164(value) != value:
        raise refused("not_possible")
    junk.refuse_if_shared_value("phones", value)
    return value


def _possible(text: str, country: str | None) -> PhoneNumber:
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException as error:
        raise refused("not_possible") from error
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise refused("not_possible")
    return number


def _refuse_worthless(number: PhoneNumber) -> None:
    national = str(number.national_number)
    if len(national) < _SHORTEST_NATIONAL:
        raise refused("not_possible")
    if junk.is_run(national):
        raise refused("junk_number")
    if phonenumbers.number_type(number) in _PREMIUM:
        raise refused("premium")


def _e164(value: str) -> str | None:
    try:
        return phonenumbers.format_number(phonenumbers.parse(value, None), PhoneNumberFormat.E164)
    except NumberParseException:
        return None
