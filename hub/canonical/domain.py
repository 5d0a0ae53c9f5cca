"""Domains: the registered domain in A-labels."""

import re

from hub.canonical import junk
from hub.canonical.host import ascii_host, registrable
from hub.canonical.refusal import refused
from hub.canonical.text import plain_dashes

_SCHEME = re.compile(r"https?:/+|(?:[a-z][a-z0-9+.-]{0,15}:)?/{2,}", re.IGNORECASE)
_DEFANGED = re.compile(r"[\[({](?:\.|dot|(:|://|/))[\])}]", re.IGNORECASE)
_COMMENT = ("#", "//", ";", "!")
_HOSTS_FILE = re.compile(r"0\.0\.0\.0|127\.0\.0\.1|::1?")
_LIST_DIRT = ",;|^"
_PORT = re.compile(r":[0-9]{0,5}\Z")


def canonical_domain(line: str) -> str:
    """The registered domain that `line` names, in A-labels and lower case.

    `line` may be a host, a web address (scheme, user, port, path and query are dropped), a line of a block list or
    hosts file, or a defanged name (hxxp://shop[.]net). Raises RefusedError `malformed`, `empty` (a comment),
    `ip_address`, `unknown_suffix`, `bare_suffix`, `junk`, `shared` or `short_link`.
    """
    host = ascii_host(bare_host(line))
    domain = registrable(host)
    junk.refuse_if_shared_host(host, domain)
    return domain


def bare_host(line: str) -> str:
    """The host part of an address or list line, not yet checked. Raises RefusedError `empty` or `malformed`."""
    if not _needs_cutting(line):
        return line
    line = one_token(refanged(line)).strip(_LIST_DIRT)
    authority, _, _ = split_address(line)
    return authority


def _needs_cutting(line: str) -> bool:
    return not line.isascii() or not all(char.isalnum() or char in ".-" for char in line) or line[0] in ".-"


def refanged(line: str) -> str:
    """`line` with the usual ways of making an address unclickable undone. Idempotent."""
    while "[" in line or "(" in line or "{" in line:
        clickable = _DEFANGED.sub(lambda match: match[1] or ".", line)
        if clickable == line:
            break
        line = clickable
    return re.sub(r"\Ah(?:xx|\*\*)p(s?):", r"http\1:", line, flags=re.IGNORECASE)


def one_token(line: str) -> str:
    """The one value of a list line: without a trailing comment, and without the address column of a hosts file.

    Raises RefusedError `empty` for a comment, `malformed` for more than one value.
    """
    # "//host/path" is an address without its scheme, "// words" a comment.
    if line.startswith(_COMMENT) and (not line.startswith("//") or line[2:3] in {"", " ", "/"}):
        raise refused("comment")
    words = line.split(maxsplit=3)
    if len(words) > 1 and _HOSTS_FILE.fullmatch(words[0]):
        words = words[1:]
    if not words:
        raise refused("malformed_domain")
    if len(words) > 1 and not words[1].startswith(_COMMENT):
        raise refused("malformed_domain")
    return words[0]


def split_address(line: str) -> tuple[str, str, str]:
    """Host, path and query of a web address, as written; user, port and fragment are dropped."""
    scheme = _SCHEME.match(line)
    rest = line[scheme.end() :] if scheme else line
    rest = rest.replace("\\", "/").partition("#")[0]
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    authority = authority.rpartition("@")[2]
    if authority.startswith("["):
        return authority, slash + path, query
    authority = _PORT.sub("", plain_dashes(authority)).removeprefix("*.").strip(".")
    return authority, slash + path, query
