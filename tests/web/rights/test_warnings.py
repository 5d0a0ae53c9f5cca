"""A right that ends soon is told of by letter, 90, 30 and 7 days before its last day at its office, once each."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from hub.access.grants import Role
from hub.rights import jobs
from hub.rights import service as rights
from tests.conftest import Hub
from tests.web.members.letters import letters
from tests.web.members.test_decisions import person
from tests.web.rights.entered import enter

ENDS = datetime(2027, 3, 28, tzinfo=UTC)


@pytest.fixture
def brand(hub: Hub) -> Hub:
    """A brand with a person in each role, and another brand with a right of its own that ends later."""
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    for role in Role:
        hub.person("brand-a", role.value, role)
    hub.person("brand-b")
    enter(hub.client("brand-b"))
    return hub


def warned(hub: Hub, moment: datetime) -> int:
    with time_machine.travel(moment, tick=True), hub.app.app_context():
        return jobs.warn_of_rights()


def test_each_warning_is_sent_once_to_those_who_may_enter_rights(brand: Hub) -> None:
    enter(brand.client("brand-a"), ends_on=str(ENDS.date()))
    days = [91, 90, 90, 60, 30, 29, 7, 6, 0, -1]
    assert [warned(brand, ENDS + timedelta(hours=12) - timedelta(days=each)) for each in days] == [
        *(0, 1, 0, 0, 1, 0, 1, 0, 0, 0)
    ]
    told = [letter.to.partition("@")[0] for letter in letters(brand)]
    assert sorted(told) == sorted(["owner", "analyst", "counsel"] * 3)


def test_letter_names_the_right_and_its_last_day_and_not_its_title(brand: Hub) -> None:
    name = enter(brand.client("brand-a"), ends_on=str(ENDS.date()), title="SECRET MARK")
    warned(brand, ENDS)
    text = letters(brand)[0].text
    assert f"- Trade mark EUIPO 018123456: last day 28 Mar 2027 ({name})" in text
    assert "SECRET" not in text


@pytest.mark.parametrize(("office", "count"), [("JPO", 1), ("USPTO", 0)])
def test_day_of_a_warning_is_the_offices_own(brand: Hub, office: str, count: int) -> None:
    enter(brand.client("brand-a"), office=office, ends_on=str(ENDS.date()))
    assert warned(brand, ENDS - timedelta(days=91) + timedelta(hours=20)) == count


def test_withdrawn_right_is_not_told_of(brand: Hub) -> None:
    name = enter(brand.client("brand-a"), ends_on=str(ENDS.date()))
    with person(brand, "owner") as actor:
        rights.withdraw(actor, name)
    assert warned(brand, ENDS) == 0


def test_many_rights_are_told_of_in_few_letters(brand: Hub) -> None:
    enter(brand.client("brand-a"), ends_on=str(ENDS.date()))
    brand.sql(
        "INSERT INTO ip_right (name, member_id, type, title, jurisdictions, classes, owner, state, entered_at, ends_on)"
        " SELECT 'right-' || n, member_id, 'copyright', title, jurisdictions, '{}', owner, state, entered_at, ends_on"
        " FROM ip_right, generate_series(1, 60) n WHERE ends_on = '2027-03-28'"
    )
    assert warned(brand, ENDS) == 61
    assert len(letters(brand)) == 2 * 3
