import json
from typing import Any

import pytest

from hub.tree.view import FIELDS, LARGEST, REQUIRED, ViewError, canonical_bytes, check_view, checked_bytes
from tests.unit.tree.views import DIGEST, FULL, ID_TEXT, view


def test_view_with_every_field_passes() -> None:
    check_view(FULL)


def test_view_with_every_field_has_them_all() -> None:
    assert FULL.keys() == FIELDS.keys()


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_view_without_a_required_field_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ViewError, match=f"lacks {name}"):
        check_view({field: value for field, value in FULL.items() if field != name})


@pytest.mark.parametrize("name", sorted(FULL.keys() - REQUIRED))
def test_view_without_an_optional_field_passes(name: str) -> None:
    check_view({field: value for field, value in FULL.items() if field != name})


@pytest.mark.parametrize("name", ["member", "actor"])
def test_acting_member_may_be_hidden_from_a_party(name: str) -> None:
    check_view(view(**{name: None}))


@pytest.mark.parametrize(
    "fields",
    [
        {"v": 2},
        {"v": True},
        {"v": 1.0},
        {"v": "1"},
        {"id": ID_TEXT[:-1]},
        {"id": ID_TEXT[:-3] + "x=="},
        {"id": ID_TEXT + "\n"},
        {"at": "2026-11-24T04:05:06Z"},
        {"at": "2026-11-24T04:05:06.789+00:00"},
        {"at": "2026-11-24 04:05:06.789Z"},
        {"at": "2026-13-24T04:05:06.789Z"},
        {"at": "2026-11-24T24:05:06.789Z"},
        {"at": "٢٠٢٦-11-24T04:05:06.789Z"},
        {"action": "match"},
        {"action": "match.run.again"},
        {"action": "Match.run"},
        {"action": "match.run\n"},
        {"action": ".run"},
        {"action": "a" * 40 + ".run"},
        {"outcome": "ok"},
        {"outcome": None},
        {"role": "admin"},
        {"via": "mail"},
        {"member": ""},
        {"member": 7},
        {"member": "x" * 257},
        {"member": "brànd"},
        {"member": "brand\n"},
        {"actor": "Jane Doe"},
        {"actor": "p_4915112345678"},
        {"actor": "p_Jane"},
        {"cred": None},
        {"purpose": ["fraud"]},
        {"agreement": "agreement-3"},
        {"agreement": {"id": "agreement-3", "version": "2"}},
        {"subject": {"type": "seller", "name": "x"}},
        {"subject": {"ref": 7}},
        {"subject": []},
        {"subject": {"ref": {"type": "deep"}}},
        {"counts": {"asked": 1.5}},
        {"counts": {"asked": True}},
        {"counts": {"asked": "1"}},
        {"counts": {"asked": None}},
        {"counts": {"asked": LARGEST + 1}},
        {"counts": {"asked": -LARGEST - 1}},
        {"counts": {"Asked": 1}},
        {"counts": {"a" * 41: 1}},
        {"counts": {7: 1}},
        {"counts": [1]},
        {"digests": {"request": DIGEST[:-1]}},
        {"digests": {"request": DIGEST.upper()}},
        {"digests": {"body": DIGEST}},
        {"req": "4915112345678"},
        {"fix": DIGEST},
        {"email": "x"},
        {"é": 1},
    ],
)
def test_view_with_a_field_of_another_form_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ViewError):
        check_view(view(**fields))


SECRETS = ["seller@shop.example", "+49 151 12345678", "DE89370400440532013000", "192.0.2.17", "00:1a:2b:3c:4d:5e"]
TEXTS: list[dict[str, Any]] = [
    {"member": "{}"},
    {"cred": "{}"},
    {"purpose": "{}"},
    {"agreement": {"id": "{}"}},
    {"subject": {"type": "{}"}},
    {"subject": {"ref": "{}"}},
    {"subject": {"stance": "{}"}},
    {"subject": {"evidence": "{}"}},
    {"subject": {"tlp": "{}"}},
    {"subject": {"reason": "{}"}},
]
STRICT: list[dict[str, Any]] = [{name: "{}"} for name in sorted(FIELDS.keys() - {"member", "cred", "purpose"})]
STRICT += [{"digests": {"result": "{}"}}, {"subject": {"digest": "{}"}}, {"counts": {"{}": 1}}, {"{}": 1}]


@pytest.mark.parametrize("fields", TEXTS + STRICT, ids=str)
@pytest.mark.parametrize("secret", SECRETS)
def test_identifier_in_any_field_is_refused_and_not_repeated(fields: dict[str, Any], secret: str) -> None:
    with pytest.raises(ViewError) as refused:
        check_view(view(**json.loads(json.dumps(fields).replace("{}", secret))))
    assert secret not in str(refused.value)


def test_canonical_bytes_sort_the_fields_and_hold_no_space() -> None:
    written = canonical_bytes({"b": {"z": 1, "a": None}, "a": "ü\n"})
    assert written == '{"a":"ü\\n","b":{"a":null,"z":1}}'.encode()


@pytest.mark.parametrize(
    "value", [{"a": float("nan")}, {"a": 2**53}, {1: "a"}, {"a": {1: "a"}}, {"a": "\ud800"}, {"a": b""}, {"a": {1, 2}}]
)
def test_object_that_has_no_canonical_bytes_is_refused(value: dict[Any, Any]) -> None:
    with pytest.raises(ViewError):
        canonical_bytes(value)


def test_object_nested_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    with pytest.raises(ViewError):
        canonical_bytes(deep)


def test_view_that_may_not_stand_in_the_log_has_no_checked_bytes() -> None:
    with pytest.raises(ViewError):
        checked_bytes(view(via="mail"))
