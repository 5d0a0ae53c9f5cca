"""Laws of canonical forms: total, idempotent, bounded, and silent about what they refuse."""

import json
from importlib.resources import files

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.canonical import LONGEST, LONGEST_VALUE, REFUSALS, TYPES, Canonical, RefusedError, canonicalise
from hub.canonical.company_schemes import SCHEMES, Scheme
from hub.canonical.text import clean

law = settings(max_examples=400)

_CASES = json.loads(files("hub.canonical").joinpath("vectors.json").read_text(encoding="utf-8"))["cases"]
_SEEDS = sorted({case["input"] for case in _CASES if isinstance(case["input"], str) and len(case["input"]) < 200})
_DIRT = [
    *" \t\x00\u200b\u200d\u202e\ufeff\u0301²٣２İſßﬁ：。店@+-_.:/'\"<>,;|^\\{0A",
    *("https://", "www.", "m.", "//", "..", "/index.html", "%2F", "%28.%29", "[.]", "(dot)", "?a=1&b", "#x"),
    *("CN:", "IBAN:", "xn--", "shop", "00"),
]

types = st.sampled_from(sorted(TYPES))
countries = st.sampled_from([None, "CN", "US", "DE", "GB", "MY"])


@st.composite
def nearly_right(draw: st.DrawFn) -> str:
    """An input of the vectors with some dirt put in or a part cut out, or two of them run together."""
    text = draw(st.sampled_from(_SEEDS))
    for dirt in draw(st.lists(st.sampled_from(_DIRT), max_size=3)):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + dirt + text[place + draw(st.integers(0, 2)) :]
    return text + draw(st.sampled_from(["", "", "", *_SEEDS[::7]]))


texts = st.one_of(st.text(max_size=80), nearly_right(), st.lists(st.sampled_from(_DIRT), max_size=9).map("".join))


def _canonical(type: str, text: object, country: object = None) -> Canonical | RefusedError:
    try:
        return canonicalise(type, text, country=country)  # type: ignore[arg-type]  # anything may arrive
    except RefusedError as error:
        return error


@law
@given(types, texts, countries)
@example("store_url", "shop.top/%28.%29", None)
@example("store_url", "shop.top/index.html/index.html", None)
@example("store_url", "facebook.com/peo.ple", None)
@example("seller_id", "www.mercadolibre.ar:CoolBags", None)
@example("payment_account", "alipay://coolbags88@163.com", None)
@example("bank_account", "JP:00٣01:1839274", None)
@example("email", "+x@gmail.com", None)
def test_a_canonical_value_is_its_own_canonical_form(type: str, text: str, country: str | None) -> None:
    found = _canonical(type, text, country)
    if isinstance(found, Canonical):
        assert _canonical(type, found.value) == found


@law
@given(types, texts, countries)
def test_a_canonical_value_is_short_printable_ascii_without_blanks(type: str, text: str, country: str | None) -> None:
    found = _canonical(type, text, country)
    if isinstance(found, Canonical):
        assert 1 <= len(found.value) <= LONGEST_VALUE
        assert all("!" <= char <= "~" for char in found.value)


@law
@given(types, texts, countries)
def test_a_refusal_is_a_row_of_the_table_so_it_cannot_hold_the_value(type: str, text: str, country: str | None) -> None:
    found = _canonical(type, text, country)
    if isinstance(found, RefusedError):
        assert (found.code, found.reason, found.remedy) in set(REFUSALS.values())


@law
@given(
    st.one_of(types, st.text(max_size=9), st.none()),
    st.one_of(texts, st.none(), st.integers(), st.binary(max_size=9), st.text(min_size=LONGEST, max_size=LONGEST + 2)),
    st.one_of(countries, st.text(max_size=4), st.integers()),
)
def test_whatever_comes_in_only_a_form_or_a_refusal_comes_out(type: str, text: object, country: object) -> None:
    assert isinstance(_canonical(type, text, country), Canonical | RefusedError)


@law
@given(types, nearly_right(), countries, st.sampled_from([" {} ", "\ufeff{}", '"{}"', "\t{}\r\n", "\u200b{}\u202c"]))
def test_what_surrounds_a_value_in_a_cell_changes_nothing(
    type: str, text: str, country: str | None, around: str
) -> None:
    found = _canonical(type, text, country)
    if isinstance(found, Canonical):
        assert _canonical(type, around.format(text), country) == found


@law
@given(st.text(max_size=60), st.booleans())
def test_cleaning_twice_is_cleaning_once(text: str, keep_joiners: bool) -> None:
    try:
        line = clean(text, keep_joiners=keep_joiners)
    except RefusedError:
        return
    assert clean(line, keep_joiners=keep_joiners) == line


@law
@given(st.data(), st.sampled_from(SCHEMES))
def test_a_national_number_is_its_own_canonical_form(data: st.DataObject, scheme: Scheme) -> None:
    number = data.draw(st.from_regex(scheme.shape, fullmatch=True))
    found = _canonical("company_number", f"{scheme.country}:{number}")
    if isinstance(found, Canonical):
        assert _canonical("company_number", found.value) == found


@law
@given(st.from_regex(r"[a-z][a-z0-9]{5,12}", fullmatch=True), st.from_regex(r"[a-z][a-z0-9]{5,12}", fullmatch=True))
def test_two_shops_of_one_builder_stay_two(one: str, other: str) -> None:
    forms = {canonicalise("domain", f"www.{shop}.myshopify.com").value for shop in (one, other)}
    assert len(forms) == len({one, other})
