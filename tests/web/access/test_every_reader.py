"""Every record, every reader, every way to read: what the hub returns is what the policy says, stated here once more.

The policy stands below in plain words and a table, written from DESIGN.md §2, §4 and §5 and from the ADRs; nothing of it
is the hub's own code. A difference names the kind of record, the reader, and what was returned too much or too little.
"""

import base64
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from html import unescape
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from hub.access.grants import Role
from hub.members import service as members
from hub.members.service.providers import ProviderTerms
from tests.conftest import HTML, as_role, plain
from tests.web.access.everybody import (
    GROUPS,
    LABELS,
    MEMBERS,
    PEOPLE,
    Entry,
    Everybody,
    Word,
    person,
    readers_of_lists,
)
from tests.web.indicators.test_share_and_match_over_http import token

# --- the policy once more

REACH = {"brand": "red", "platform": "red", "authority": "green"}
"""Kind of member → the last label that may reach it. To an auditor and to the office nothing passes."""
EXCHANGES = ("brand", "platform")
"""Kinds that share, match, and read what they shared and matched."""
OUT_OF_STANDING = "gone"


def passes(all_there_is: Everybody, reader: str | None, word: Word) -> bool:
    """Whether what one member said may come before another (DESIGN §4, ADR 0015)."""
    if reader is None:
        return False
    if word.owner == reader:
        return True
    reach = REACH.get(all_there_is.kind(reader))
    if reach is None or LABELS.index(word.label) > LABELS.index(reach):
        return False
    if word.audience.get("platforms_only") and all_there_is.kind(reader) != "platform":
        return False
    sectors = {all_there_is.sector(word.owner), all_there_is.sector(reader)} - {None}
    if len(sectors) > 1 and "widening" not in word.audience:
        return False
    groups, named = word.audience.get("sharing_groups"), word.audience.get("members")
    if groups is None and named is None:
        return True
    return reader in (named or ()) or any({reader, word.owner} <= set(GROUPS[group]) for group in groups or ())


def effect(all_there_is: Everybody, reader: str, words: list[Word]) -> tuple[int, int | None, list[str]] | None:
    """What the words on one token come to for a reader: highest level, unnamed members (None: fewer than three), names.

    E2 or better, or two members at E1, none of all says `legitimate`, and it is not only the reader's own (DESIGN §2).
    """
    standing = [word for word in words if not word.withdrawn]
    if any(word.stance == "legitimate" for word in standing):
        return None
    seen = [word for word in standing if word.owner != OUT_OF_STANDING and passes(all_there_is, reader, word)]
    others = [word for word in seen if word.owner != reader]
    if not others or (len(seen) < 2 and seen[0].level < 2):
        return None
    hidden = sum(not word.shown for word in others)
    names = sorted(word.owner for word in others if word.shown)
    return max(word.level for word in seen), hidden if hidden >= 3 else None, names


def effects(all_there_is: Everybody, reader: str, words: list[Word]) -> dict[int, Any]:
    """The tokens that have effect for a reader, by number."""
    by_number: defaultdict[int, list[Word]] = defaultdict(list)
    for word in words:
        by_number[word.number].append(word)
    found = {number: effect(all_there_is, reader, said) for number, said in by_number.items()}
    return {number: each for number, each in found.items() if each is not None}


def sighted(all_there_is: Everybody) -> set[tuple[int, str]]:
    """(token, contributor) whose word counted in a match of somebody else: the contributor learns of these."""
    return {
        (word.number, word.owner)
        for reader in readers_of_lists()
        for now in [effects(all_there_is, reader, all_there_is.before)]
        for word in all_there_is.before
        if word.number in now and word.owner not in {reader, OUT_OF_STANDING}
        if not word.withdrawn and passes(all_there_is, reader, word)
    }


# --- the readers


pytestmark = pytest.mark.xdist_group("every reader")  # the hub is built once


@contextmanager
def reading(hub: Any, code: str | None) -> Iterator[psycopg.Connection[Any]]:
    """SQL as the web server's role, the database told by itself who reads: a member by its key, or nobody."""
    with psycopg.connect(plain(as_role(hub.owner_url, "app"))) as connection:
        if code is not None:
            key = hub.keys[code].encode()
            connection.execute("SELECT * FROM credential_holder(sha256(%s), now(), NULL)", (key,))
        yield connection


