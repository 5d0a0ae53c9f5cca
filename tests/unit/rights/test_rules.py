"""What a right must say, at which office, and when it is in force by that office's own day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rights import rules
from hub.rights.model import IpRight
from hub.rights.office_rules import EPC, EU, OFFICES, RightType
from hub.rights.rules import Command, FactError, Facts, ForbiddenMoveError, Given, RightState

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
law = settings(max_examples=200)


def said(**other: Any) -> Given:
    """A trade mark of the EUIPO, but for what is said otherwise."""
    usual: dict[str, Any] = {
        "type": "trade-mark",
        "office": "EUIPO",
        "number": "018123456",
        "title": "ACME",
        "jurisdictions": [],
        "classes": [9, 25],
        "begins_on": date(2020, 1, 1),
        "ends_on": date(2030, 1, 1),
        "owner": "Acme GmbH",
    }
    return Given(**{**usual, **other})


def facts(**other: Any) -> Facts:
    return rules.facts_of(said(**other), NOON)


# --- states


@law
@given(st.lists(st.sampled_from(Command), max_size=12))
def test_no_run_of_commands_leaves_the_table_and_each_forbidden_one_says_why(commands: list[Command]) -> None:
    state = RightState.ENTERED
    for command in commands:
        allowed = rules.MOVES[state]
        if command in allowed:
            state = rules.after(state, command)
            assert state in rules.MOVES
        else:
            with pytest.raises(ForbiddenMoveError, match=r"you cannot \w+ this right: \w+"):
                rules.after(state, command)


def test_moves_are_those_of_the_design() -> None:
    drawn = {(state.value, command.value, to.value) for state, by in rules.MOVES.items() for command, to in by.items()}
    assert drawn == {
        ("entered", "ask", "entered"),
        ("entered", "verify", "verified"),
        ("entered", "refuse", "refused"),
        ("verified", "refuse", "refused"),
        *((state, "correct", "entered") for state in ("entered", "verified", "refused")),
        *((state, "certify", "entered") for state in ("entered", "verified", "refused")),
        *((state, "withdraw", "withdrawn") for state in ("entered", "verified", "refused")),
    }


# --- offices and facts


def test_every_zone_country_and_type_of_an_office_is_known() -> None:
    for code, office in OFFICES.items():
        assert ZoneInfo(office.zone), code
        assert office.jurisdictions <= rules.COUNTRIES, code
        assert office.types, code
        assert len(code) <= IpRight.__table__.c.office.type.length, code
    assert len(EU) == 27
    assert len(EPC) == 39


MARKETS = (
    *("AE", "AR", "AT", "AU", "BD", "BR", "CA", "CH", "CL", "CN", "CO", "CZ", "DE", "DK", "EG", "ES", "FI", "FR", "GB"),
    *("GR", "HK", "HU", "ID", "IE", "IL", "IN", "IT", "JP", "KE", "KR", "KZ", "LK", "MA", "MX", "MY", "NG", "NO", "NZ"),
    *("PE", "PH", "PK", "PL", "PT", "RO", "RU", "SA", "SE", "SG", "TH", "TR", "TW", "UA", "US", "VN", "ZA"),
)


@pytest.mark.parametrize("country", MARKETS)
def test_mark_that_is_registered_in_one_country_alone_can_be_entered(country: str) -> None:
    (office,) = [
        code
        for code, each in OFFICES.items()
        if country in each.jurisdictions and len(each.jurisdictions) <= 2 and RightType.TRADE_MARK in each.types
    ]
    assert country in facts(office=office).jurisdictions


def test_mark_of_the_african_organisation_is_in_force_in_its_members() -> None:
    assert len(facts(office="OAPI").jurisdictions) == 17


def test_eurasian_patent_is_in_force_where_it_is_kept_up() -> None:
    patent = {"type": "patent", "office": "EAPO", "classes": []}
    assert facts(**patent, jurisdictions=["KZ", "AM"]).jurisdictions == ["AM", "KZ"]
    with pytest.raises(FactError):
        facts(**patent, jurisdictions=["UA"])


def test_right_of_the_european_union_is_in_force_in_its_members() -> None:
    assert facts().jurisdictions == sorted(EU)


def test_designated_union_and_benelux_stand_for_their_countries() -> None:
    named = facts(office="WIPO", jurisdictions=["eu", " jp ", "BX"]).jurisdictions
    assert named == sorted({*EU, "JP"})


def test_number_is_read_in_capitals_and_compared_without_what_separates() -> None:
    number = facts(number=" zl 2015-20 ").number
    assert number == "ZL 2015-20"
    assert rules.plain_number(number) == rules.plain_number("zl201520")


def test_copyright_needs_no_office_and_no_days() -> None:
    song = facts(type="copyright", office="", number="", classes=[], begins_on=None, ends_on=None, jurisdictions=["DE"])
    assert (song.office, song.number, song.ends_on) == (None, None, None)


REFUSED = {
    "type": [{"type": "trade-secret"}, {"type": ""}],
    "office": [{"office": "EPO"}, {"office": "ACME"}, {"office": ""}, {"type": "copyright", "classes": []}],
    "number": [{"number": ""}, {"number": "1" * 41}, {"number": "12_34"}, {"number": "１２"}, {"number": "/"}],
    "title": [{"title": " "}, {"title": "A" * 201}, {"title": "A\u202eB"}, {"title": "A\x00"}],
    "owner": [{"owner": ""}, {"owner": "A" * 201}],
    "jurisdictions": [
        {"jurisdictions": ["US"]},
        {"office": "WIPO"},
        {"office": "WIPO", "jurisdictions": ["ZZ"]},
        {"office": "WIPO", "jurisdictions": ["DE", ""]},
    ],
    "classes": [
        {"classes": []},
        {"classes": [0]},
        {"classes": [46]},
        {"type": "design", "classes": [33]},
        {"type": "geographical-indication", "classes": [1]},
    ],
    "begins_on": [{"begins_on": None}, {"begins_on": date(1799, 1, 1)}],
    "ends_on": [
        {"ends_on": None},
        {"ends_on": date(2019, 12, 31)},
        {"ends_on": date(2301, 1, 1)},
        {"ends_on": date(2026, 11, 26)},
    ],
}


@pytest.mark.parametrize(("field", "other"), [(field, each) for field, all in REFUSED.items() for each in all])
def test_fact_beyond_the_rules_is_refused_by_its_field(field: str, other: dict[str, Any]) -> None:
    with pytest.raises(FactError) as refused:
        facts(**other)
    assert refused.value.field == field


def test_digest_tells_any_two_facts_apart() -> None:
    others: list[dict[str, Any]] = [
        {},
        {"title": "ACMÉ"},
        {"classes": [9]},
        {"number": "1"},
        {"ends_on": date(2031, 1, 1)},
    ]
    assert len({facts(**other).digest for other in others}) == len(others)


# --- in force

ENDS = date(2027, 3, 28)
"""A Sunday on which clocks change in Europe."""


@pytest.mark.parametrize("office", [code for code, office in OFFICES.items() if RightType.TRADE_MARK in office.types])
def test_right_is_in_force_to_the_end_of_its_last_day_at_the_office(office: str) -> None:
    named = [] if not OFFICES[office].designated else ["JP"]
    right = facts(office=office, ends_on=ENDS, jurisdictions=named)
    zone = ZoneInfo(OFFICES[office].zone)
    midnight = datetime(2027, 3, 29, tzinfo=zone)
    country = right.jurisdictions[0]
    assert rules.in_force(right, country, midnight.astimezone(UTC) - timedelta(seconds=1))
    assert not rules.in_force(right, country, midnight.astimezone(UTC))


def test_same_moment_is_another_day_at_another_office() -> None:
    moment = datetime(2027, 3, 28, 23, 30, tzinfo=UTC)
    alive = {
        office: rules.in_force(facts(office=office, ends_on=ENDS), None, moment)
        for office in ("JPO", "CNIPA", "EUIPO", "UKIPO", "USPTO", "INPI-BR")
    }
    assert alive == {
        **dict.fromkeys(("JPO", "CNIPA", "EUIPO", "UKIPO"), False),
        **dict.fromkeys(("USPTO", "INPI-BR"), True),
    }


def test_right_that_expired_yesterday_at_its_office_cannot_be_entered_though_it_is_still_that_day_elsewhere() -> None:
    moment = datetime(2027, 3, 28, 16, tzinfo=UTC)
    with pytest.raises(FactError, match="has passed"):
        rules.facts_of(said(office="JPO", ends_on=ENDS), moment)
    assert rules.facts_of(said(office="USPTO", ends_on=ENDS), moment)


@pytest.mark.parametrize("begins", [date(2026, 11, 28), date(2026, 11, 27)])
def test_right_is_in_force_from_its_first_day_on(begins: date) -> None:
    assert rules.in_force(facts(begins_on=begins), "DE", NOON) == (begins == NOON.date())


def test_right_is_in_force_in_its_jurisdictions_alone() -> None:
    assert [rules.in_force(facts(), country, NOON) for country in ("DE", "US", None)] == [True, False, True]


# --- warnings


@law
@given(st.integers(0, 400))
def test_each_warning_is_due_once_whenever_one_begins_to_look(first: int) -> None:
    end, warned, told = date(2027, 3, 28), None, []
    for left in range(first, -2, -1):
        due = rules.warning_due(end, end - timedelta(days=left), warned)
        if due is not None:
            told.append(warned := due)
    late = [days for days in rules.WARNED_BEFORE if days >= first][-1:]
    assert told == late + [days for days in rules.WARNED_BEFORE if days < first]
