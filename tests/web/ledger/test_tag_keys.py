"""A worker keeps tag keys that it has opened; what it records is all the same under the keys of this moment."""

from hub.sealing import seal
from hub.tree.leaf import parse_leaf
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import KEY, match

ROLES = (
    "SELECT m.code, p.role FROM ledger_part p JOIN member m ON m.id = p.party"
    " WHERE p.entry_id = (SELECT entry_id FROM ledger_pending ORDER BY seq DESC LIMIT 1) ORDER BY 1"
)


def roles(hub: Hub) -> dict[str, str]:
    """Who has which part in the newest match."""
    match(hub.client("shop"), 1)
    return dict(hub.sql(ROLES))  # type: ignore[arg-type]  # rows are untyped


def test_auditor_admitted_between_two_events_has_a_part_in_the_second(hub: Hub) -> None:
    hub.admit("shop", "platform")
    assert roles(hub) == {"shop": "actor"}
    hub.admit("auditor", "auditor")
    assert roles(hub) == {"auditor": "auditor", "shop": "actor"}


def test_auditor_suspended_between_two_events_has_no_part_in_the_second(hub: Hub) -> None:
    hub.admit("shop", "platform")
    hub.admit("auditor", "auditor")
    assert "auditor" in roles(hub)
    hub.sql("UPDATE member SET state = 'suspended' WHERE code = 'auditor'")
    assert roles(hub) == {"shop": "actor"}


def test_key_that_is_another_since_is_the_one_that_tags(hub: Hub) -> None:
    """As after a backup was put back: the member of that number has another key."""
    hub.admit("shop", "platform")
    match(hub.client("shop"), 1)
    ((party,),) = hub.sql("SELECT id FROM member WHERE code = 'shop'")
    with hub.app.app_context():
        sealed = seal(bytes(range(32)), f"tag-key {party}")
    hub.sql("UPDATE ledger_tag_key SET sealed = %s WHERE party = %s", sealed, party)
    match(hub.client("shop"), 1)
    leaves = [
        parse_leaf(bytes(leaf)) for (leaf,) in hub.sql("SELECT leaf FROM ledger_entry WHERE action = 'match.run'")
    ]
    assert sum(leaf.place(bytes(range(32))) is not None for leaf in leaves) == 1


def test_record_is_refused_whose_keys_are_never_those_that_are_there(hub: Hub) -> None:
    hub.admit("shop", "platform")
    ((definition,),) = hub.sql("SELECT pg_get_functiondef('ledger_append'::regproc)")
    hub.sql(f"{str(definition).partition('LANGUAGE')[0]} LANGUAGE sql AS 'SELECT false'")
    before = hub.sql("SELECT count(*) FROM ledger_entry")
    answer = hub.client("shop").post(
        f"/api/v1/keys/{KEY}/matches", data=bytes(32), content_type="application/octet-stream"
    )
    assert answer.status_code == 500
    assert hub.sql("SELECT count(*) FROM ledger_entry") == before