def sql(all_there_is: Everybody, code: str | None, statement: str) -> set[Any]:
    """The rows of a statement that has no WHERE of its own."""
    with reading(all_there_is.hub, code) as connection:
        return set(connection.execute(statement).fetchall())  # type: ignore[call-overload]


def differing(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> dict[Any, Any]:
    """Cell → what it holds too much and too little, of those cells that differ."""
    return {
        cell: {"too much": _less(found.get(cell), each), "too little": _less(each, found.get(cell))}
        for cell, each in expected.items()
        if found.get(cell) != each
    }


def _less(one: Any, other: Any) -> Any:
    return one - other if isinstance(one, Set) and isinstance(other, Set) else one


def codes() -> list[str]:
    """Every member."""
    return [*MEMBERS, "alliance"]


# --- contributions and indicators


def test_sql_of_the_application_gives_a_member_the_contributions_that_pass_to_it(all_there_is: Everybody) -> None:
    number_of = {token(n): n for n in all_there_is.numbers}
    code_of = dict(all_there_is.hub.sql("SELECT id, code FROM member"))
    found, expected = {}, {}
    for code in (*codes(), None):
        rows = sql(all_there_is, code, "SELECT token, member_id FROM contribution")
        seen = {(word.number, word.owner) for word in all_there_is.words if passes(all_there_is, code, word)}
        found["contribution", code] = {(number_of[bytes(each)], code_of[owner]) for each, owner in rows}
        expected["contribution", code] = seen
        indicators = sql(all_there_is, code, "SELECT token FROM indicator")
        found["indicator", code] = {number_of[bytes(each)] for (each,) in indicators}
        expected["indicator", code] = {number for number, _ in seen}
    assert differing(found, expected) == {}
    assert all(expected["contribution", code] for code in codes() if all_there_is.kind(code) in REACH)


def test_match_gives_a_member_what_has_effect_for_it(all_there_is: Everybody) -> None:
    found = {
        code: {
            (number, int(hit["evidence_level"][1]), hit["members"], tuple(hit["contributors"]))
            for number, hit in all_there_is.hits[code].items()
        }
        for code in readers_of_lists()
    }
    expected = {
        code: {(n, level, hidden, tuple(names)) for n, (level, hidden, names) in _now(all_there_is, code).items()}
        for code in readers_of_lists()
    }
    assert differing(found, expected) == {}
    assert all(expected.values())


def _now(all_there_is: Everybody, code: str) -> dict[int, Any]:
    return effects(all_there_is, code, all_there_is.before)


@pytest.mark.parametrize("which", [0, 1], ids=["whole", "the changes of one that began empty"])
def test_list_gives_a_member_what_has_effect_for_it(all_there_is: Everybody, which: int) -> None:
    found, expected = {}, {}
    for code in readers_of_lists():
        rows = all_there_is.lists[code][which]
        found[code] = {(each, *row[:3]) for each, row in rows.items()}
        now = _now(all_there_is, code)
        expected[code] = {(token(n), 1, level, hidden or 0) for n, (level, hidden, _) in now.items()}
    assert differing(found, expected) == {}


def test_changes_of_a_list_tell_of_what_had_or_has_effect_and_of_nothing_else(all_there_is: Everybody) -> None:
    was, said = _by_place(all_there_is.before), _by_place(all_there_is.words)
    touched = {number for number, owner in said if said[number, owner] != was.get((number, owner))}
    found, expected = {}, {}
    for code in readers_of_lists():
        before, after = _now(all_there_is, code), effects(all_there_is, code, all_there_is.words)
        found[code] = {(each, row[0]) for each, row in all_there_is.lists[code][2].items()}
        expected[code] = {(token(n), int(n in after)) for n in touched if n in before or n in after}
    assert differing(found, expected) == {}
    assert {present for each in expected.values() for _, present in each} == {0, 1}


def _by_place(words: list[Word]) -> dict[tuple[int, str], Word]:
    return {(word.number, word.owner): word for word in words}


def test_sql_of_the_application_gives_a_past_audience_to_whom_the_word_passed(all_there_is: Everybody) -> None:
    counted = [
        Word(**{**vars(word), "withdrawn": False})
        for word in all_there_is.before
        if word.stance == "infringing" and word.owner == "brand-a"
    ]
    kept = sql_as_owner(all_there_is, "SELECT token, member_id FROM past_audience")
    found, expected = {}, {}
    for code in (*codes(), None):
        found[code] = set(map(_plain, sql(all_there_is, code, "SELECT token, member_id FROM past_audience")))
        number = all_there_is.hub.sql("SELECT id FROM member WHERE code = 'brand-a'")[0][0]
        passed = {(token(word.number), number) for word in counted if passes(all_there_is, code, word)}
        expected[code] = passed & kept
    assert differing(found, expected) == {}


def sql_as_owner(all_there_is: Everybody, statement: str) -> set[Any]:
    """The rows there are."""
    return set(map(_plain, all_there_is.hub.sql(statement)))


def _plain(row: Any) -> Any:
    return tuple(bytes(each) if isinstance(each, memoryview | bytes) else each for each in row)


# --- tables of which each row is one member's, or one office's

OWNED = {
    "agreement_signature": "member_id",
    "contribution_tally": "member_id",
    "credential": "member_id",
    "factor": "member_id",
    "idempotency_key": "member_id",
    "identity_provider": "member_id",
    "ledger_dispute": "party",
    "ledger_part": "party",
    "ledger_party_leaf": "party",
    "match": "recipient_id",
    "one_time_link": "member_id",
    "provided_identity": "member_id",
    "quota": "member_id",
    "session": "member_id",
    "sighting": "member_id",
    "sign_in_domain": "member_id",
}
"""Table → whose a row is."""
THE_OFFICE_TOO = {
    "agreement_signature": "true",
    "credential": "true",
    "one_time_link": "kind = 'invitation'",
    "quota": "true",
    "sign_in_domain": "true",
}
"""It issues keys, grants quotas, invites, binds domains, and sees who has signed: it reads whose there are, and no digest.

Table → which rows; a link to a new password is nobody's but its reader's.
"""
THE_AUDITOR_TOO = {"ledger_dispute"}
"""What members put before it."""
THE_OFFICE_ALONE = {
    "application": "name",
    "application_document": "application",
    "decision": "proposed_by",
    "member_move": "member_id",
    "vetted_item": "application",
}
BY_AUDIENCE = {"contribution", "indicator", "past_audience"}
OTHERWISE = {
    "authorisation",
    *("agreement", "group_invitation", "member", "person", "sharing_group", "sharing_group_member"),
    *("ledger_witness", "ledger_cosignature"),
}
"""The agreement, who the members are, and who cosigns the log is known to everybody; people and groups are told below."""


def test_every_table_under_row_level_security_is_one_of_these(all_there_is: Everybody) -> None:
    guarded = sql_as_owner(
        all_there_is, "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
    )
    assert {name for (name,) in guarded} == {*OWNED, *THE_OFFICE_ALONE, *BY_AUDIENCE, *OTHERWISE}


@pytest.mark.parametrize("table", [*OWNED, *THE_OFFICE_ALONE])
def test_sql_of_the_application_gives_a_member_its_own_rows(all_there_is: Everybody, table: str) -> None:
    column = {**OWNED, **THE_OFFICE_ALONE}[table]
    counted = f"SELECT {column}, count({column}) FROM {table} GROUP BY 1"
    number_of = {code: number for number, code in all_there_is.hub.sql("SELECT id, code FROM member")}
    every = sql_as_owner(all_there_is, counted)
    assert every
    found, expected = {}, {}
    for code in (*codes(), None):
        found[table, code] = sql(all_there_is, code, counted)
        own = {row for row in every if table in OWNED and code is not None and row[0] == number_of[code]}
        if code == "alliance" and (table in THE_OFFICE_TOO or table in THE_OFFICE_ALONE):
            which = f"{THE_OFFICE_TOO.get(table, 'true')} OR {column}::text = '{number_of[code]}'"
            own = sql_as_owner(all_there_is, counted.replace("GROUP BY", f"WHERE {which} GROUP BY"))
        expected[table, code] = every if code == "checker" and table in THE_AUDITOR_TOO else own
    assert differing(found, expected) == {}


def test_sql_of_the_application_gives_a_member_its_people_and_the_office_those_to_write_to(
    all_there_is: Everybody,
) -> None:
    found, expected = {}, {}
    for code in (*codes(), None):
        found[code] = {email for (email,) in sql(all_there_is, code, "SELECT email FROM person")}
        owners = {who for who, (_, role) in PEOPLE.items() if role is Role.OWNER and code == "alliance"}
        own = {who for who, (member, _) in PEOPLE.items() if member == code}
        expected[code] = {f"{who}@alliance-hub.org" for who in own | owners}
    assert differing(found, expected) == {}


def seats(all_there_is: Everybody) -> dict[str, set[str]]:
    """Group → the members that sit in it."""
    founded = {group: {founder} for group, (founder, _) in all_there_is.founded.items()}
    return {group: set(codes) for group, codes in GROUPS.items()} | founded


def test_sql_of_the_application_gives_groups_to_those_that_sit_in_them_or_are_invited(
    all_there_is: Everybody,
) -> None:
    found, expected = {}, {}
    offered = {group: invited for group, (_, invited) in all_there_is.founded.items()}
    for code in (*codes(), None):
        everyone = {
            group: {*who, offered.get(group), "alliance"} - {None} for group, who in seats(all_there_is).items()
        }
        seen = {group for group, who in everyone.items() if code in who}
        for table in ("sharing_group", "sharing_group_member", "group_invitation"):
            join = "" if table == "sharing_group" else f"JOIN {table} t ON t.group_id = g.id"
            rows = sql(all_there_is, code, f"SELECT g.code FROM sharing_group g {join}")
            found[table, code] = {group for (group,) in rows}
            expected[table, code] = seen
        parties = {group: all_there_is.founded[group] for group in offered}
        expected["group_invitation", code] = {group for group, who in parties.items() if code in who}
    assert differing(found, expected) == {}


def test_sql_of_the_application_gives_an_authorisation_to_its_two_parties(all_there_is: Everybody) -> None:
    code_of = dict(all_there_is.hub.sql("SELECT id, code FROM member"))
    counted = "SELECT brand_id, agent_id FROM authorisation"
    found = {code: sql(all_there_is, code, counted) for code in (*codes(), None)}
    every = sql_as_owner(all_there_is, counted)
    expected = {code: {row for row in every if code in {code_of[each] for each in row}} for code in (*codes(), None)}
    assert differing(found, expected) == {}
    assert [code for code in codes() if expected[code]] == ["brand-a", "agency"]


def test_sightings_are_of_words_that_counted_in_a_match_of_somebody_else(all_there_is: Everybody) -> None:
    number_of, code_of = (
        {token(n): n for n in all_there_is.numbers},
        dict(all_there_is.hub.sql("SELECT id, code FROM member")),
    )
    rows = sql_as_owner(all_there_is, "SELECT token, member_id FROM sighting")
    found = {"sightings": {(number_of[each], code_of[owner]) for each, owner in rows}}
    assert differing(found, {"sightings": sighted(all_there_is)}) == {}


# --- every page and every export

ALL_ROLES = frozenset(PEOPLE)
KEYS = frozenset(f"key of {code}" for code in (*MEMBERS, "alliance"))
NOBODY = {"nobody", "key of gone", "person-of-gone"}
"""Who finds nothing at all: a stranger, and a member out of standing."""


@pytest.fixture(scope="module")
def read(all_there_is: Everybody) -> dict[str, str]:
    """Reader → all that every page, endpoint and export without a name in its address tells it, in one text."""
    all_there_is.hub.sql("UPDATE session SET fresh_at = now()")  # some pages ask who was not there lately
    for who in ("owner", "person-of-alliance"):  # other tests of the group send every form, also that which removes it
        with person(all_there_is.hub, who) as actor:
            terms = ProviderTerms(f"https://login.{actor.member}.example.org", "hub", "secret")
            members.set_provider(actor, terms)
    return {who: _crawled(all_there_is, client) for who, client in all_there_is.clients.items()}


def _crawled(all_there_is: Everybody, client: FlaskClient) -> str:
    told = []
    waiting = [
        rule.rule
        for rule in all_there_is.hub.app.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or ()) and not rule.rule.startswith("/audit/log")
    ]
    waiting += ["/history?act=contribution.withdrawn", "/audit/entries?limit=10000"]
    while waiting:
        answer = client.get(waiting.pop(), headers=HTML)
        if answer.status_code != 200:
            continue
        text = unescape(answer.text)
        told.append(text)
        waiting += re.findall(r'class="next" href="([^"]+)"', text)
    return "\n".join(told)


