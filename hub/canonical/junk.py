"""What is refused whatever its shape: placeholders, and values that many parties share."""

from collections.abc import Mapping

from hub.canonical.facts import load
from hub.canonical.refusal import refused

_LIST = load("warning_list")
_WORDS = frozenset(_LIST["junk"]["words"])
_EDGE = " \t.,;:!?#*-_=+/\\|~^$%&@()[]{}<>\"'`"
_REASONS = {
    "marketplace": "shared_marketplace",
    "messaging": "shared_messaging",
    "payment": "shared_payment",
    "forwarder": "shared_forwarder",
    "shortener": "short_link",
    "link_hub": "shared_link",
    "mail": "shared_mail",
    "service": "shared_service",
}
_RUNS = ("01234567890123456789", "98765432109876543210")
_SHORTEST_RUN = 5

SHARED_DOMAINS: Mapping[str, str] = {
    **{
        domain: "shared_marketplace"
        for platform in load("platforms").values()
        for domains in platform["hosts"].values()
        for domain in domains
    },
    **{domain: _REASONS[why] for why, domains in _LIST["domains"].items() for domain in domains},
    **dict.fromkeys(_LIST["junk"]["domains"], "junk_domain"),
}
"""Domain → name of its refusal. A domain stands for everything under it."""

JUNK_EMAILS = frozenset(_LIST["junk"]["emails"])
RELAY_HOSTS = frozenset(_LIST["mail"]["relay"])
PROXY_DOMAINS = frozenset(_LIST["mail"]["proxy"])
NOBODY = frozenset(_LIST["mail"]["nobody"])
SENDS_ONLY = frozenset(_LIST["mail"]["sends_only"])
_SHARED_VALUES: Mapping[str, frozenset[str]] = {kind: frozenset(values) for kind, values in _LIST["values"].items()}


def is_placeholder(line: str) -> bool:
    """Whether `line` is a word or sign that people put where they have no value: N/A, none, "-", 无."""
    if len(line) > 40:
        return False
    core = line.casefold().strip(_EDGE)
    if core in _WORDS or not core:
        return True
    return core.replace("/", "").replace("-", " ").replace("_", " ") in _WORDS


def is_run(digits: str) -> bool:
    """Whether `digits` is one repeated digit, or five and more digits that count up or down."""
    if not digits.isdigit():
        return False
    if len(set(digits)) == 1:
        return True
    return len(digits) >= _SHORTEST_RUN and any(digits in run for run in _RUNS)


def names_within(host: str, domain: str) -> list[str]:
    """`host` and every name above it up to and including its registered `domain`, longest first."""
    names = [host]
    while host != domain and "." in host:
        host = host.partition(".")[2]
        names.append(host)
    return names


def refuse_if_shared_host(host: str, domain: str) -> None:
    """Raise RefusedError if `host`, or a name above it up to its registered `domain`, is on the warning list.

    What stands above the registered domain does not count: a shop on a shared builder is the shop's own.
    """
    for name in names_within(host, domain):
        found = SHARED_DOMAINS.get(name)
        if found is not None:
            raise refused(found)


def refuse_if_shared_value(kind: str, value: str, refusal: str = "shared_platform_account") -> None:
    """Raise RefusedError if the canonical `value` is listed under `kind` of the warning list's single values."""
    if value in _SHARED_VALUES[kind]:
        raise refused(refusal)
