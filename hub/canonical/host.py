"""Host names: A-labels, and the part of a name that one party registered."""

import re
from functools import lru_cache
from urllib.parse import SplitResult

import idna
from tldextract import TLDExtract

from hub.canonical.facts import load
from hub.canonical.refusal import RefusedError, refused

_SUFFIXES = load("suffixes")
_ONE_LABEL_SITES = frozenset(_SUFFIXES["one_label_sites"])
# Offline: the list bundled with the pinned tldextract, no download, no cache on disk. The list is part of the rule
# version; tests/unit/canonical/test_pins.py holds its digest.
_extract = TLDExtract(
    cache_dir=None,
    suffix_list_urls=(),
    fallback_to_snapshot=True,
    include_psl_private_domains=True,
    extra_suffixes=tuple(_SUFFIXES["suffixes"]),
)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*")
_DOTS = str.maketrans("。｡．", "...")
_JOINERS = frozenset("\u200c\u200d")
_LONGEST_HOST = 253


def ascii_host(text: str, malformed: str = "malformed_domain") -> str:
    """`text` as a host name of A-labels in lower case, without a final dot.

    UTS #46 non-transitional, as browsers do it; names that IDNA 2008 would not have registered (emoji) are registered
    all the same, so they pass. Underscores pass left of the registered part. Raises RefusedError `malformed` (the row
    named by `malformed`) or `ip_address`.
    """
    host = text.lower()
    if not _HOST.fullmatch(host) or "xn--" in host:
        host = _mapped(text, malformed)
    if host[-1].isdigit() and _NUMERIC.fullmatch(host):
        raise refused("ip_address")
    if len(host) > _LONGEST_HOST:
        raise refused(malformed)
    return host


def registrable(host: str) -> str:
    """The registered domain of an `ascii_host`: the public suffix and one label.

    Suffixes are those of the public suffix list, its private section included, and of suffixes.toml, so that two
    customers of one shop builder stay apart. Raises RefusedError `unknown_suffix`, `bare_suffix` or `malformed`.
    """
    found = _extract.extract_urllib(SplitResult("", host, "", "", ""))
    suffix = found.suffix
    if not suffix:
        raise refused("unknown_suffix")
    if found.is_private and suffix.partition(".")[2] in _ONE_LABEL_SITES:
        return suffix
    if not found.domain:
        raise refused("bare_suffix")
    if "_" in found.domain:
        raise refused("malformed_domain")
    return f"{found.domain}.{suffix}"


def has_registrable(host: str) -> bool:
    """Whether `registrable(host)` has an answer."""
    try:
        registrable(host)
    except RefusedError:
        return False
    return True


def without_www(host: str) -> str:
    """`host` without leading www. and m., as long as a registered domain is left."""
    while host.startswith(("www.", "m.")):
        rest = host.partition(".")[2]
        if not has_registrable(rest):
            break
        host = rest
    return host


def _mapped(text: str, malformed: str) -> str:
    labels = text.translate(_DOTS).removesuffix(".").split(".")
    if len(text) > 4 * _LONGEST_HOST:
        raise refused(malformed)
    try:
        host = ".".join(_a_label(label) for label in labels)
    except (idna.IDNAError, UnicodeError, ValueError) as error:
        raise refused(malformed) from error
    if not _HOST.fullmatch(host):
        raise refused("ip_address" if _NUMERIC.fullmatch(host) else malformed)
    return host


@lru_cache(maxsize=4096)  # the same few top-level and builder labels come again and again
def _a_label(label: str) -> str:
    """One A-label or plain label; raises IDNAError or ValueError where UTS #46 has none."""
    lowered = label.lower()
    if lowered.startswith("xn--"):
        unicode_label = lowered[4:].encode("ascii").decode("punycode")
        if _a_label(unicode_label) != lowered:  # not what any Unicode label is written as
            raise ValueError
        return lowered
    if label.isascii():
        return lowered
    mapped = idna.uts46_remap(label, std3_rules=False, transitional=False)
    if "." in mapped:  # a character that unfolds into a dot would move the label's border
        raise ValueError
    if mapped.isascii():
        return mapped
    idna.check_initial_combiner(mapped)
    for position, char in enumerate(mapped):
        if char in _JOINERS and not idna.valid_contextj(mapped, position):
            raise ValueError
    idna.check_bidi(mapped)
    return "xn--" + mapped.encode("punycode").decode("ascii")