def of_members(*wanted: str) -> set[str]:
    """The people and the whole keys of members."""
    people = {who for who, (code, _) in PEOPLE.items() if code in wanted}
    return (people | {f"key of {code}" for code in wanted}) - NOBODY


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
    expected = {word.seller: of_members(word.owner) for word in all_there_is.words}
    assert differing(found, expected) == {}


def test_no_token_is_on_any_page_or_in_any_export(all_there_is: Everybody, read: dict[str, str]) -> None:
    written = {form for n in all_there_is.numbers for form in _written(token(n))}
    assert [(who, form) for who, text in read.items() for form in written if form in text] == []


def _written(value: bytes) -> tuple[str, str, str]:
    return value.hex(), base64.b64encode(value).decode(), base64.urlsafe_b64encode(value).decode().rstrip("=")


def test_match_is_read_by_its_recipients_people_and_keys_alone(all_there_is: Everybody, read: dict[str, str]) -> None:
    code_of = dict(all_there_is.hub.sql("SELECT id, code FROM member"))
    rows = all_there_is.hub.sql("SELECT id, recipient_id FROM match")
    found = {number: told(read, f">m_{number:x}<") for number, _ in rows}
    assert differing(found, {number: of_members(str(code_of[owner])) for number, owner in rows}) == {}
    assert len(found) > 100


