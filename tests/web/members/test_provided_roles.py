"""What follows where a provider takes an owner's role away, and what a word that is refused leaves behind: nothing."""

import pytest

from hub.members import rules
from tests.conftest import Hub
from tests.web.members.led import bind, entered, signed_in
from tests.web.members.letters import answered, letters, path_in
from tests.web.members.provider import Provider
from tests.web.members.test_people import EVA, sent

SECOND = "second@alliance-hub.org"


@pytest.fixture
def linked(hub: Hub, provider: Provider) -> Hub:
    """A brand with a second owner, whom its provider calls a mere reader from now on."""
    bind(hub, "brand-a", provider, "alliance-hub.org")
    hub.person("brand-a", "second")
    provider.person |= {"email": SECOND, "groups": ["Readers"]}
    return hub


def test_invitation_of_an_owner_whom_the_provider_makes_none_any_more_is_void(linked: Hub) -> None:
    sent(linked.signed_in("second"), "/people/invitations", email=EVA, name="Eva", role="owner")
    entered(linked, SECOND)
    accepted = {"name": "Eva", "password": "nine green bottles hanging"}
    assert answered(linked, path_in(letters(linked, EVA)[0]), **accepted).status_code == 404


def test_person_is_told_of_the_role_that_the_provider_gave(linked: Hub) -> None:
    entered(linked, SECOND)
    assert rules.NOTICES[rules.Notice.ROLE_SET][0] in letters(linked, SECOND)[0].subject


def test_older_sessions_may_lie_unused_as_long_as_the_new_role_has_it(linked: Hub) -> None:
    linked.signed_in("second")
    entered(linked, SECOND)
    limits = linked.sql("SELECT idle_seconds FROM session s JOIN person p ON p.id = person_id WHERE email = %s", SECOND)
    assert limits == [(int(rules.SESSION_LASTS.total_seconds()),)] * 2


def test_role_that_the_provider_gives_again_is_told_once(linked: Hub) -> None:
    entered(linked, SECOND)
    entered(linked, SECOND)
    told = [each for each in letters(linked, SECOND) if rules.NOTICES[rules.Notice.ROLE_SET][0] in each.subject]
    assert len(told) == 1


def test_person_shut_out_before_its_provider_named_it_is_not_linked(linked: Hub) -> None:
    linked.sql("UPDATE person SET active = false WHERE email = %s", SECOND)
    assert not signed_in(entered(linked, SECOND)[0])
    assert linked.sql("SELECT subject FROM provided_identity") == []
    assert linked.sql("SELECT id FROM ledger_entry WHERE action = 'person.linked'") == []
