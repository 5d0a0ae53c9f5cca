"""The codes of a brand's sharing groups are told to an agent that shares for it, and to no other."""

import pytest

from hub.access.permissions import Permission
from tests.conftest import HTML, Hub
from tests.web.access.test_acting_for import acting, asked, give, terms
from tests.web.access.test_acting_person import acting as person_acting
from tests.web.indicators.test_share_and_match_over_http import share


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand in a sharing group, and an agent."""
    hub.admit("brand-a")
    hub.admit("agency", "agent")
    hub.person("brand-a")
    hub.person("agency")
    hub.sql("INSERT INTO sharing_group (code, name) VALUES ('watches', 'Watches')")
    hub.sql(
        "INSERT INTO sharing_group_member (group_id, member_id)"
        " SELECT g.id, m.id FROM sharing_group g, member m WHERE m.code = 'brand-a'"
    )
    return hub


@pytest.mark.parametrize(
    ("scope", "told"), [(Permission.CONTRIBUTION_SHARE, ["watches"]), (Permission.MATCH_RUN, [])], ids=str
)
def test_agent_is_told_the_groups_only_if_it_may_share_for_the_brand(
    alliance: Hub, scope: Permission, told: list[str]
) -> None:
    give(alliance, "agency", terms(scope))
    assert asked(acting(alliance)).get_json()["sharing_groups"] == told


def passes_to(alliance: Hub, scope: Permission) -> list[bool]:
    """Whether the page of what the brand shared names its group to an agent of that scope, or says that it is one."""
    share(alliance.client("brand-a"), 1, sharing_groups=["watches"])
    give(alliance, "agency", terms(Permission.CONTRIBUTION_READ_OWN, scope))
    page = person_acting(alliance).get("/contributions", headers=HTML).text
    return ["watches" in page, "a sharing group only" in page]


def test_page_names_no_group_to_an_agent_that_only_reads(alliance: Hub) -> None:
    assert passes_to(alliance, Permission.CONTRIBUTION_READ_OWN) == [False, True]


def test_page_names_the_group_to_an_agent_that_may_share(alliance: Hub) -> None:
    assert passes_to(alliance, Permission.CONTRIBUTION_SHARE) == [True, False]


def test_member_itself_is_told_them(alliance: Hub) -> None:
    assert asked(alliance.client("brand-a")).get_json()["sharing_groups"] == ["watches"]
