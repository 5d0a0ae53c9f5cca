"""Every page and every export, every reader: what it is told is what the policy says, restated in `restated.py`.

A difference names the kind of record, the reader, and what was told too much or too little.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.matches.service import match_name
from hub.members import service as members
from hub.members.service.providers import ProviderTerms
from tests.conftest import HTML
from tests.web.access.everybody import (
    ACTING,
    GROUPS,
    MEMBERS,
    PEOPLE,
    Entry,
    Everybody,
    person,
    readers_of_lists,
)
from tests.web.access.restated import (
    EXCHANGES,
    NOBODY,
    OUT_OF_STANDING,
    acting_for,
    codes,
    differing,
    effects,
    effects_then,
    of_members,
    passes,
    same_person,
    seats,
    sighted,
    text_of,
)
from tests.web.indicators.test_share_and_match_over_http import token


@pytest.fixture(scope="module")
def read(all_there_is: Everybody) -> dict[str, str]:
    """Reader → all that every page, endpoint and export without a name in its address tells it, in one text."""
    all_there_is.hub.sql("UPDATE session SET fresh_at = now()")  # some pages ask who was not there lately
    with person(all_there_is.hub, "owner") as actor:  # tests of the group send every form, also that which removes it
        members.set_provider(actor, ProviderTerms("https://login.brand-a.example.org", "hub", "secret"))
    return {who: _crawled(all_there_is, client) for who, client in all_there_is.clients.items()}


def _crawled(all_there_is: Everybody, client: FlaskClient) -> str:
    told = []
    waiting = [
        rule.rule
        for rule in all_there_is.hub.app.url_map.iter_rules()
        if not rule.arguments
        and "GET" in (rule.methods or ())
        and not rule.rule.startswith(("/audit/log", "/ledger/verify/"))
    ]
    waiting += ["/history?act=contribution.withdrawn", "/audit/entries?limit=10000"]
    while waiting:
        answer = client.get(waiting.pop(), headers=HTML)
        if answer.status_code != 200:
            continue
        text = text_of(answer)
        told.append(text)
        waiting += re.findall(r'class="next" href="([^"]+)"', text)
    return "\n".join(told)


def test_stranger_and_member_out_of_standing_are_told_nothing_of_anything(
    all_there_is: Everybody, read: dict[str, str]
) -> None:
    marks = [*(word.seller for word in all_there_is.words), *(f"{who}@" for who in PEOPLE), *GROUPS, "keys of "]
    assert [(who, mark) for who in NOBODY for mark in marks if mark in read[who]] == []


def told(read: Mapping[str, str], mark: str) -> set[str]:
    """The readers that a mark was told to."""
    return {who for who, text in read.items() if mark in text}


def test_contribution_is_read_by_its_owners_people_and_keys_alone(
    all_there_is: Everybody, read: dict[str, str]
) -> None:
    found = {word.seller: told(read, word.seller) for word in all_there_is.words}
    scope = Permission.CONTRIBUTION_READ_OWN
    expected = {word.seller: of_members(word.owner) | acting_for(word.owner, scope) for word in all_there_is.words}
    assert differing(found, expected) == {}


def test_no_token_is_on_any_page_or_in_any_export(all_there_is: Everybody, read: dict[str, str]) -> None:
    written = {form for n in all_there_is.numbers for form in _written(token(n))}
    assert [(who, form) for who, text in read.items() for form in written if form in text] == []


def _written(value: bytes) -> tuple[str, str, str]:
    return value.hex(), base64.b64encode(value).decode(), base64.urlsafe_b64encode(value).decode().rstrip("=")


def test_match_is_read_by_its_recipients_people_and_keys_alone(all_there_is: Everybody, read: dict[str, str]) -> None:
    code_of = dict(all_there_is.hub.sql("SELECT id, code FROM member"))
    rows = all_there_is.hub.sql("SELECT id, recipient_id FROM match")
    with all_there_is.hub.app.app_context():
        found = {number: told(read, f">{match_name(int(str(number)))}<") for number, _ in rows}
    whose = {number: str(code_of[owner]) for number, owner in rows}
    scope = Permission.MATCH_READ_OWN
    assert (
        differing(found, {number: of_members(code) | acting_for(code, scope) for number, code in whose.items()}) == {}
    )
    assert len(found) > 100


def test_match_on_a_page_names_who_chose_to_be_shown_and_counts_nobody_below_three(
    all_there_is: Everybody, read: dict[str, str]
) -> None:
    found, expected = {}, {}
    for code in readers_of_lists():
        cells = re.findall(r'data-label="Members"[^>]*>\s*<span>(.*?)</span>\s*</td>', read[f"key of {code}"], re.S)
        found[code] = Counter(re.sub(r"<[^>]+>", " ", cell).strip() for cell in cells)
        now = effects(all_there_is, code, all_there_is.words)
        lost = set(effects_then(all_there_is, code)) - set(now)
        words = [_members_in_words(now[n]) for n in now if n in effects_then(all_there_is, code)]
        expected[code] = Counter([*words, *["–"] * len(lost)])
    assert found == expected


def _members_in_words(effect: Any) -> str:
    _, hidden, names = effect
    return (str(hidden) if hidden else "fewer than 3") + (f" beside {', '.join(names)}" if names else "")


def entry_marks(name: str) -> tuple[str, str]:
    """How an entry is named on pages, and in the export."""
    return name, base64.b64encode(base64.urlsafe_b64decode(name + "==")).decode()


def test_entry_of_the_record_is_read_by_its_parties_and_the_auditor_alone(
    all_there_is: Everybody, read: dict[str, str]
) -> None:
    found, expected = {}, {}
    for entry in all_there_is.entries:
        page, export = entry_marks(entry.name)
        found[entry.what, entry.name] = told(read, page) | told(read, export)
        expected[entry.what, entry.name] = of_members("checker", *_parties(all_there_is, entry))
    assert differing(found, expected) == {}


def _parties(all_there_is: Everybody, entry: Entry) -> set[str]:
    """Who acted; of a match, those too whose word counted in it: they learn that something of theirs matched."""
    (actor,) = entry.parties
    if not entry.what.endswith("matched"):
        return {actor}
    now = effects_then(all_there_is, actor)
    return {actor} | {
        word.owner
        for word in all_there_is.before
        if word.number in now and word.owner != OUT_OF_STANDING and not word.withdrawn
        if passes(all_there_is, actor, word)
    }


def test_contributor_is_not_told_who_matched(all_there_is: Everybody, read: dict[str, str]) -> None:
    for code in codes():
        lines = [json.loads(line) for line in read[f"key of {code}"].splitlines() if line.startswith('{"')]
        as_owner = [line["view"] for line in lines if line.get("view") and line["view"]["role"] == "owner"]
        assert {(view["member"], view["actor"]) for view in as_owner} <= {(None, None)}, code


def test_act_of_sharing_is_in_the_history_of_its_member_alone(all_there_is: Everybody) -> None:
    found, expected = {}, {}
    acts = [entry for entry in all_there_is.entries if not entry.what.endswith("matched")]
    for who, client in all_there_is.clients.items():
        text = "".join(_pages(client, act) for act in ("contribution.shared", "contribution.withdrawn"))
        found[who] = {entry.name for entry in acts if entry.name in text}
        own = {entry.name for entry in acts if all_there_is.member_of[who] in entry.parties}
        expected[who] = own if who in of_members(str(all_there_is.member_of[who])) else set()
    assert differing(found, expected) == {}


def _pages(client: FlaskClient, act: str) -> str:
    text, following = "", [f"/history?act={act}"]
    while following:
        text += (page := unescape(client.get(following.pop(), headers=HTML).text))
        following = re.findall(r'class="next" href="([^"]+)"', page)
    return text


WHATS = ("brand-a shared", "brand-a withdrew", "gone shared", "shop matched")


def test_receipt_is_given_to_the_parties_and_refused_to_all_others(all_there_is: Everybody) -> None:
    chosen = [one for one in {each.what: each for each in all_there_is.entries}.values() if one.what in WHATS]
    assert len(chosen) == len(WHATS)
    found, expected = {}, {}
    for entry in chosen:
        for address in (f"/audit/receipts/{entry.name}", f"/ledger/{entry.name}", f"/ledger/{entry.name}/receipt"):
            found[address] = {
                who for who, client in all_there_is.clients.items() if client.get(address).status_code == 200
            }
            expected[address] = of_members("checker", *_parties(all_there_is, entry))
    assert differing(found, expected) == {}


def _acting_in(codes: Collection[str]) -> set[str]:
    """Who acts for a member of the group and may share for it: it is told its groups, to name them in what it shares."""
    return {who for code in codes for who in acting_for(code, Permission.CONTRIBUTION_SHARE)}


MANAGES_KEYS = {who for who, (_, role) in PEOPLE.items() if role is Role.OWNER} - NOBODY


@pytest.mark.parametrize(
    ("kind", "mark", "readers"),
    [
        *(("key", f"keys of {code}.", MANAGES_KEYS & of_members(code)) for code in (*MEMBERS, "alliance")),
        *(("session", f"10.1.{n}.0/24", same_person(who) - NOBODY) for n, who in enumerate(PEOPLE, 1)),
        *(("factor", f"phone of {who}.", same_person(who) - NOBODY) for who in PEOPLE),
        *(
            (kind, mark, MANAGES_KEYS & of_members(code))
            for code in sorted({code for code, _ in PEOPLE.values()} - {OUT_OF_STANDING, "alliance"})
            for kind, mark in (
                ("provider", f"https://login.{code}.example.org"),
                ("domain", f"sign-in-at-{code}.org</"),
            )
        ),
        ("letter", "words of the letter.", {"person-of-alliance"}),
        ("decision", "subject-of-the-decision.", of_members("alliance", "checker")),
        ("group", "name of the group.", of_members("brand-a", "brand-c")),
        (  # its report showed it to shop
            *("right", "mark of brand-a."),
            of_members("brand-a", "shop", "alliance") | acting_for("brand-a", Permission.RIGHT_READ),
        ),
        (
            *("evidence", "file of brand-a."),
            of_members("brand-a", "shop") | acting_for("brand-a", Permission.EVIDENCE_READ),
        ),
        ("test buy", "goods of brand-a.", of_members("brand-a") | acting_for("brand-a", Permission.TESTBUY_READ)),
        ("application", "name of the applicant.", {"person-of-alliance"}),
        *(
            ("group seat", group, of_members("alliance", "checker", *codes) | _acting_in(codes))
            for group, codes in GROUPS.items()
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_record_is_read_by(read: dict[str, str], kind: str, mark: str, readers: set[str]) -> None:
    assert differing({kind: told(read, mark)}, {kind: readers}) == {}


def test_report_is_named_to_its_two_parties_and_the_auditor(all_there_is: Everybody, read: dict[str, str]) -> None:
    ((name,),) = all_there_is.hub.sql("SELECT name FROM listing_report")
    readers = of_members("brand-a", "shop", "checker") | acting_for("brand-a", Permission.REPORT_READ)
    assert differing({"report": told(read, str(name))}, {"report": readers}) == {}


def test_question_is_named_to_its_two_parties_and_the_auditor(all_there_is: Everybody, read: dict[str, str]) -> None:
    ((name,),) = all_there_is.hub.sql("SELECT name FROM question")
    readers = of_members("brand-a", "shop", "checker") | acting_for("brand-a", Permission.QUESTION_READ)
    assert differing({"question": told(read, str(name))}, {"question": readers}) == {}


@pytest.mark.parametrize("who", PEOPLE)
def test_person_is_named_to_nobody_outside_its_member(read: dict[str, str], who: str) -> None:
    mine = of_members(PEOPLE[who][0], "alliance") | same_person(who)
    assert told(read, f"{who}@alliance-hub.org") <= mine


# --- counts


def figures(text: str) -> dict[str, int]:
    """The figures at the head of an overview."""
    found = re.findall(r'<dt>([^<]+)</dt>\s*<dd class="count">([\d,]+)</dd>', text)
    return {words: int(number.replace(",", "")) for words, number in found}


def test_counts_of_an_overview_are_those_of_what_the_reader_may_see(all_there_is: Everybody) -> None:
    found, expected, counted = {}, {}, sighted(all_there_is)
    for who, (code, _) in PEOPLE.items():
        if who in NOBODY or all_there_is.kind(code) not in EXCHANGES:
            continue
        found[who] = set(figures(all_there_is.clients[who].get("/", headers=HTML).text).items())
        own = [word for word in all_there_is.words if word.owner == code]
        standing = [word for word in own if not word.withdrawn]
        now, then = effects(all_there_is, code, all_there_is.words), effects_then(all_there_is, code)
        counts = {
            "Standing contributions": len(standing),
            "Matched by others": sum((word.number, code) in counted for word in standing),
            "Expiring soon": 0,
            "Withdrawn": len(own) - len(standing),
        }
        if all_there_is.kind(code) == "platform":
            matched = len(then.keys() & now.keys())
            lost = len(then.keys() - now.keys())
            counts = {"Matches with effect": matched, "New matches": matched, "Withdrawn behind a match": lost}
        expected[who] = set(counts.items())
    assert differing(found, expected) == {}


def test_own_standing_tells_a_member_its_own_groups_and_quotas(all_there_is: Everybody) -> None:
    found, expected = {}, {}
    for who, client in all_there_is.clients.items():
        answer, code = client.get("/api/v1/me"), all_there_is.member_of[who]
        found[who] = (answer.json["member"], answer.json["sharing_groups"]) if answer.status_code == 200 else None
        told = who not in ACTING or Permission.CONTRIBUTION_SHARE in ACTING[who].scopes
        groups = sorted(group for group, codes in seats(all_there_is).items() if code in codes) if told else []
        open_to = {*of_members(*MEMBERS, "alliance"), *ACTING}
        expected[who] = (code, groups) if who in open_to else None
    assert differing(found, expected) == {}
