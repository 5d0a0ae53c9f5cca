"""Domains: which spellings meet, and which names must never meet."""

import subprocess
import sys

import pytest

from hub.canonical import RefusedError, canonicalise

SPELLINGS = [
    "cool-bags.co.uk",
    "WWW.Cool-Bags.CO.UK.",
    "https://user:pw@shop.cool-bags.co.uk:8443/a?b#c",
    "hxxps://cool-bags[.]co[.]uk/x",
    "*.cool-bags.co.uk",
    "0.0.0.0 cool-bags.co.uk",
    "cool-bags.co.uk   # seen in May",
    "ｃｏｏｌ-bags.co.uk",
    "m_1.cool-bags.co.uk",
]

# A program of its own, so that the first use of the suffix list is seen.
OFFLINE = """
import os, socket, sys

def watch(event, args):
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}:
        os._exit(3)
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        os._exit(4)

sys.addaudithook(watch)
from hub.canonical import canonicalise
assert canonicalise("domain", "a.coolbags.co.uk").value == "coolbags.co.uk"
"""


def _domain(text: str) -> str:
    return canonicalise("domain", text).value


def _code(text: str) -> str:
    with pytest.raises(RefusedError) as caught:
        canonicalise("domain", text)
    return caught.value.code


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_domain_however_it_is_written(spelling: str) -> None:
    assert _domain(spelling) == "cool-bags.co.uk"


def test_an_international_name_and_its_a_label_meet() -> None:
    assert _domain("tw2.便利帶.top") == _domain("https://xn--wtqs2dp0r.top/")


def test_a_name_of_emoji_meets_its_a_label_though_idna_2008_forbids_it() -> None:
    assert _domain("I❤.ws") == _domain("xn--i-7iq.ws")


def test_an_a_label_that_no_name_is_written_as() -> None:
    assert _code("xn--BCHER-KVA1.de") == "malformed"


@pytest.mark.parametrize(
    "builder", ["myshopify.com", "weebly.com", "company.site", "wixsite.com", "godaddysites.com", "f94.mytemp.website"]
)
def test_two_shops_of_one_builder_stay_two(builder: str) -> None:
    assert _domain(f"www.one.{builder}") == f"one.{builder}"


def test_the_builder_itself() -> None:
    assert _code("myshopify.com") == "bare_suffix"


def test_a_site_under_a_wildcard_suffix_that_gives_each_customer_one_label() -> None:
    assert _domain("www.coolbags.my.canva.site") == "coolbags.my.canva.site"


def test_a_store_on_a_marketplace_is_sent_to_the_store_type() -> None:
    with pytest.raises(RefusedError, match="store URL"):
        canonicalise("domain", "shop71799145.taobao.com")


def test_a_shop_on_shared_storage_is_not_taken_for_the_storage() -> None:
    assert _domain("coolbags.s3.amazonaws.com") == "coolbags.s3.amazonaws.com"


def test_a_joiner_where_the_script_needs_it_is_part_of_the_name() -> None:
    assert _domain("نامه\u200cای.com") == "xn--mgba3gch31f060k.com"


def test_a_joiner_between_latin_letters_is_dirt() -> None:
    assert _domain("cool\u200dbags.shop") == "coolbags.shop"


def test_nothing_is_fetched_and_nothing_is_written() -> None:
    assert subprocess.run([sys.executable, "-B", "-c", OFFLINE], capture_output=True, check=False).returncode == 0
