"""The tables of facts: nothing doubled, nothing dead, and the lists that the rule versions stand on unchanged."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from tldextract import TLDExtract

from hub.canonical import TYPES, RefusedError, canonicalise
from hub.canonical.facts import load
from hub.canonical.host import registrable
from hub.canonical.platforms import PLATFORMS

VECTORS = json.loads(files("hub.canonical").joinpath("vectors.json").read_text(encoding="utf-8"))
PUBLIC_SUFFIXES = set(TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True).tlds)


def _lists(table: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name, value in table.items():
        if isinstance(value, list):
            yield name, value
        elif isinstance(value, dict):
            yield from _lists(value)


def test_the_public_suffix_list_is_the_one_the_rules_were_made_with() -> None:
    # Another list gives other values: raise the rule version of domain, store_url, seller_id and email with it.
    snapshot = files("tldextract").joinpath(".tld_set_snapshot").read_bytes()
    assert hashlib.sha256(snapshot).hexdigest() == VECTORS["public_suffix_list"]["sha256"]


def test_no_suffix_of_ours_is_one_that_the_public_suffix_list_has() -> None:
    assert PUBLIC_SUFFIXES.isdisjoint(load("suffixes")["suffixes"])


@pytest.mark.parametrize("name", ["junk", "domains", "mail", "values"])
def test_nothing_stands_twice_in_the_warning_list(name: str) -> None:
    counts = Counter(entry for _, entries in _lists(load("warning_list")[name]) for entry in entries)
    assert [entry for entry, count in counts.items() if count > 1] == []


def test_no_domain_of_the_warning_list_is_a_suffix() -> None:
    domains = [domain for _, entries in _lists(load("warning_list")["domains"]) for domain in entries]
    suffixes = PUBLIC_SUFFIXES.union(load("suffixes")["suffixes"])
    assert [domain for domain in domains if domain in suffixes] == []


@pytest.mark.parametrize("part", ["domains", "mail"])
def test_the_hosts_of_the_warning_list_are_written_as_rules_write_them(part: str) -> None:
    hosts = [
        entry
        for name, entries in _lists(load("warning_list")[part])
        for entry in entries
        if name not in {"nobody", "sends_only"}
    ]
    assert [host for host in hosts if not host.isascii() or host != host.lower() or not registrable(host)] == []


@pytest.mark.parametrize(
    ("kind", "type"),
    [
        ("phones", "phone"),
        ("sellers", "seller_id"),
        ("payments", "payment_account"),
        ("handles", "messaging_handle"),
    ],
)
def test_each_single_value_of_the_warning_list_is_refused_as_shared(kind: str, type: str) -> None:
    for value in load("warning_list")["values"][kind]:
        with pytest.raises(RefusedError) as caught:
            canonicalise(type, value)
        assert (value, caught.value.code) == (value, "shared")


def test_no_domain_belongs_to_two_platforms() -> None:
    counts = Counter(domain for platform in PLATFORMS.values() for domain in platform.sites)
    assert [domain for domain, count in counts.items() if count > 1] == []


def test_every_rule_of_a_platform_leads_to_a_kind_that_the_platform_has() -> None:
    for platform in PLATFORMS.values():
        assert {rule.kind for rule in platform.stores} <= {one.kind for one in platform.ids}


@pytest.mark.parametrize("type", TYPES)
def test_the_examples_of_a_type_are_identifiers_of_it(type: str) -> None:
    assert [canonicalise(type, text).type for text in TYPES[type].examples] == [type, type]


def test_only_a_phone_is_kept_for_one_year() -> None:
    days = {name: type.retention_days for name, type in TYPES.items()}
    assert days == dict.fromkeys(TYPES, 730) | {"phone": 365}
