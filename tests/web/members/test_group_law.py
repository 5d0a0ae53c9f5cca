"""The law of sharing groups, over any run of steps: whoever loses a seat lets nothing more pass, either way."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import clock
from hub.members import service as members
from hub.members.group_rules import INVITATION_LASTS, TO_ACCEPT, VERSIONS_APART, digest_of
from tests.conftest import Hub
from tests.web.members.groups import BRANDS, TEXT, accept, act, founded, invite, lapse, renew, three_brands

STEPS = ("invite", "accept", "decline", "take back", "leave", "dissolve", "publish", "lapse")


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    return three_brands(hub)


class Group:
    """What a group is said to be: who sits in it, longest first, under which text; whoever is first keeps it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.text, self.renewed = TEXT, now - VERSIONS_APART
        self.seats: dict[str, str] = {"brand-a": TEXT}
        self.invited: dict[str, datetime] = {}

    @property
    def keeper(self) -> str | None:
        """Whoever has sat in it longest; None: it is dissolved."""
        return next(iter(self.seats), None)

    def pass_time(self, span: timedelta) -> None:
        """Invitations expire meanwhile."""
        self.now += span
        self.invited = {who: until for who, until in self.invited.items() if until > self.now}

    def take(self, step: str, who: str) -> bool:
        """Whether the step may be taken; it is taken then."""
        may = {
            "invite": self.keeper is not None,
            "accept": who in self.invited or who in self.seats,
            "decline": who in self.invited,
            "take back": who in self.invited and self.keeper is not None,
            "leave": who in self.seats,
            "dissolve": who == self.keeper,
            "publish": who == self.keeper,
            "lapse": True,
        }[step]
        if may:
            self._taken(step, who)
        if not self.seats:
            self.invited = {}
        return may

    def _taken(self, step: str, who: str) -> None:
        if step == "invite" and who not in self.seats:
            self.invited[who] = self.now + INVITATION_LASTS
        elif step in {"accept", "decline", "take back"}:
            self.invited.pop(who, None)
            self.seats |= {who: self.text} if step == "accept" else {}
        elif step == "leave":
            del self.seats[who]
        elif step == "dissolve":
            self.seats = {}
        elif step == "publish":
            assert self.keeper
            self.text, self.renewed = f"Agreed at {self.now}.", self.now
            self.seats[self.keeper] = self.text
        elif step == "lapse" and self.now >= self.renewed + TO_ACCEPT:
            self.seats = {who: text for who, text in self.seats.items() if text == self.text}


@settings(
    max_examples=10,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(BRANDS)), min_size=4, max_size=14))
def test_who_sits_has_accepted_what_is_agreed_and_whoever_goes_lets_nothing_more_pass(
    alliance: Hub, steps: list[tuple[str, str]]
) -> None:
    alliance.sql("UPDATE sharing_group SET dissolved_at = now()")  # those of earlier runs: one founds so many
    code = founded(alliance)
    said = Group(clock.now())
    for step, who in steps:
        before, keeper = _passing(alliance, code), said.keeper or "brand-a"
        said.pass_time({"publish": VERSIONS_APART, "lapse": TO_ACCEPT / 2}.get(step, timedelta(minutes=1)))
        may = said.take(step, who)
        with time_machine.travel(said.now):
            assert _done(alliance, step, code, who, keeper, said.text) == may, (step, who)
        assert _agreed(alliance, code) == {who: digest_of(text) for who, text in said.seats.items()}
        if step != "accept":
            assert _passing(alliance, code) <= before


def _done(alliance: Hub, step: str, code: str, who: str, keeper: str, text: str) -> bool:
    """Whether a step was allowed."""
    commands: dict[str, Callable[[], object]] = {
        "invite": lambda: invite(alliance, code, who, who=keeper),
        "accept": lambda: accept(alliance, code, who, digest_of(text)),
        "decline": lambda: act(alliance, members.decline_group, code, who),
        "take back": lambda: act(alliance, members.take_back_invitation, code, keeper, who),
        "leave": lambda: act(alliance, members.leave_group, code, who),
        "dissolve": lambda: act(alliance, members.dissolve_group, code, who),
        "publish": lambda: renew(alliance, code, text if who == keeper else "Mine.", who),
        "lapse": lambda: lapse(alliance, timedelta(0)),
    }
    try:
        commands[step]()
    except (members.UnknownGroupError, members.UnknownMemberError, members.RefusedMoveError):
        return False
    return True


def _agreed(alliance: Hub, code: str) -> dict[str, str]:
    """Whose seat agrees to the text of which digest."""
    return dict(
        alliance.sql(
            "SELECT m.code, encode(s.agreed_digest, 'hex') FROM sharing_group_member s JOIN sharing_group g"
            " ON g.id = s.group_id JOIN member m ON m.id = s.member_id WHERE g.code = %s",
            code,
        )
    )


def _passing(alliance: Hub, code: str) -> set[tuple[object, ...]]:
    """(whose seat, who has it among its addresses) of the group."""
    return set(
        alliance.sql(
            "SELECT s.member_id, m.id FROM sharing_group_member s JOIN sharing_group g ON g.id = s.group_id"
            " JOIN member m ON s.id = ANY(member_addresses(m.id)) WHERE g.code = %s",
            code,
        )
    )
