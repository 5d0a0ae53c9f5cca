"""What an agent does for a brand stands in the log for four parties: each verifies it, and reads its own sentence."""

from pathlib import Path

import pytest

from hub.ledger import service as ledger
from tests.conftest import Hub
from tests.web.access.test_acting_for import ALL, acting
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share
from tests.web.ledger.typing_member import at_terminal, served
from tests.web.members.test_agents import give, terms

WHOLE = "agency, as the agent of brand-a, matched 1 identifier"
TOLD = {
    "brand-a": f"{WHOLE} under {KEY}: 1 are known to the alliance",
    "agency": f"{WHOLE} under {KEY}: 1 are known to the alliance",
    "checker": f"{WHOLE} under {KEY}: 1 are known to the alliance",
    "brand-b": f"A member matched its own identifiers under {KEY}: 1 of yours were among them",
}


@pytest.fixture
def exchanged(hub: Hub) -> Hub:
    """The agency has shared and matched for brand-a; brand-b's word was among what it found."""
    for code, kind in (("checker", "auditor"), ("brand-a", "brand"), ("brand-b", "brand"), ("agency", "agent")):
        hub.admit(code, kind)
    hub.person("brand-a")
    give(hub, "agency", terms(*ALL))
    share(hub.client("brand-b"), 1)
    share(acting(hub), 2)
    match(acting(hub), 1)
    hub.sequence()
    hub.sql("UPDATE person SET active = false")  # the office makes keys for who has no owner
    return hub


@pytest.mark.parametrize("code", TOLD)
def test_party_verifies_the_log_and_opens_every_part_of_its_own(
    exchanged: Hub, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(exchanged) as url:
        verified = at_terminal(exchanged, url, code, tmp_path, monkeypatch).answer("verify", "--full")
    assert verified["own"] == verified["views"] > 0


@pytest.mark.parametrize("code", TOLD)
def test_party_reads_its_own_sentence(exchanged: Hub, code: str) -> None:
    with exchanged.app.app_context():
        entries = ledger.own_entries(exchanged.actor(code), limit=1000)
    assert [entry.sentence for entry in entries if entry.action == "match.run"] == [TOLD[code]]


def test_what_is_withheld_from_an_agent_is_noticed_by_its_client(
    exchanged: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchanged.sql(
        "DELETE FROM ledger_party_leaf l USING ledger_part p, member m WHERE p.entry_id = l.entry_id AND p.party = l.party"
        " AND m.id = p.party AND m.code = 'agency' AND p.action = 'match.run'"
    )
    with served(exchanged) as url:
        at_terminal(exchanged, url, "agency", tmp_path, monkeypatch)("verify", "--full", code=40)