def test_match_on_a_page_names_who_chose_to_be_shown_and_counts_nobody_below_three(
    all_there_is: Everybody, read: dict[str, str]
) -> None:
    found, expected = {}, {}
    for code in readers_of_lists():
        cells = re.findall(r'data-label="Members"[^>]*>\s*<span>(.*?)</span>\s*</td>', read[f"key of {code}"], re.S)
        found[code] = Counter(re.sub(r"<[^>]+>", " ", cell).strip() for cell in cells)
        now = effects(all_there_is, code, all_there_is.words)
        lost = set(_now(all_there_is, code)) - set(now)
        words = [_members_in_words(now[n]) for n in now if n in _now(all_there_is, code)]
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
    now = _now(all_there_is, actor)
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


MANAGES_KEYS = {who for who, (_, role) in PEOPLE.items() if role is Role.OWNER} - NOBODY


@pytest.mark.parametrize(
    ("kind", "mark", "readers"),
    [
        *(("key", f"keys of {code}.", MANAGES_KEYS & of_members(code)) for code in (*MEMBERS, "alliance")),
        *(("session", f"10.1.{n}.0/24", {who} - NOBODY) for n, who in enumerate(PEOPLE, 1)),
        *(("factor", f"phone of {who}.", {who} - NOBODY) for who in PEOPLE),
        *(
            (kind, mark, MANAGES_KEYS & of_members(code))
            for code in sorted({code for code, _ in PEOPLE.values()} - {OUT_OF_STANDING})
            for kind, mark in (
                ("provider", f"https://login.{code}.example.org"),
                ("domain", f"sign-in-at-{code}.org</"),
            )
        ),
        ("letter", "words of the letter.", {"person-of-alliance"}),
        ("decision", "subject-of-the-decision.", of_members("alliance", "checker")),
        ("group", "name of the group.", of_members("brand-a", "brand-c")),
        ("application", "name of the applicant.", {"person-of-alliance"}),
        *(("group seat", group, of_members("alliance", "checker", *codes)) for group, codes in GROUPS.items()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_record_is_read_by(read: dict[str, str], kind: str, mark: str, readers: set[str]) -> None:
    assert differing({kind: told(read, mark)}, {kind: readers}) == {}


@pytest.mark.parametrize("who", PEOPLE)
def test_person_is_named_to_nobody_outside_its_member(read: dict[str, str], who: str) -> None:
    mine = of_members(PEOPLE[who][0], "alliance")
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
        now, then = effects(all_there_is, code, all_there_is.words), _now(all_there_is, code)
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
        groups = sorted(group for group, codes in seats(all_there_is).items() if code in codes)
        open_to = of_members(*MEMBERS, "alliance")
        expected[who] = (code, groups) if who in open_to else None
    assert differing(found, expected) == {}
