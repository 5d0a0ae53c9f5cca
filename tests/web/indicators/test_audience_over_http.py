"""To whom a contribution passes, over HTTP: sectors, platforms alone, named members, and contributors shown or hidden."""

import json
from typing import Any

import pytest

from hub.access.tlp import Tlp
from hub.client import share as client_share
from hub.indicators.rules import Widening
from hub.members import service
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import listed, match, share, token

WIDER = {"widening": {"reason": "safety"}}


@pytest.fixture
def members(hub: Hub) -> Hub:
    """Two brands of watches, one of toys, one without a sector, and a platform."""
    for code, kind, sector in (
        ("brand-a", "brand", "watches"),
        ("brand-b", "brand", "watches"),
        ("toys", "brand", "toys"),
        ("mixed", "brand", None),
        ("shop", "platform", None),
    ):
        hub.admit(code, kind, sector)
    return hub


def reached(hub: Hub, number: int = 1) -> set[str]:
    """The members, but for the contributor, who find the token."""
    return {code for code in ("brand-b", "toys", "mixed", "shop") if match(hub.client(code), number)}


def set_sector(hub: Hub, code: str, sector: str | None) -> None:
    with hub.operator() as actor:
        service.set_sector(actor, code, sector)


@pytest.mark.parametrize(
    ("terms", "whom"),
    [
        ({}, {"brand-b", "mixed", "shop"}),
        (WIDER, {"brand-b", "toys", "mixed", "shop"}),
        ({"platforms_only": True}, {"shop"}),
        ({"members": ["brand-b"]}, {"brand-b"}),
        ({"members": ["brand-b", "shop"], "tlp": "red"}, {"brand-b", "shop"}),
        ({"members": ["brand-b", "shop"], "platforms_only": True}, {"shop"}),
        ({"members": ["toys"]}, set()),
        ({"members": ["toys"], **WIDER}, {"toys"}),
    ],
    ids=[
        *("its own sector and those without one", "all sectors", "platforms", "one member", "two members, red"),
        *("platforms among those named", "one of another sector", "one of another sector, widened"),
    ],
)
def test_contribution_passes_to(members: Hub, terms: dict[str, Any], whom: set[str]) -> None:
    share(members.client("brand-a"), 1, **terms)
    assert reached(members) == whom


def test_contribution_of_a_member_without_a_sector_passes_to_all(members: Hub) -> None:
    share(members.client("mixed"), 1)
    assert reached(members) == {"brand-b", "toys", "shop"}


def test_contributions_follow_their_members_sector_but_for_those_widened(members: Hub) -> None:
    share(members.client("brand-a"), 1)
    share(members.client("brand-a"), 2, **WIDER)
    set_sector(members, "brand-a", "toys")
    assert (reached(members, 1), reached(members, 2)) == (
        {"toys", "mixed", "shop"},
        {"brand-b", "toys", "mixed", "shop"},
    )


def test_member_that_is_given_a_sector_no_longer_passes_to_the_others(members: Hub) -> None:
    share(members.client("mixed"), 1)
    set_sector(members, "mixed", "watches")
    assert reached(members) >= {"brand-b", "shop"}
    assert "toys" not in reached(members)


def test_reader_that_changes_its_sector_reads_by_the_new_one(members: Hub) -> None:
    share(members.client("brand-a"), 1)
    before = listed(members.client("brand-b"))
    set_sector(members, "brand-b", "toys")
    rows, _, full, _ = listed(members.client("brand-b"), before[1])
    assert (set(before[0]), set(rows), full) == ({token(1)}, set(), True)


def test_sector_that_is_not_in_the_table_is_refused(members: Hub) -> None:
    with pytest.raises(ValueError, match="a sector is one of"):
        set_sector(members, "brand-a", "watch-making")
    assert members.sql("SELECT sector FROM member WHERE code = 'brand-a'") == [("watches",)]


def test_widening_stands_in_the_record_with_its_sentence(members: Hub) -> None:
    said = {"reason": "organised", "note": "The same workshop sells both"}
    share(members.client("brand-a"), 1, widening=said)
    views = [json.loads(bytes(view)) for (view,) in members.sql("SELECT view FROM ledger_part WHERE n >= 0")]  # type: ignore[arg-type]
    (view,) = [each for each in views if each["action"] == "contribution.shared"]
    assert (view["subject"]["reason"], view["purpose"]) == ("organised", "The same workshop sells both")
    assert members.sql("SELECT widening, widening_note FROM contribution") == [(said["reason"], said["note"])]


