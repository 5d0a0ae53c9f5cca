"""Stores: the address of a store and the seller's id on its platform, which meet in one value where they can."""

import re
from urllib.parse import parse_qsl, quote, unquote, unquote_to_bytes

from hub.canonical import junk
from hub.canonical.domain import one_token, refanged, split_address
from hub.canonical.facts import load
from hub.canonical.host import ascii_host, registrable, without_www
from hub.canonical.platforms import Platform, platform_of_host, platform_of_word
from hub.canonical.refusal import RefusedError, refused
from hub.canonical.text import LONGEST_VALUE

_URL = load("urls")
_TRACKING = frozenset(_URL["tracking"]["names"])
_TRACKING_PREFIXES = tuple(_URL["tracking"]["prefixes"])
_INDEX = re.compile(rb"(?:index|default|home)\.(?:html?|php|aspx?|jsp)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:/|[a-z][a-z0-9+.-]*://|//|[^:/?#\s]+\.[^:/?#\s]+(?::[0-9]+)?[/?#]", re.IGNORECASE)
_FOREIGN_ID = re.compile(r"[!-.0-~]{1,128}")
_MOST_PARAMETERS = 200
# Left as they are. Brackets and list separators are escaped, since they would be taken for dirt when the value is
# read again.
_PATH_SAFE = "!$&'*+=:@-._~"
_QUERY_SAFE = "/!$'*:@-._~"
_ASCII = "".join(map(chr, range(33, 127)))
_PATH_NAMES_ONE_PARTY = frozenset({"shared_marketplace", "shared_service", "shared_link"})


def canonical_store_url(line: str, country: str | None) -> str:
    """The canonical value of the store that `line`, an address or `platform:id`, names.

    On a known platform: `platform[.site]:[kind/]id`, the value that its seller id has. Elsewhere: host without www.
    and m., path without index page and final slash, and the query without tracking parameters, sorted; the path keeps
    its case. Raises RefusedError.
    """
    line = refanged(line)
    word, colon, rest = line.partition(":")
    named = platform_of_word(word) if colon and not rest.startswith("//") else None
    if named is not None and not _ADDRESS.match(line):
        return _platform_id(*named, rest, country)
    host, path, query = _address(line)
    platform = platform_of_host(host)
    if platform is not None:
        return _on_platform(platform, host, path, query, country)
    return _elsewhere(without_www(host), path, query)


def canonical_seller_id(line: str, country: str | None) -> str:
    """`platform[.site]:[kind/]id` for `platform:id`, or for the address of a store on a known platform.

    A platform that is not in the table is named by its domain. Raises RefusedError.
    """
    line = refanged(line)
    word, colon, rest = line.partition(":")
    if not colon or _ADDRESS.match(line):
        return _store_on_platform(line, country)
    named = platform_of_word(word)
    if named is not None:
        return _platform_id(*named, rest, country)
    return _id_under_domain(word.strip(), rest.strip(), country)


def _store_on_platform(line: str, country: str | None) -> str:
    """The store that an address on a known platform names; without platform or address, an id means nothing."""
    try:
        host, path, query = _address(line)
    except RefusedError as error:
        raise refused("needs_prefix_seller") from error
    platform = platform_of_host(host)
    if platform is None:
        raise refused("needs_prefix_seller")
    return _on_platform(platform, host, path, query, country)


def _platform_id(platform: Platform, site: str, rest: str, country: str | None) -> str:
    rest = rest.strip(" /")
    if junk.is_placeholder(rest):
        raise refused("junk")
    kind, slash, text = rest.partition("/")
    explicit = kind.lower() if slash and any(one.kind == kind.lower() for one in platform.ids) else None
    value = platform.canonical_id(text if explicit is not None else rest, site, country, explicit)
    if value is None:
        raise refused("malformed_seller")
    return value


def _id_under_domain(word: str, text: str, country: str | None) -> str:
    """A seller id on a platform named by a host; on an unknown one its case is kept, as nothing is known of it."""
    if "." not in word:
        raise refused("unknown_prefix")
    try:
        domain = registrable(ascii_host(word))
    except RefusedError as error:
        raise refused("unknown_prefix") from error
    named = platform_of_word(domain)
    if named is not None:
        return _platform_id(*named, text, country)
    if junk.SHARED_DOMAINS.get(domain, "shared_marketplace") != "shared_marketplace":
        raise refused("unknown_prefix")
    if junk.is_placeholder(text):
        raise refused("junk")
    if junk.is_run(text):
        raise refused("junk_number")
    if not _FOREIGN_ID.fullmatch(text):
        raise refused("malformed_seller")
    return f"{domain}:{text}"


def _address(line: str) -> tuple[str, str, str]:
    """Host in A-labels, path and query of an address; refuses what is no address of a public site."""
    authority, path, query = split_address(one_token(line))
    host = ascii_host(authority, "malformed_url")
    return host, path, query


def _on_platform(platform: Platform, host: str, path: str, query: str, country: str | None) -> str:
    for name in junk.names_within(host, platform.domain_of(host)):
        if junk.SHARED_DOMAINS.get(name) == "short_link":
            raise refused("short_link")
    parameters: dict[str, str] = {}
    for name, value in _parameters(query):
        parameters.setdefault(name.lower(), value)
    return platform.store_in_address(host, unquote(re.sub(r"/{2,}", "/", path)) or "/", parameters, country)


def _elsewhere(host: str, path: str, query: str) -> str:
    path = normal_path(path)
    query = normal_query(query)
    if not path and not query:
        junk.refuse_if_shared_host(host, registrable(host))
        return host
    for name in junk.names_within(host, _owner(host)):
        found = junk.SHARED_DOMAINS.get(name)
        if found is not None and found not in _PATH_NAMES_ONE_PARTY:
            raise refused(found)
    value = f"{host}{path}{'?' if query else ''}{query}"
    if len(value) > LONGEST_VALUE:
        raise refused("too_long_address")
    return value


def _owner(host: str) -> str:
    """The registered domain of `host`; or `host` if it is a suffix, as a builder's own host may keep shops in paths."""
    try:
        return registrable(host)
    except RefusedError as error:
        if error.code != "bare_suffix":
            raise
        return host


def normal_path(path: str) -> str:
    """RFC 3986 §6.2.2: dot segments resolved, escapes in one form; needless slashes and index pages dropped."""
    segments: list[bytes] = []
    for segment in map(unquote_to_bytes, path.split("/")):
        if segment == b"..":
            del segments[-1:]
        elif segment not in {b"", b"."}:
            segments.append(segment)
    while segments and _INDEX.fullmatch(segments[-1]):
        segments.pop()
    return "".join(f"/{quote(segment, safe=_PATH_SAFE)}" for segment in segments)


def _parameters(query: str) -> list[tuple[str, str]]:
    """Names and values, each character one byte as sent: addresses in GBK or broken escapes lose nothing."""
    try:
        return parse_qsl(_escaped(query), keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise refused("malformed_url") from error


def _escaped(text: str) -> str:
    return text if text.isascii() else quote(text, safe=_ASCII)


def normal_query(query: str) -> str:
    """Without tracking parameters, sorted. Raises RefusedError for too many."""
    kept = sorted(
        (name, value)
        for name, value in _parameters(query)
        if name.lower() not in _TRACKING and not name.lower().startswith(_TRACKING_PREFIXES)
    )
    return "&".join("=".join(quote(part, safe=_QUERY_SAFE, encoding="latin-1") for part in pair) for pair in kept)
