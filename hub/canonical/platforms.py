"""Platforms: where a store stands in an address, and how its identifier is written. The facts are in platforms.toml."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.canonical import junk
from hub.canonical.facts import load
from hub.canonical.refusal import refused


@dataclass(frozen=True, slots=True)
class IdKind:
    """One kind of identifier on a platform; the fields are described in platforms.toml."""

    kind: str
    shape: re.Pattern[str]
    case: str
    sited: bool
    drop: str
    to: str
    to_kind: str


@dataclass(frozen=True, slots=True)
class StoreRule:
    """One place in an address where a store may stand; None means "anything"."""

    kind: str
    sub: re.Pattern[str] | None
    path: re.Pattern[str] | None
    query: tuple[str, ...]
    value: re.Pattern[str] | None
    unless_sub: re.Pattern[str] | None
    unless_path: re.Pattern[str] | None

    def find(self, sub: str, path: str, query: Mapping[str, str]) -> str | None:
        """What stands where this rule looks, or None."""
        if _matches(self.unless_sub, sub) or _matches(self.unless_path, path):
            return None
        found: str | None = None
        for pattern, text in ((self.sub, sub), (self.path, path)):
            if pattern is None:
                continue
            match = pattern.fullmatch(text)
            if match is None:
                return None
            found = match.groupdict().get("id") or found
        return found if found is not None else self._find_in_query(query)

    def _find_in_query(self, query: Mapping[str, str]) -> str | None:
        for name in self.query:
            text = query.get(name)
            if not text:
                continue
            if self.value is None:
                return text
            match = self.value.fullmatch(text)
            if match is not None:
                return match["id"]
        return None


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform: its sites by domain, kinds of identifier and rules for its addresses."""

    name: str
    title: str
    sites: Mapping[str, str]
    ids: tuple[IdKind, ...]
    stores: tuple[StoreRule, ...]
    items: tuple[re.Pattern[str], ...]
    item_subs: re.Pattern[str] | None
    reserved: frozenset[str]

    def canonical_id(self, text: str, site: str, country: str | None, kind: str | None = None) -> str | None:
        """`platform[.site]:[kind/]id` for an identifier as written, or None if it has no shape known here.

        `kind` None tries every kind in order. Raises RefusedError `needs_country` if the identifier means nothing
        without the country, `junk` or `shared`.
        """
        text = text.strip().removeprefix("@")
        if text.lower() in self.reserved:
            return None
        for id_kind in self.ids:
            if kind is None or id_kind.kind == kind:
                found = _folded(id_kind, text)
                if found is not None and found.lower() not in self.reserved:
                    return self._written(id_kind, found, site, country)
        return None

    def domain_of(self, host: str) -> str:
        """The platform's own domain that `host`, one of its hosts, stands under."""
        return next(name for name in _upwards(host) if name in self.sites)

    def _written(self, id_kind: IdKind, found: str, site: str, country: str | None) -> str:
        if junk.is_placeholder(found):
            raise refused("junk")
        if junk.is_run(found):
            raise refused("junk_number")
        where = ""
        if id_kind.sited:
            where = site or self._site_of(country)
            where = f".{where}"
        kind = id_kind.to_kind
        value = f"{id_kind.to or self.name}{where}:{kind}{'/' if kind else ''}{found}"
        junk.refuse_if_shared_value("sellers", value)
        return value

    def _site_of(self, country: str | None) -> str:
        site = (country or "").lower()
        if not site or site not in self.sites.values():
            raise refused("site_needs_country")
        return site

    def store_in_address(self, host: str, path: str, query: Mapping[str, str], country: str | None) -> str:
        """The canonical value of the store that an address on this platform names.

        `host` stands under one of the platform's domains, `path` is decoded, `query` has lower-case names. Raises
        RefusedError `item_page`, `no_store` or as `canonical_id`.
        """
        domain = self.domain_of(host)
        sub = host[: -len(domain)].rstrip(".").removeprefix("www.")
        sub = "" if sub == "www" else sub
        for rule in self.stores:
            found = rule.find(sub, path, query)
            if found is not None:
                value = self.canonical_id(found, self.sites[domain], country, rule.kind)
                if value is not None:
                    return value
        shows_item = _matches(self.item_subs, sub) or any(_matches(item, path) for item in self.items)
        raise refused("item_page" if shows_item else "no_store")


def platform_of_host(host: str) -> Platform | None:
    """The platform that a host belongs to, or None."""
    return next((_BY_DOMAIN[name] for name in _upwards(host) if name in _BY_DOMAIN), None)


def platform_of_word(word: str) -> tuple[Platform, str] | None:
    """Platform and site ("" if none is named) for the word before the colon of a seller id, or None.

    A word is the platform's name or another of its names, one of its domains, or name and country: shopee.my,
    shopee-my.
    """
    key = " ".join(word.lower().split())
    platform = _BY_WORD.get(key)
    if platform is not None:
        return platform, platform.sites.get(key, "")
    name, _, site = key.replace("-", ".").replace("_", ".").replace(" ", ".").rpartition(".")
    platform = _BY_WORD.get(name)
    if platform is not None and site in platform.sites.values():
        return platform, site
    return None


def _folded(id_kind: IdKind, text: str) -> str | None:
    folded = {"lower": text.lower, "upper": text.upper}.get(id_kind.case, text.strip)()
    match = id_kind.shape.fullmatch(folded)
    if match is None:
        return None
    found = match.groupdict().get("id") or folded
    if id_kind.drop:
        found = found.replace(id_kind.drop, "")
        if not id_kind.shape.fullmatch(found):
            return None
    return found


def _upwards(host: str) -> Iterable[str]:
    yield host
    while "." in host:
        host = host.partition(".")[2]
        yield host


def _matches(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.fullmatch(text) is not None


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(text, re.ASCII)


def _platform(name: str, row: Mapping[str, Any]) -> Platform:
    ids = tuple(
        IdKind(
            kind=one["kind"],
            shape=re.compile(one["shape"], re.ASCII),
            case=one.get("case", ""),
            sited=one.get("sited", False),
            drop=one.get("drop", ""),
            to=one.get("to", ""),
            to_kind=one.get("to_kind", one["kind"]),
        )
        for one in row["ids"]
    )
    stores = tuple(
        StoreRule(
            kind=rule["kind"],
            query=tuple(rule.get("query", ())),
            **{part: _pattern(rule.get(part)) for part in ("sub", "path", "value", "unless_sub", "unless_path")},
        )
        for rule in row["stores"]
    )
    return Platform(
        name=name,
        title=row["title"],
        sites={domain: site for site, domains in row["hosts"].items() for domain in domains},
        ids=ids,
        stores=stores,
        items=tuple(re.compile(item, re.ASCII) for item in row.get("items", ())),
        item_subs=_pattern(row.get("item_subs")),
        reserved=frozenset(row.get("reserved", "").split()),
    )


_ROWS = load("platforms")

PLATFORMS: Mapping[str, Platform] = {name: _platform(name, row) for name, row in _ROWS.items()}
"""Every platform by its name."""

_BY_DOMAIN = {domain: platform for platform in PLATFORMS.values() for domain in platform.sites}
_BY_WORD = {
    word: platform
    for name, platform in PLATFORMS.items()
    for word in (name, platform.title.lower(), *_ROWS[name]["also"], *platform.sites)
}
