"""What no view may hold, since it is kept for years: anything by which a person, a device or an account is reached."""

import re

# In the order they are tried. A phone number has 9 digits or more with the usual separators, 7 after a plus sign,
# or 8 in one run; so a trade mark's or a company's number is refused too, and a view refers to it by an opaque id.
_KINDS = {
    "email": r"@",
    "mac": r"(?<![0-9A-Za-z])(?:(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})"
    r"(?![0-9A-Za-z])",
    "ip": r"(?<![0-9])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])"
    r"|(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}",
    "number": r"[0-9]{8}|[0-9](?:[ ()./-]{0,3}[0-9]){8}|\+[ ()./-]{0,2}[0-9](?:[ ()./-]{0,3}[0-9]){6}",
}
_NAMES = {
    "email": "an e-mail address or a handle",
    "mac": "a MAC address",
    "ip": "an IP address",
    "number": "a phone or account number",
}
_READABLE = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))

_IBAN = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}|[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]){11,30})"
    r"(?![0-9A-Za-z])"
)

# Opaque ids and days hold long runs of digits by chance; they stand for nobody. A random id that holds a run of
# eleven digits is refused all the same: one in ten million does, and a phone number after a word looks like it.
_OPAQUE = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # UUID
    r"|(?=[0-9]*[a-f])(?:[0-9a-f]{32}|[0-9a-f]{64})"  # 16 or 32 bytes in hexadecimal
    r"|p_(?=[0-9]*[a-f])[0-9a-f]{16}"  # what the ledger calls a person or a client
    r"|20[0-9]{2}(?P<dash>-?)(?:0[1-9]|1[0-2])(?P=dash)(?:0[1-9]|[12][0-9]|3[01])"  # a day
    r")(?![0-9A-Za-z])"
    r"|^(?:[a-z]{1,3}_)?(?!.*[0-9]{11})(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?:[0-9A-Za-z_-]{22}|[0-9A-Za-z_-]{43})$"
)


def readable(text: str) -> str | None:
    """What kind of identifier the ASCII text shows to whoever reads it; None when there is none.

    Knows e-mail addresses and handles, IP and MAC addresses, IBANs, phone numbers and long numbers. UUIDs, digests,
    random ids of 16 or 32 bytes, pseudonyms and days pass.
    """
    if _READABLE.search(text) is None and _IBAN.search(text) is None:
        return None
    rest = _OPAQUE.sub(" _ ", text)
    if any(_is_iban(found[0]) for found in _IBAN.finditer(rest)):
        return "an IBAN"
    found = _READABLE.search(rest)
    return None if found is None else _NAMES[str(found.lastgroup)]


def _is_iban(written: str) -> bool:
    """ISO 7064 MOD 97-10 over the letters as 10 to 35, country and check digits moved to the end."""
    number = written.replace(" ", "").replace("-", "")
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1
