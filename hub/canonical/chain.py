"""Addresses on public block chains, each by its own case rule and checksum."""

import hashlib
import re
from collections.abc import Callable, Mapping

from hub.canonical.refusal import refused

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_SHAPE = re.compile(rf"[{_BASE58}]{{25,50}}")
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_SHAPE = re.compile(rf"(bc|ltc)1([{_BECH32}]{{11,87}})")
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANTS = {0: 1}  # BIP 173 for witness version 0
_BECH32M_CONSTANT = 0x2BC830A3  # BIP 350 for all later versions
_EVM = re.compile(r"0x[0-9a-f]{40}")
_SOLANA_BYTES = 32
_PAYLOAD_BYTES = 21
_CHECK_BYTES = 4


def bitcoin(text: str) -> str:
    """Base58Check (case kept) or bech32/bech32m (lower case), BIP 173 and 350. Raises RefusedError."""
    return _either(text, "bc", frozenset({0x00, 0x05}))


def litecoin(text: str) -> str:
    """As `bitcoin`, with Litecoin's own prefixes; its old "3" addresses are refused, as they are also Bitcoin's."""
    return _either(text, "ltc", frozenset({0x30, 0x32}))


def dogecoin(text: str) -> str:
    """Base58Check, case kept. Raises RefusedError."""
    return _base58check(text, frozenset({0x1E, 0x16}))


def tron(text: str) -> str:
    """Base58Check with version 0x41 ("T…"), case kept. Raises RefusedError."""
    return _base58check(text, frozenset({0x41}))


def ethereum(text: str) -> str:
    """0x and 40 hexadecimal digits in lower case; the case checksum of EIP-55 is not part of the address."""
    text = text.lower()
    if not _EVM.fullmatch(text):
        raise refused("malformed_payment")
    return text


def solana(text: str) -> str:
    """Base58 of 32 bytes, case kept; Solana has no checksum. Raises RefusedError."""
    if not _BASE58_SHAPE.fullmatch(text) or len(_base58(text)) != _SOLANA_BYTES:
        raise refused("malformed_payment")
    return text


CHAINS: Mapping[str, Callable[[str], str]] = {
    "bitcoin": bitcoin,
    "ethereum": ethereum,
    "tron": tron,
    "solana": solana,
    "litecoin": litecoin,
    "dogecoin": dogecoin,
}
"""Checks by the chain's name: text → canonical address, or RefusedError `malformed` or `bad_check`."""

SELF_DESCRIBING: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bitcoin", re.compile(rf"bc1[{_BECH32}]{{11,87}}", re.IGNORECASE)),
    ("litecoin", re.compile(rf"ltc1[{_BECH32}]{{11,87}}", re.IGNORECASE)),
    ("ethereum", re.compile(r"0x[0-9a-f]{40}", re.IGNORECASE)),
    ("tron", re.compile(rf"T[{_BASE58}]{{33}}")),
    ("bitcoin", re.compile(rf"[13][{_BASE58}]{{25,34}}")),
)
"""Shapes that name their chain themselves, so that the prefix may be left out."""


def _either(text: str, human: str, versions: frozenset[int]) -> str:
    if text.lower().startswith(f"{human}1"):
        return _bech32(text.lower(), human)
    return _base58check(text, versions)


def _base58(text: str) -> bytes:
    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base58check(text: str, versions: frozenset[int]) -> str:
    if not _BASE58_SHAPE.fullmatch(text):
        raise refused("malformed_payment")
    decoded = _base58(text)
    payload, check = decoded[:-_CHECK_BYTES], decoded[-_CHECK_BYTES:]
    if len(payload) != _PAYLOAD_BYTES:
        raise refused("malformed_payment")
    if hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:_CHECK_BYTES] != check:
        raise refused("bad_check")
    if payload[0] not in versions:
        raise refused("malformed_payment")
    return text


def _bech32(text: str, human: str) -> str:
    match = _BECH32_SHAPE.fullmatch(text)
    if match is None or match[1] != human:
        raise refused("malformed_payment")
    values = [_BECH32.index(char) for char in match[2]]
    constant = _BECH32_CONSTANTS.get(values[0], _BECH32M_CONSTANT)
    expanded = [ord(char) >> 5 for char in human] + [0] + [ord(char) & 31 for char in human]
    if _polymod(expanded + values) != constant:
        raise refused("bad_check")
    return text


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check
