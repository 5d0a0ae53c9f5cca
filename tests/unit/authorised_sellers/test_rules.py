"""What may stand on a list of authorised sellers, and when two names are one."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.authorised_sellers.rules import Fault, GivenSeller, check_rows, normal_name, rows_of, seller_digest

TODAY = date(2026, 11, 27)
STORE = "https://shop.example.com/store/1"
law = settings(max_examples=300)


def wrong(*rows: GivenSeller) -> list[tuple[int, str]]:
    listed, faults = check_rows(rows, TODAY)
    assert {each.number for each in listed}.isdisjoint(each.row for each in faults)
    return [(each.row, each.field) for each in faults]


def test_store_without_a_name_or_a_last_day_can_be_listed() -> None:
    (one,), faults = check_rows([GivenSeller(1, "HTTPS://www.Shop.example.com/store/1?utm_source=x#top")], TODAY)
    assert faults == []
    assert (one.url, one.host, one.seller_digest, one.last_day) == (STORE, "shop.example.com", None, None)


def test_last_day_may_be_today_and_is_read_as_a_workbook_says_it() -> None:
    listed, faults = check_rows([GivenSeller(1, STORE, "", "2026-11-27 00:00:00")], TODAY)
    assert faults == []
    assert [each.last_day for each in listed] == [TODAY]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (GivenSeller(7, ""), "url"),
        (GivenSeller(7, "not an address"), "url"),
        (GivenSeller(7, "https://me:secret@shop.example.com/1"), "url"),
        (GivenSeller(7, STORE, "x" * 121), "seller"),
        (GivenSeller(7, STORE, "two\nlines"), "seller"),
        (GivenSeller(7, STORE, "\ud800"), "seller"),
        (GivenSeller(7, STORE, "", "2026-11-26"), "last_day"),
        (GivenSeller(7, STORE, "", "2301-01-01"), "last_day"),
        (GivenSeller(7, STORE, "", "2026-02-30"), "last_day"),
        (GivenSeller(7, STORE, "", "tomorrow"), "last_day"),
    ],
)
def test_what_cannot_be_listed_is_named_by_row_and_field(row: GivenSeller, field: str) -> None:
    assert wrong(GivenSeller(6, "https://shop.example.com/store/good"), row) == [(7, field)]


def test_same_store_twice_names_the_second_row() -> None:
    assert wrong(GivenSeller(3, STORE), GivenSeller(9, STORE + "/#again")) == [(9, "url")]


def test_no_fault_repeats_what_was_given() -> None:
    rows = [GivenSeller(1, "https://me:secret@x.example/1", "secret\n", "secret"), GivenSeller(2, "secret")]
    assert not [each for each in check_rows(rows, TODAY)[1] if "secret" in each.words]


@law
@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=130), st.text(max_size=12)), max_size=6))
def test_whatever_is_given_each_row_is_listed_or_has_a_fault(said: list[tuple[str, str, str]]) -> None:
    rows = [GivenSeller(n, *each) for n, each in enumerate(said, start=1)]
    listed, faults = check_rows(rows, TODAY)
    assert {each.number for each in listed} | {each.row for each in faults} == {each.number for each in rows}
    assert not [each for each in faults if not isinstance(each, Fault)]


def test_columns_of_a_sheet_are_found_by_their_headings() -> None:
    text = f"\ufeffLast day;Seller;Store URL\n2027-01-31;=Shop;{STORE}\n"
    assert rows_of(text.encode()) == [GivenSeller(2, STORE, "=Shop", "2027-01-31")]


def test_pasted_lines_are_address_name_and_last_day() -> None:
    text = f"{STORE}\n\nhttps://shop.example.com/2\tShop & Co\t2027-01-31\n"
    assert rows_of(text.encode()) == [
        GivenSeller(1, STORE),
        GivenSeller(3, "https://shop.example.com/2", "Shop & Co", "2027-01-31"),
    ]


# --- when two names are one

FOLDED = st.characters(codec="utf-8").filter(
    lambda one: one.upper().casefold() == one.casefold() == one.lower().casefold()
)


@law
@given(st.text())
def test_normal_form_of_a_normal_form_is_itself(name: str) -> None:
    assert normal_name(normal_name(name)) == normal_name(name)


def test_normal_form_of_every_character_is_settled() -> None:
    found = [chr(n) for n in range(0x110000) if normal_name(normal_name(chr(n))) != normal_name(chr(n))]
    assert found == []


@law
@given(st.text(FOLDED))
def test_case_does_not_matter(name: str) -> None:
    assert normal_name(name.upper()) == normal_name(name.lower()) == normal_name(name)


@law
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_width_does_not_matter(name: str) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) for each in name)
    assert seller_digest(wide) == seller_digest(name)


@law
@given(
    st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1), st.sampled_from(" \t\u3000\u00a0")
)
def test_how_much_blank_stands_between_words_does_not_matter(words: list[str], blank: str) -> None:
    assert normal_name(blank + (blank * 2).join(words) + blank) == normal_name(" ".join(words))


@law
@given(st.text())
def test_how_a_letter_is_composed_does_not_matter(name: str) -> None:
    assert normal_name(unicodedata.normalize("NFD", name)) == normal_name(name)


def test_other_names_are_others() -> None:
    assert len({seller_digest(each) for each in ("Shop", "Shop 1", "Sh op", "Shop!", "", " ")}) == 5
