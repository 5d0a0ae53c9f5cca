"""The check of the whole log finds each row that is not as it was, names its place, and is silent where all is well."""

from collections.abc import Sequence

import pytest

from hub.ledger import service as ledger
from hub.ledger.fsck import Checked
from hub.members.jobs import retire_entries
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import match, share
from tests.web.ledger.recording import as_superuser, reason, record
from tests.web.ledger.test_disputes import EVIDENCE
from tests.web.ledger.test_erasures import erased, named, office
from tests.web.ledger.test_log_over_http import grow
from tests.web.ledger.witnessing import enrolled

assert office, "a fixture"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Three parties and more than one tile of entries, under several checkpoints, one of them still on its way."""
    for code, kind in (("brand-a", "brand"), ("shop", "platform"), ("auditor", "auditor")):
        hub.admit(code, kind)
    share(hub.client("brand-a"), 1, 2)
    match(hub.client("shop"), 1)
    for count in (3, 250, 30):
        grow(hub, count)
    record(hub)
    return hub


def checked(hub: Hub) -> Checked:
    """What the check finds, run as the application's role with the anchor of the hub's log."""
    with hub.app.app_context():
        return ledger.check_log(hub.anchor)


def found(hub: Hub) -> list[tuple[str, str]]:
    """(kind, place) of each finding."""
    return [(each.kind, each.place) for each in checked(hub).findings]


def test_sound_log_has_no_finding(alliance: Hub) -> None:
    done = checked(alliance)
    assert done.findings == []
    assert done.size == alliance.sql("SELECT count(*) FROM ledger_leaf")[0][0]
    assert done.checkpoints == alliance.sql("SELECT count(*) FROM ledger_checkpoint")[0][0] == 3


def test_empty_log_has_no_finding(hub: Hub) -> None:
    with hub.app.app_context():
        assert ledger.check_log(hub.anchor).findings == []


FLIP = "set_byte({0}, {1}, 255 - get_byte({0}, {1}))"
ID = "(overlay(id::text placing 'ffffffff' from 1))::uuid"
ROT: Sequence[tuple[str, str, set[str]]] = (
    (
        "ledger_entry.leaf",
        f"UPDATE ledger_entry SET leaf = {FLIP.format('leaf', 60)} WHERE id = (SELECT entry_id FROM"
        " ledger_leaf WHERE leaf_index = 100)",
        {"leaf", "tile", "state", "checkpoint", "view"},
    ),
    (
        "ledger_entry.action",
        "UPDATE ledger_entry SET action = 'match.run' WHERE id = (SELECT entry_id FROM ledger_leaf"
        " WHERE leaf_index = 100)",
        {"entry"},
    ),
    (
        "ledger_entry.id",
        f"UPDATE ledger_entry SET id = {ID} WHERE id = (SELECT entry_id FROM ledger_leaf WHERE leaf_index = 100)",
        {"entry", "lost", "stray", "party leaf"},
    ),
    (
        "ledger_part.view",
        f"UPDATE ledger_part SET view = {FLIP.format('view', 'octet_length(view) - 6')} WHERE entry_id = (SELECT entry_id"
        " FROM ledger_leaf WHERE leaf_index = 100) AND n = 0",
        {"view", "entry"},
    ),
    (
        "ledger_part.salt",
        f"UPDATE ledger_part SET salt = {FLIP.format('salt', 3)} WHERE entry_id = (SELECT entry_id"
        " FROM ledger_leaf WHERE leaf_index = 100)",
        {"view"},
    ),
    (
        "ledger_part.n",
        "UPDATE ledger_part SET n = n + 2 WHERE entry_id = (SELECT entry_id FROM ledger_leaf WHERE leaf_index = 100)",
        {"view", "party leaf"},
    ),
    *(
        (
            f"ledger_part.{column}",
            f"UPDATE ledger_part SET {column} = {value} WHERE entry_id = (SELECT entry_id FROM ledger_leaf"
            " WHERE leaf_index = 100)",
            {"entry"},
        )
        for column, value in (
            *(("outcome", "'denied'"), ("role", "'auditor'"), ("role", "NULL"), ("via", "'job'")),
            *(("acting", "'brand-z'"), ("acting", "NULL")),
        )
    ),
    (
        "ledger_part.party",
        "UPDATE ledger_part SET party = party + 50 WHERE entry_id = (SELECT entry_id FROM ledger_leaf"
        " WHERE leaf_index = 100)",
        {"party leaf"},
    ),
    (
        "ledger_part gone",
        "DELETE FROM ledger_part WHERE entry_id = (SELECT entry_id FROM ledger_leaf WHERE leaf_index = 100)",
        {"party leaf"},
    ),
    (
        "ledger_leaf.leaf_hash",
        f"UPDATE ledger_leaf SET leaf_hash = {FLIP.format('leaf_hash', 3)} WHERE leaf_index = 100",
        {"leaf"},
    ),
    (
        "ledger_leaf.entry_id",
        "UPDATE ledger_leaf SET entry_id = gen_random_uuid() WHERE leaf_index = 100",
        {"entry", "lost", "party leaf"},
    ),
    (
        "ledger_leaf.leaf_index",
        "UPDATE ledger_leaf SET leaf_index = 100000 WHERE leaf_index = 100",
        {"gap", "tile", "state", "checkpoint", "party leaf"},
    ),
    ("ledger_party_leaf.n", "UPDATE ledger_party_leaf SET n = n + 1 WHERE leaf_index = 100", {"party leaf"}),
    ("ledger_party_leaf gone", "DELETE FROM ledger_party_leaf WHERE leaf_index = 100", {"party leaf"}),
    (
        "ledger_party_leaf.leaf_index",
        "UPDATE ledger_party_leaf SET leaf_index = 100000 WHERE leaf_index = 100",
        {"party leaf"},
    ),
    (
        "ledger_tile of leaves",
        f"UPDATE ledger_tile SET hashes = {FLIP.format('hashes', 3)} WHERE (level, n) = (0, 0)",
        {"tile"},
    ),
    ("ledger_tile above", f"UPDATE ledger_tile SET hashes = {FLIP.format('hashes', 3)} WHERE level = 1", {"tile"}),
    ("ledger_tile.n", "UPDATE ledger_tile SET n = n + 7 WHERE (level, n) = (0, 1)", {"tile"}),
    ("ledger_tile gone", "DELETE FROM ledger_tile WHERE level = 1", {"tile"}),
    ("ledger_state.size", "UPDATE ledger_state SET size = size + 1", {"state"}),
    ("ledger_state.root", f"UPDATE ledger_state SET root = {FLIP.format('root', 3)}", {"state"}),
    (
        "ledger_checkpoint.root",
        f"UPDATE ledger_checkpoint SET root = {FLIP.format('root', 3)} WHERE size ="
        " (SELECT min(size) FROM ledger_checkpoint)",
        {"checkpoint"},
    ),
    (
        "ledger_checkpoint.note",
        "UPDATE ledger_checkpoint SET note = overlay(note placing 'A' from 40) WHERE size ="
        " (SELECT min(size) FROM ledger_checkpoint)",
        {"checkpoint"},
    ),
    (
        "ledger_checkpoint.size",
        "UPDATE ledger_checkpoint SET size = size + 1 WHERE size = (SELECT min(size) FROM ledger_checkpoint)",
        {"checkpoint"},
    ),
    (
        "ledger_checkpoint.at",
        "UPDATE ledger_checkpoint SET at = at + interval '1 day' WHERE size ="
        " (SELECT min(size) FROM ledger_checkpoint)",
        {"checkpoint"},
    ),
    ("ledger_pending.entry_id", "UPDATE ledger_pending SET entry_id = gen_random_uuid()", {"outbox", "lost"}),
    ("ledger_pending gone", "DELETE FROM ledger_pending", {"lost"}),
    ("ledger_tag_key.sealed", f"UPDATE ledger_tag_key SET sealed = {FLIP.format('sealed', 20)}", {"tag key"}),
)


@pytest.mark.parametrize(("statement", "kinds"), [each[1:] for each in ROT], ids=[each[0] for each in ROT])
def test_rot_is_found_and_named(alliance: Hub, statement: str, kinds: set[str]) -> None:
    as_superuser(alliance, statement)
    findings = found(alliance)
    assert {kind for kind, _ in findings} == kinds
    assert all(place for _, place in findings)


@pytest.mark.parametrize(
    "rot",
    [
        "UPDATE ledger_cosignature SET line = overlay(line placing 'AAAA' from octet_length(line) - 9)",
        "UPDATE ledger_cosignature SET size = (SELECT min(size) FROM ledger_checkpoint)",
        "UPDATE ledger_witness SET vkey = overlay(vkey placing 'AAAA' from octet_length(vkey) - 9)",
    ],
    ids=["line", "size", "key"],
)
def test_cosignature_that_does_not_hold_is_found_and_the_log_goes_on(alliance: Hub, rot: str) -> None:
    (witness,) = enrolled(alliance, "brand-a")
    alliance.sequence()
    witness.cosign()
    assert found(alliance) == []
    as_superuser(alliance, rot)
    with alliance.app.app_context():
        assert [each.kind for each in ledger.check_and_halt(alliance.anchor).findings] == ["cosignature"]
    assert reason(alliance) is None


@pytest.mark.parametrize(
    "rot", [f"UPDATE ledger_dispute SET evidence = {FLIP.format('evidence', 9)}", "DELETE FROM ledger_dispute"]
)
def test_evidence_of_a_dispute_that_is_not_as_it_was_filed_is_found(alliance: Hub, rot: str) -> None:
    filed = alliance.client("brand-a").post("/audit/disputes", data=EVIDENCE, content_type="application/json")
    assert found(alliance) == []
    as_superuser(alliance, rot)
    assert found(alliance) == [("dispute", f"ledger_dispute: {filed.json['dispute']}")]


def test_entry_twice_in_the_outbox_is_found(alliance: Hub) -> None:
    as_superuser(alliance, "INSERT INTO ledger_pending (entry_id) SELECT entry_id FROM ledger_leaf LIMIT 1")
    assert [kind for kind, _ in found(alliance)] == ["outbox"]


def test_view_that_is_gone_without_a_record_is_found(alliance: Hub) -> None:
    as_superuser(
        alliance,
        "UPDATE ledger_part SET view = NULL, salt = NULL, erased_by = gen_random_uuid() WHERE entry_id ="
        " (SELECT entry_id FROM ledger_leaf WHERE leaf_index = 100) AND n = (SELECT min(n) FROM ledger_party_leaf"
        " WHERE leaf_index = 100)",
    )
    assert [kind for kind, _ in found(alliance)] == ["erasure"]


def test_lawful_erasure_is_no_finding(office: Hub) -> None:
    name = named(office)
    assert erased(office, name) == "done"
    assert found(office) == []


def test_retirement_is_no_finding(office: Hub) -> None:
    office.sql("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    office.sql("UPDATE ledger_entry SET at = at - interval '5 years'")
    with office.app.app_context():
        assert retire_entries() > 0
    office.sequence()
    assert office.sql("SELECT count(*) > 9 FROM ledger_part WHERE view IS NULL") == [(True,)]
    assert found(office) == []


def test_anchor_that_is_older_than_the_last_but_one_is_found(alliance: Hub) -> None:
    first = alliance.sql("SELECT note FROM ledger_checkpoint ORDER BY size")[0][0]
    alliance.anchor.write_text(str(first))
    assert [kind for kind, _ in found(alliance)] == ["anchor"]


def test_finding_halts_the_log_and_its_result_is_kept(alliance: Hub) -> None:
    with alliance.app.app_context():
        assert ledger.check_and_halt(alliance.anchor).count == 0
    assert reason(alliance) is None
    as_superuser(alliance, "UPDATE ledger_state SET size = size + 1")
    with alliance.app.app_context():
        ledger.check_and_halt(alliance.anchor)
    assert "ledger_state" in str(reason(alliance))
    assert alliance.sql("SELECT found_by FROM ledger_halt") == [("fsck",)]
    assert alliance.sql("SELECT findings FROM ledger_fsck") == [(1,)]