@pytest.mark.parametrize(
    "widening",
    [
        *({}, {"reason": "because"}, {"note": "of all of them"}, {"reason": "safety", "note": ""}),
        *({"reason": "safety", "note": "ask mara@example.org"}, {"reason": "safety", "note": "x" * 201}),
    ],
    ids=["nothing", "no such reason", "no reason", "empty sentence", "an address in it", "too long"],
)
def test_widening_that_is_none_is_refused_and_not_repeated(members: Hub, widening: dict[str, str]) -> None:
    problem = share(members.client("brand-a"), 1, widening=widening, status=422)
    assert list(problem["errors"]) == ["widening"]
    assert "mara" not in json.dumps(problem)
    assert members.sql("SELECT count(*) FROM contribution") == [(0,)]


def test_naming_nobody_and_naming_one_to_whom_nothing_passes_are_answered_alike(members: Hub) -> None:
    members.admit("checker", "auditor")
    said = [
        share(members.client("brand-a"), 1, members=[code], status=422) for code in ("nobody", "checker", "alliance")
    ]
    assert [list(each["errors"]) for each in said] == [["members"]] * 3
    assert len({each["detail"] for each in said}) == 1


def test_naming_tells_nothing_of_a_members_standing(members: Hub) -> None:
    from hub.members.rules import MemberState

    with members.operator() as actor:
        service.move(actor, "brand-b", MemberState.SUSPENDED)
    assert share(members.client("brand-a"), 1, members=["brand-b"])["added"] == 1


@pytest.mark.parametrize(
    "narrower",
    [{"tlp": "red", "members": ["brand-b"]}, {"members": ["brand-b"]}, {"members": []}],
    ids=["a higher label", "named members", "its own sector"],
)
def test_list_tells_who_loses_a_contribution_that_it_is_gone_and_nobody_else(
    members: Hub, narrower: dict[str, Any]
) -> None:
    a, toys = members.client("brand-a"), members.client("toys")
    share(a, 1, **WIDER)
    share(a, 2, members=["brand-b"])
    _, cursor, _, _ = listed(toys)
    share(a, 1, 2, **narrower)
    rows, _, full, _ = listed(toys, cursor)
    assert not full
    assert {key: row[0] for key, row in rows.items()} == {token(1): 0}


def test_list_tells_who_gains_a_contribution_by_widening(members: Hub) -> None:
    a, toys = members.client("brand-a"), members.client("toys")
    share(a, 1)
    _, cursor, _, _ = listed(toys)
    share(a, 1, **WIDER)
    assert {key: row[0] for key, row in listed(toys, cursor)[0].items()} == {token(1): 1}


def test_contributor_is_named_to_those_it_passes_to_only_when_it_chose_so(members: Hub) -> None:
    share(members.client("brand-a"), 1, 2, show_contributor=True)
    share(members.client("brand-b"), 1, 2)
    share(members.client("mixed"), 2, members=["brand-b"], show_contributor=True)
    hits = match(members.client("shop"), 1, 2)
    assert {number: hit["contributors"] for number, hit in hits.items()} == {1: ["brand-a"], 2: ["brand-a"]}
    assert match(members.client("brand-b"), 2)[2]["contributors"] == ["brand-a", "mixed"]


def test_contributor_that_hides_again_is_named_no_more(members: Hub) -> None:
    for shown in (True, False):
        share(members.client("brand-a"), 1, show_contributor=shown)
    assert match(members.client("shop"), 1)[1]["contributors"] == []


@pytest.mark.parametrize(("shown", "hidden", "told"), [(0, 2, None), (0, 3, 3), (1, 2, None), (3, 2, None), (1, 3, 3)])
def test_count_never_tells_how_few_hide_beside_those_who_are_named(
    members: Hub, shown: int, hidden: int, told: int | None
) -> None:
    for n in range(shown + hidden):
        members.admit(f"other-{n}")
        share(members.client(f"other-{n}"), 1, show_contributor=n < shown)
    hit = match(members.client("shop"), 1)[1]
    assert (len(hit["contributors"]), hit["members"]) == (shown, told)
    (row,) = listed(members.client("shop"))[0].values()
    assert row[2] == (told or 0)  # or the list's number, less the names of the match, would tell it


def test_count_leaves_the_readers_own_word_out(members: Hub) -> None:
    for code in ("brand-a", "brand-b", "mixed"):
        share(members.client(code), 1)
    assert match(members.client("brand-a"), 1)[1]["members"] is None


def test_own_page_tells_the_audience_in_words(members: Hub) -> None:
    members.person("brand-a")
    share(members.client("brand-a"), 1, members=["shop"], show_contributor=True, **WIDER)
    text = members.signed_in("brand-a").get("/contributions").text
    for words in ("shop only", "all sectors: the goods endanger health or safety", "under your name"):
        assert words in text


def test_members_client_knows_the_labels_and_the_reasons_that_there_are() -> None:
    assert set(client_share.REASONS) == {each.value for each in Widening}
    assert set(client_share.TLP) == {each.label for each in Tlp}
