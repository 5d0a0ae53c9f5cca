"""The codes of a brand's sharing groups are told to an agent that shares for it, and to no other."""

import pytest

from hub.access.permissions import Permission
from tests.conftest import Hub
from tests.web.access.test_acting_for import acting, asked, give, terms


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand in a sharing group, and an agent."""
    hub.admit("brand-a")
    hub.admit("agency", "agent")
    hub.person("brand-a")
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


def test_member_itself_is_told_them(alliance: Hub) -> None:
    assert asked(alliance.client("brand-a")).get_json()["sharing_groups"] == ["watches"]
