"""Every table, every member: the rows that the application is given for it are those that the policy says.

The policy is restated in `restated.py`. A difference names the table, the reader, and what was returned too much or too
little.
"""

import itertools

import pytest

from hub.access.grants import Role
from tests.web.access.everybody import (
    ACTING,
    PEOPLE,
    Everybody,
    Word,
)
from tests.web.access.restated import (
    REACH,
    codes,
    differing,
    passes,
    plain_row,
    reading,
    seats,
    sighted,
    sql,
    sql_as_owner,
)
from tests.web.indicators.test_share_and_match_over_http import token

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


def test_sql_of_the_application_gives_a_past_audience_to_whom_the_word_passed(all_there_is: Everybody) -> None:
    counted = [
        Word(**{**vars(word), "withdrawn": False})
        for word in all_there_is.before
        if word.stance == "infringing" and word.owner == "brand-a"
    ]
    kept = sql_as_owner(all_there_is, "SELECT token, member_id FROM past_audience")
    found, expected = {}, {}
    for code in (*codes(), None):
        found[code] = set(map(plain_row, sql(all_there_is, code, "SELECT token, member_id FROM past_audience")))
        number = all_there_is.hub.sql("SELECT id FROM member WHERE code = 'brand-a'")[0][0]
        passed = {(token(word.number), number) for word in counted if passes(all_there_is, code, word)}
        expected[code] = passed & kept
    assert differing(found, expected) == {}


# --- tables of which each row is one member's, or one office's

OWNED = {
    "agreement_signature": "member_id",
    "authorised_seller": "brand_id",
    "contribution_tally": "member_id",
    "credential": "member_id",
    "factor": "member_id",
    "idempotency_key": "member_id",
    "identity_provider": "member_id",
    "ip_right_move": "member_id",
    "ledger_dispute": "party",
    "ledger_part": "party",
    "ledger_party_leaf": "party",
    "match": "recipient_id",
    **dict.fromkeys(("test_buy", "custody_step", "test_buy_cost"), "brand_id"),
    "platform_clock": "platform_id",
    "notice": "member_id",
    "notice_read": "member_id",
    "notice_reader": "member_id",
    "statement": "platform_id",
    "strike_ladder": "platform_id",
    "one_time_link": "member_id",
    "provided_identity": "member_id",
    "quota": "member_id",
    "session": "member_id",
    "sighting": "member_id",
    "sign_in_domain": "member_id",
    "webhook": "member_id",
    "webhook_delivery": "member_id",
    "webhook_try": "member_id",
}
"""Table → whose a row is."""
THE_OFFICE_TOO = {
    "agreement_signature": "true",
    "credential": "true",
    "ip_right_move": "true",
    "one_time_link": "kind = 'invitation'",
    "quota": "true",
    "sign_in_domain": "true",
}
"""It issues keys, grants quotas, invites, binds domains, verifies rights, and sees who has signed: it reads whose there are, and no digest.

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
    *("authorisation", "evidence", "evidence_party"),
    *("agreement", "group_invitation", "member", "person", "sharing_group", "sharing_group_member"),
    *("ledger_witness", "ledger_cosignature"),
    *("ip_right", "ip_right_certificate", "ip_right_verdict"),
    *("marketplace", "listing_report", "reported_listing", "report_step", "question", "counter_notice", "message"),
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
    assert [code for code in codes() if expected[code]] == ["brand-a", "brand-b", "agency"]


@pytest.mark.parametrize(
    ("table", "party"),
    [
        *((each, "brand_id") for each in ("listing_report", "reported_listing", "report_step", "question")),
        *(("counter_notice", "brand_id"), ("message", "from_id")),
    ],
)
def test_sql_of_the_application_gives_a_report_to_its_two_parties(
    all_there_is: Everybody, table: str, party: str
) -> None:
    counted = f"SELECT count(DISTINCT {party}) FROM {table}"
    found = {code: sql(all_there_is, code, counted) for code in (*codes(), None)}
    assert differing(found, {code: {(int(code in {"brand-a", "shop"}),)} for code in found}) == {}


def test_sql_of_the_application_gives_marketplaces_to_those_that_report_and_are_reported_to(
    all_there_is: Everybody,
) -> None:
    found = {code: sql(all_there_is, code, "SELECT count(*) FROM marketplace") for code in (*codes(), None)}
    kinds = {code: code is not None and all_there_is.kind(code) in {"brand", "platform"} for code in found}
    assert differing(found, {code: {(int(kinds[code]),)} for code in found}) == {}


def test_sql_of_the_application_gives_evidence_to_its_owner_and_the_parties_it_is_shown_to(
    all_there_is: Everybody,
) -> None:
    found, expected = {}, {}
    for code, table in itertools.product((*codes(), None), ("evidence", "evidence_party")):
        found[table, code] = sql(all_there_is, code, f"SELECT count(*) FROM {table}")
        expected[table, code] = {(1 if code in {"brand-a", "shop"} else 0,)}
    assert differing(found, expected) == {}


def test_sql_of_the_application_gives_a_right_to_its_brand_the_office_and_the_platform_it_was_shown_to(
    all_there_is: Everybody,
) -> None:
    found, expected = {}, {}
    tables = ("ip_right", "ip_right_certificate", "ip_right_verdict")
    for code, table in itertools.product((*codes(), None), tables):
        found[table, code] = sql(all_there_is, code, f"SELECT count(*) FROM {table}")
        expected[table, code] = {(int(code in {"brand-a", "shop", "alliance"}),)}
    assert differing(found, expected) == {}


THE_BRANDS_ALONE = {
    *("agreement_signature", "authorisation", "credential", "factor", "group_invitation", "identity_provider"),
    *("ledger_dispute", "ledger_part", "ledger_party_leaf", "one_time_link", "person", "provided_identity", "session"),
    *("notice", "notice_read", "notice_reader", "sign_in_domain", "webhook", "webhook_delivery", "webhook_try"),
}
"""What no agent reads in a brand's name: its people, keys and sign-in, its part of the record, its other agents."""


def test_sql_of_the_application_gives_an_agent_what_passes_to_the_brand_and_nothing_that_is_the_brands_alone(
    all_there_is: Everybody,
) -> None:
    found, expected = {}, {}
    for brand in {acting.brand for acting in ACTING.values()}:
        for table in (*OWNED, *THE_OFFICE_ALONE, *BY_AUDIENCE, *OTHERWISE):
            counted = f"SELECT count(*) FROM {table}"
            with reading(all_there_is.hub, "agency", brand) as connection:
                # psycopg takes literal statements alone; this one is made of the names of our own tables
                found[table, brand] = set(connection.execute(counted).fetchall())  # type: ignore[call-overload]  # psycopg types literals alone
            own = sql(all_there_is, brand, counted)
            expected[table, brand] = {(0,)} if table in THE_BRANDS_ALONE else own
    assert differing(found, expected) == {}
    assert {table for table, brand in expected if expected[table, brand] != {(0,)}} >= {"contribution", "match"}


def test_sightings_are_of_words_that_counted_in_a_match_of_somebody_else(all_there_is: Everybody) -> None:
    number_of, code_of = (
        {token(n): n for n in all_there_is.numbers},
        dict(all_there_is.hub.sql("SELECT id, code FROM member")),
    )
    rows = sql_as_owner(all_there_is, "SELECT token, member_id FROM sighting")
    found = {"sightings": {(number_of[each], code_of[owner]) for each, owner in rows}}
    assert differing(found, {"sightings": sighted(all_there_is)}) == {}
