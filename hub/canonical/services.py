"""Payment services and messaging networks: `service:[kind/]id` from text or an address.

The facts are in payment_services.toml and networks.toml.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from hub.canonical import junk
from hub.canonical.chain import CHAINS, SELF_DESCRIBING
from hub.canonical.contact import canonical_email, canonical_phone
from hub.canonical.domain import one_token, refanged, split_address
from hub.canonical.facts import load
from hub.canonical.host import ascii_host
from hub.canonical.refusal import RefusedError, refused

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/|\?|\Z)", re.IGNORECASE)
_PHONE_LIKE = re.compile(r"[+(]?[0-9][0-9 ().+/-]{4,}")
_COIN_WORDS = frozenset({"usdt", "usdc", "crypto", "wallet"})
_MOST_PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class AccountId:
    """One kind of identifier; `explicit` = only where the kind is written or a link says so."""

    kind: str
    shape: re.Pattern[str]
    case: str
    drop: str
    explicit: bool


@dataclass(frozen=True, slots=True)
class Link:
    """Where an account stands in an address."""

    kind: str
    host: re.Pattern[str] | None
    path: re.Pattern[str] | None
    query: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """One payment service or messaging network."""

    name: str
    accepts: frozenset[str]
    phone_country: str | None
    ids: tuple[AccountId, ...]
    links: tuple[Link, ...]
    hosts: frozenset[str]
    reserved: frozenset[str]
    chain: str | None
    malformed: str

    def account(self, text: str, country: str | None, kind: str | None = None) -> str:
        """`[kind/]id` for an account as written; `kind` None tries every kind. Raises RefusedError."""
        text = text.strip()
        if junk.is_placeholder(text):
            raise refused("junk")
        if self.chain is not None:
            return CHAINS[self.chain](text.partition("?")[0])
        if kind == "phone":
            return canonical_phone(text if text.startswith("+") else f"+{text}", None)
        if kind is None:
            before, slash, after = text.partition("/")
            if slash and before and any(one.kind == before.lower() for one in self.ids):
                kind, text = before.lower(), after
        found = self._by_shape(text, kind)
        return found if found is not None else self._by_contact(text, country)

    def _by_shape(self, text: str, kind: str | None) -> str | None:
        for one in self.ids:
            if one.kind != kind if kind is not None else one.explicit and not text.startswith("@"):
                continue
            found = _folded(one, text)
            if found is None or found in self.reserved:
                continue
            if junk.is_placeholder(found):
                raise refused("junk")
            if junk.is_run(found):
                raise refused("junk_number")
            return f"{one.kind}{'/' if one.kind else ''}{found}"
        return None

    def _by_contact(self, text: str, country: str | None) -> str:
        if "email" in self.accepts and "@" in text.lstrip("@"):
            return canonical_email(text)
        if "phone" in self.accepts and _PHONE_LIKE.fullmatch(text):
            return canonical_phone(text, country or self.phone_country)
        raise refused(self.malformed)

    def account_in_address(self, host: str, path: str, query: Mapping[str, str], country: str | None) -> str:
        """`[kind/]id` for the account that an address of this service names. Raises RefusedError."""
        for link in self.links:
            if link.host is not None and not link.host.fullmatch(host):
                continue
            match = link.path.fullmatch(path) if link.path is not None else None
            found = (
                match["id"] if match is not None else next((query[name] for name in link.query if name in query), None)
            )
            if found:
                return self.account(found.strip(), country, link.kind)
        raise refused(self.malformed)


class Directory:
    """All services of one table, found by word or by host."""

    def __init__(self, table: str, *, needs_prefix: str, malformed: str, shared: str) -> None:
        rows = load(table)
        self._services = {name: _service(name, row, malformed) for name, row in rows.items()}
        self._by_word = {
            word: self._services[name] for name, row in rows.items() for word in (name, *row.get("also", ()))
        }
        self._by_host = {host: service for service in self._services.values() for host in service.hosts}
        self._needs_prefix = needs_prefix
        self._shared = shared
        self._chains = any(service.chain for service in self._services.values())

    def canonical(self, line: str, country: str | None) -> str:
        """`service:[kind/]id` for `service:account` or an address that names an account. Raises RefusedError."""
        line = refanged(line)
        word, colon, rest = line.partition(":")
        service = self._by_word.get(" ".join(word.lower().split())) if colon else None
        if service is not None:
            found = self._rest(service, rest.strip(" /"), country)
        else:
            service, found = self._without_word(line, word if colon else "", rest, country)
        value = f"{service.name}:{found}"
        junk.refuse_if_shared_value(
            self._shared, value, "shared_payment" if self._chains else "shared_platform_account"
        )
        return value

    def _rest(self, service: Service, rest: str, country: str | None) -> str:
        if _ADDRESS.match(rest) and service.hosts:
            named = self._in_address(rest, country)
            if named is not None and named[0] is service:
                return named[1]
        return service.account(rest, country)

    def _without_word(self, line: str, word: str, rest: str, country: str | None) -> tuple[Service, str]:
        if _ADDRESS.match(line):
            named = self._in_address(line, country)
            if named is not None:
                return named
        elif self._chains:
            text = rest.strip() if word.strip().lower() in _COIN_WORDS else line
            for chain, shape in SELF_DESCRIBING:
                if shape.fullmatch(text):
                    return self._services[chain], CHAINS[chain](text)
        raise refused("unknown_prefix" if word and not rest.startswith("//") else self._needs_prefix)

    def _in_address(self, line: str, country: str | None) -> tuple[Service, str] | None:
        try:
            authority, path, query = split_address(one_token(line))
            host = ascii_host(authority)
        except RefusedError:
            return None
        names = junk.names_within(host, "")
        service = next((self._by_host[name] for name in names if name in self._by_host), None)
        if service is None:
            return None
        try:
            pairs = parse_qsl(query, max_num_fields=_MOST_PARAMETERS)
        except ValueError as error:
            raise refused(service.malformed) from error
        parameters = {name.lower(): value for name, value in reversed(pairs)}
        host = host.removeprefix("www.")
        return service, service.account_in_address(host, unquote(path) or "/", parameters, country)


def _folded(one: AccountId, text: str) -> str | None:
    for candidate in (text, text[1:] if text[:1] in {"@", "$", "~"} else text):
        folded = {"lower": candidate.lower, "upper": candidate.upper}.get(one.case, candidate.strip)()
        match = one.shape.fullmatch(folded)
        if match is None:
            continue
        found = match.groupdict().get("id") or folded
        if one.drop:
            found = found.replace(one.drop, "")
            if not one.shape.fullmatch(found):
                continue
        return found
    return None


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(text, re.ASCII)


def _service(name: str, row: Mapping[str, Any], malformed: str) -> Service:
    return Service(
        name=name,
        accepts=frozenset(row.get("accepts", ())),
        phone_country=row.get("phone_country"),
        ids=tuple(
            AccountId(
                kind=one["kind"],
                shape=re.compile(one["shape"], re.ASCII),
                case=one.get("case", ""),
                drop=one.get("drop", ""),
                explicit=one.get("explicit", False),
            )
            for one in row.get("ids", ())
        ),
        links=tuple(
            Link(link["kind"], _pattern(link.get("host")), _pattern(link.get("path")), tuple(link.get("query", ())))
            for link in row.get("links", ())
        ),
        hosts=frozenset(row.get("hosts", ())),
        reserved=frozenset(row.get("reserved", "").split()),
        chain=row.get("chain"),
        malformed=malformed,
    )


_PAYMENTS = Directory(
    "payment_services", needs_prefix="needs_prefix_payment", malformed="malformed_payment", shared="payments"
)
_NETWORKS = Directory("networks", needs_prefix="needs_prefix_handle", malformed="malformed_handle", shared="handles")


def canonical_payment_account(line: str, country: str | None) -> str:
    """`service:[kind/]id`, such as paypal:name@shop.net, alipay:+86…, bitcoin:bc1…

    E-mail and phone accounts take their own canonical form; chain addresses keep or lose their case by the chain's
    rule and need no prefix where they name their chain themselves. Raises RefusedError.
    """
    return _PAYMENTS.canonical(line, country)


def canonical_messaging_handle(line: str, country: str | None) -> str:
    """`network:[kind/]id`, such as wechat:shop_888 or whatsapp:+44…

    It comes from a handle with its network before a colon, or from a link (wa.me, t.me). Raises RefusedError.
    """
    return _NETWORKS.canonical(line, country)
