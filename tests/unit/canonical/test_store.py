"""Stores: an address and a seller id of one store meet in one value, and two stores never do."""

import pytest

from hub.canonical import RefusedError, canonicalise
from hub.canonical.platforms import PLATFORMS

MEET = [
    ("https://store.taobao.com/shop/view_shop.htm?user_number_id=2206514938", "taobao:2206514938"),
    ("https://shop71799145.m.taobao.com/?spm=a", "taobao:shop71799145"),
    ("https://coolbags.m.tmall.com/", "tmall:coolbags"),
    ("https://shop.m.tmall.com/?user_id=2206514938", "tmall:2206514938"),
    ("https://m.1688.com/winport/b2b-2206514938ab12c.html", "1688:b2b-2206514938ab12c"),
    ("https://es.aliexpress.com/store/1101938427?spm=1", "aliexpress:1101938427"),
    ("https://www.amazon.co.jp/s?me=A2L77EE7U53NWQ", "amazon:a2l77ee7u53nwq"),
    ("https://m.ebay.de/usr/Cool_Bags_88", "ebay:cool_bags_88"),
    ("https://shopee.tw/product/12398745/998877", "shopee:12398745"),
    ("https://shopee.com.my/CoolBags", "shopee-my:coolbags"),
    ("https://www.lazada.com.ph/shop/cool-bags/?x=1", "lazada.ph:cool-bags"),
    ("https://www.temu.com/de/cool-bags-m-634418212345678.html", "temu:634418212345678"),
    ("https://www.tiktok.com/shop/store/cool/7495012398745601234", "tiktok shop:7495012398745601234"),
    ("https://instagram.com/Cool.Bags/reel/abc", "instagram:@cool.bags"),
    ("https://m.facebook.com/Cool.Bags.Shop/?ref=x", "facebook:coolbagsshop"),
    ("https://www.facebook.com/people/Cool-Bags/100012398745601/", "facebook:100012398745601"),
]


def _store(text: str, country: str | None = None) -> str:
    return canonicalise("store_url", text, country=country).value


def _code(type: str, text: str) -> str:
    with pytest.raises(RefusedError) as caught:
        canonicalise(type, text)
    return caught.value.code


@pytest.mark.parametrize(("address", "seller"), MEET)
def test_the_address_and_the_seller_id_of_one_store_meet(address: str, seller: str) -> None:
    assert _store(address) == canonicalise("seller_id", seller).value


@pytest.mark.parametrize(("address", "seller"), MEET)
def test_either_type_takes_either_writing(address: str, seller: str) -> None:
    assert canonicalise("seller_id", address).value == _store(seller)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_the_front_page_of_a_platform_names_no_store(platform: str) -> None:
    for domain in PLATFORMS[platform].sites:
        assert _code("store_url", f"https://www.{domain}/") in {"no_store", "shared"}


def test_one_shop_name_in_two_countries_is_two_shops() -> None:
    assert _store("https://shopee.com.my/coolbags") != _store("https://shopee.sg/coolbags")


def test_one_shop_number_in_two_countries_is_one_shop() -> None:
    assert _store("https://shopee.com.my/shop/12398745") == _store("https://shopee.sg/shop/12398745")


def test_a_shop_name_per_country_takes_the_country_beside_it() -> None:
    assert _store("lazada:cool-bags", country="SG") == "lazada.sg:cool-bags"


def test_an_item_page_that_names_no_store_says_where_to_look() -> None:
    with pytest.raises(RefusedError, match="follow the link to its seller"):
        canonicalise("store_url", "https://www.amazon.com/dp/B0C1234567")


def test_an_item_page_that_names_its_store() -> None:
    assert _store("https://shopee.sg/Bag-i.12398745.998877") == "shopee:12398745"


def test_a_user_and_a_store_of_one_name_stay_two() -> None:
    assert _store("https://www.ebay.com/usr/coolbags") != _store("https://www.ebay.com/str/coolbags")


def test_the_platforms_own_shop() -> None:
    assert _code("seller_id", "amazon:ATVPDKIKX0DER") == "shared"


def test_a_platform_that_is_not_in_the_table_goes_by_its_domain() -> None:
    assert canonicalise("seller_id", "www.allegro.pl:CoolBags").value == "allegro.pl:CoolBags"


def test_elsewhere_what_tells_where_the_visitor_came_from_falls_away() -> None:
    assert _store("https://www.coolbags.top/shop?utm_source=a&fbclid=b") == "coolbags.top/shop"


def test_elsewhere_what_may_name_the_store_stays() -> None:
    assert _store("https://mall.top/shop?b=2&id=7") == "mall.top/shop?b=2&id=7"


def test_elsewhere_the_path_keeps_its_case() -> None:
    assert _store("https://mall.top/Shop/") != _store("https://mall.top/shop")


def test_elsewhere_a_path_that_is_not_utf_8_keeps_its_bytes() -> None:
    assert _store("https://mall.top/%b5%ea") == "mall.top/%B5%EA"


def test_a_page_on_a_link_service_is_its_owners() -> None:
    assert _store("https://linktr.ee/coolbags?x=1") == "linktr.ee/coolbags?x=1"


def test_a_short_link_says_nothing() -> None:
    assert _code("store_url", "https://bit.ly/3xYzAbC") == "short_link"
