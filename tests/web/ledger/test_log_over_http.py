"""The log over HTTP: everybody verifies all of it, each party finds and opens its own part, and nobody another's."""

import base64
import json
from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey, VkeySet

from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members
from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.leaf import Leaf, opens, parse_leaf
from hub.tree.merkle import leaf_hash
from hub.tree.note import Verifier
from hub.tree.tlog_proof import TlogProof
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share, token, withdraw

LOG = "/audit/log"
NO_ENTRY = "A" * 22


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand, a platform, a brand that has no part in anything, and an auditor."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform"), ("auditor", "auditor")):
        hub.admit(code, kind)
    return hub


def verifier(hub: Hub) -> Verifier:
    """What a member has in its profile."""
    return Verifier.parse(hub.signer.verifier.vkey)


def published(hub: Hub, client: FlaskClient) -> CheckpointBody:
    """What the newest checkpoint states, once its signature holds."""
    return open_checkpoint(client.get(f"{LOG}/checkpoint").text, hub.origin, [verifier(hub)])[0]


def tag_key(hub: Hub, code: str) -> bytes:
    """The member's tag key, as its profile holds it."""
    with hub.operator():
        return ledger.tag_key(members.find(code).id)


def leaves(client: FlaskClient, size: int) -> list[Leaf]:
    """Every leaf of the public log, from its bundles."""
    found: list[Leaf] = []
    for level, n, width in tiles.layout(size):
        if level == 0:
            bundle = client.get(f"{LOG}/tile/{tiles.tile_path(None, n, width)}").data
            found += [parse_leaf(entry) for entry in tiles.decode_bundle(bundle, width)]
    return found


def entries(client: FlaskClient, **query: int) -> list[dict[str, Any]]:
    response = client.get("/audit/entries", query_string=query)
    assert (response.status_code, response.mimetype) == (200, "application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


def grow(hub: Hub, count: int) -> None:
    """Record events of brand-a, without the cost of an exchange for each."""
    with hub.app.app_context():
        actor = hub.actor("brand-a")
        for _ in range(count):
            ledger.append(actor, Event.LIST_FETCHED, subject={"type": "key", "ref": KEY}, counts={"returned": 0})
        db.session.commit()
    hub.sequence()


class OverHttp:
    """Where tlog-scales reads the log from."""

    def __init__(self, client: FlaskClient, prefix: str = LOG) -> None:
        self._client, self._prefix = client, prefix

    def get(self, *path: str) -> bytes | None:
        response = self._client.get("/".join((self._prefix, *path)))
        return response.data if response.status_code == 200 else None


# --- the public log


def test_checkpoint_is_not_there_before_the_first_is_signed(alliance: Hub) -> None:
    response = alliance.app.test_client().get(f"{LOG}/checkpoint")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_checkpoint_is_signed_and_counts_every_event(alliance: Hub) -> None:
    alliance.sequence()
    stated = published(alliance, alliance.app.test_client())
    assert stated.size == alliance.sql("SELECT count(*) FROM ledger_entry")[0][0]


def test_earlier_checkpoints_stay(alliance: Hub) -> None:
    client, notes = alliance.app.test_client(), {}
    for _ in range(3):
        grow(alliance, 2)
        notes[published(alliance, client).size] = client.get(f"{LOG}/checkpoint").text
    assert {size: client.get(f"{LOG}/checkpoints/{size}").text for size in notes} == notes
    for size in ("0", str(min(notes) + 1), str(max(notes) + 1), str(1 << 70), "x", "-1"):
        assert client.get(f"{LOG}/checkpoints/{size}").status_code == 404, size


def test_log_with_full_and_partial_tiles_verifies_by_our_code_and_by_tlog_scales(alliance: Hub) -> None:
    """Everything comes over HTTP, without a key; the checkpoint is signed, and every entry leads to its root."""
    grow(alliance, 300)
    client = alliance.app.test_client()
    stated = published(alliance, client)
    assert stated.size > 300

    def read(level: int, n: int) -> bytes:
        width = tiles.tile_width(stated.size, level, n)
        return client.get(f"{LOG}/tile/{tiles.tile_path(level, n, width)}").data

    assert tiles.root(stated.size, read) == stated.root
    theirs = TilesReader(OverHttp(client))
    checkpoint = theirs.get_checkpoint()
    signed = VkeySet(Vkey.from_string(verifier(alliance).vkey)).verify(checkpoint.signatures, checkpoint)
    assert [key.name for key, _ in signed] == [alliance.origin]
    assert theirs.calculate_root_hash() == stated.root
    for index in (0, 1, 255, 256, stated.size - 1):
        entry = theirs.get_entry(index)
        theirs.get_inclusion_proof(index, stated.size).check(leaf_hash(entry), stated.root)


def test_log_extends_what_it_was(alliance: Hub) -> None:
    client = alliance.app.test_client()
    grow(alliance, 3)
    before = published(alliance, client)
    grow(alliance, 260)
    after = published(alliance, client)
    theirs = TilesReader(OverHttp(client))
    theirs.get_checkpoint()
    theirs.get_consistency_proof(before.size, after.size).check(before.root, after.root)


def test_part_of_a_tile_is_served_in_every_width_that_was_published_and_in_no_other(alliance: Hub) -> None:
    grow(alliance, 5)
    client = alliance.app.test_client()
    size = published(alliance, client).size
    whole = client.get(f"{LOG}/tile/0/000.p/{size}").data
    for width in range(1, size + 1):
        assert client.get(f"{LOG}/tile/0/000.p/{width}").data == whole[: 32 * width]
        bundle = client.get(f"{LOG}/tile/entries/000.p/{width}").data
        assert [leaf_hash(entry) for entry in tiles.decode_bundle(bundle, width)] == [
            whole[at : at + 32] for at in range(0, 32 * width, 32)
        ]
    for path in (f"0/000.p/{size + 1}", f"entries/000.p/{size + 1}", "0/000", "entries/000", "1/000.p/1", "0/001.p/1"):
        assert client.get(f"{LOG}/tile/{path}").status_code == 404, path


def test_event_not_yet_signed_is_not_served(alliance: Hub) -> None:
    alliance.sequence()
    client = alliance.app.test_client()
    size = published(alliance, client).size
    share(alliance.client("brand-a"), 1)
    assert published(alliance, client).size == size
    assert client.get(f"{LOG}/tile/entries/000.p/{size + 1}").status_code == 404


HOSTILE = (
    *("", "0", "0/", "0/00", "0/0000", "0/0", "0/x000/000", "0/x000", "0/X001/000", "0/000/", "0//000", "00/000"),
    *("0/000.p", "0/000.p/", "0/000.p/0", "0/000.p/01", "0/000.p/256", "0/000.p/257", "0/000.p/-1", "0/000.p/1/1"),
    *("64/000", "-1/000", "63/999.p/255", "+0/000", "0/000.p/1 ", " 0/000", "entries", "entries/", "entries/-01"),
    *("Entries/000", "0/000%00", "0/%D9%A0%D9%A0%D9%A0", "0/000.p/%D9%A1", "../checkpoint", "..%2Fcheckpoint"),
    *("%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "0/000;1", "0/000'--", "0/" + "x999/" * 9 + "999", "0/" + "9" * 4000),
    *("entries/" + "x999/" * 9 + "999.p/1", "63/" + "x999/" * 9 + "999", "1e1/000", "0x0/000", "0/1_0"),
)


def test_hostile_tile_path_is_not_found_as_a_problem(alliance: Hub) -> None:
    alliance.sequence()
    client = alliance.app.test_client()
    for path in HOSTILE:
        response = client.get(f"{LOG}/tile/{path}", follow_redirects=True)
        assert (response.status_code, response.mimetype) == (404, "application/problem+json"), path


# --- one's own part


def test_entries_open_their_commitments_in_the_log(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    share(client, 1, 2)
    match(alliance.client("shop"), 1)
    alliance.sequence()
    listed = leaves(client, published(alliance, client).size)
    own = entries(client)
    assert {each["view"]["action"] for each in own} >= {"contribution.shared", "match.run", "credential.issued"}
    for each in own:
        leaf = parse_leaf(base64.b64decode(each["leaf"]))
        assert leaf == listed[each["index"]]
        assert base64.b64encode(leaf.id).decode() == each["id"] == each["view"]["id"]
        assert opens(leaf, each["n"], base64.b64decode(each["salt"]), each["view"])
        assert not opens(leaf, each["n"], base64.b64decode(each["salt"]), each["view"] | {"outcome": "denied"})


def test_tags_are_found_by_the_member_they_concern_and_by_no_other(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1)
    match(alliance.client("shop"), 1)
    alliance.sequence()
    client = alliance.app.test_client()
    listed = leaves(client, published(alliance, client).size)
    for code in ("brand-a", "brand-b", "shop", "auditor"):
        key = tag_key(alliance, code)
        found = {index: leaf.place(key) for index, leaf in enumerate(listed) if leaf.place(key) is not None}
        assert found == {each["index"]: each["n"] for each in entries(alliance.client(code))}
    assert not any(leaf.place(bytes(32)) is not None for leaf in listed)


def test_auditor_is_shown_every_event_since_its_admission(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1)
    match(alliance.client("shop"), 1)
    alliance.sequence()
    seen = entries(alliance.client("auditor"))
    assert seen[0]["view"]["action"] == "member.admitted"
    size = published(alliance, alliance.app.test_client()).size
    assert [each["index"] for each in seen] == list(range(seen[0]["index"], size))


def test_contributor_is_told_that_its_indicator_matched_and_not_where(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1, 2)
    match(alliance.client("shop"), 1, 7, 8)
    alliance.sequence()
    told = [each["view"] for each in entries(alliance.client("brand-a")) if each["view"]["action"] == "match.run"]
    assert [(view["role"], view["member"], view["actor"], view["counts"]) for view in told] == [
        ("owner", None, None, {"matched": 1})
    ]
    assert "shop" not in json.dumps(told)
    assert not [one for one in entries(alliance.client("brand-b")) if one["view"]["action"] == "match.run"]


def test_entries_in_pages_give_each_one_once(alliance: Hub) -> None:
    grow(alliance, 7)
    client = alliance.client("brand-a")
    whole, paged, after = entries(client), [], -1
    while page := entries(client, after=after, limit=3):
        paged += page
        after = page[-1]["index"]
    assert paged == whole
    assert [each["index"] for each in whole] == sorted({each["index"] for each in whole})


def test_view_holds_no_token(alliance: Hub) -> None:
    """Nor does a leaf: neither raw, nor in hexadecimal, nor in base64."""
    brand = alliance.client("brand-a")
    share(brand, 1)
    match(alliance.client("shop"), 1)
    withdraw(brand, 1)
    alliance.sequence()
    text = brand.get("/audit/entries").text + "".join(str(row) for row in alliance.sql("SELECT leaf FROM ledger_entry"))
    for spelled in (token(1).hex(), base64.b64encode(token(1)).decode()[:-2], sha256(token(1)).hexdigest()):
        assert spelled not in text


# --- receipts


def test_receipt_comes_with_the_checkpoint_and_proves_the_entry(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    entry = share(client, 1)["entry"]
    waiting = client.get(f"/audit/receipts/{entry}")
    assert (waiting.status_code, waiting.data) == (202, b"")
    assert int(waiting.headers["Retry-After"]) > 0
    alliance.sequence()
    receipt = client.get(f"/audit/receipts/{entry}")
    assert (receipt.status_code, receipt.mimetype) == (200, "text/plain")
    mine = next(
        each for each in entries(client) if base64.b64decode(each["id"]) == base64.urlsafe_b64decode(entry + "==")
    )
    proof = TlogProof.parse(receipt.text)
    assert proof.index == mine["index"]
    leaf = base64.b64decode(mine["leaf"])
    stated, _ = proof.verify(leaf_hash(leaf), alliance.origin, [verifier(alliance)])
    assert stated == published(alliance, client)


def test_receipt_of_another_members_entry_reads_like_that_of_none(alliance: Hub) -> None:
    entry = share(alliance.client("brand-a"), 1)["entry"]
    other = alliance.client("brand-b")
    for sequenced in (False, True):
        if sequenced:
            alliance.sequence()
        answers = [other.get(f"/audit/receipts/{name}") for name in (entry, NO_ENTRY)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json | {"request_id": ""} == answers[1].json | {"request_id": ""}
        assert {*answers[0].headers.keys()} == {*answers[1].headers.keys()}


def test_receipt_is_there_for_every_concerned_party(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1)
    shop = alliance.client("shop")
    response = shop.post(f"/api/v1/keys/{KEY}/matches", data=token(1), content_type="application/octet-stream")
    alliance.sequence()
    entry = response.headers["Audit-Entry"]
    found = {code: alliance.client(code).get(f"/audit/receipts/{entry}").status_code for code in alliance.keys}
    assert found == {"shop": 200, "brand-a": 200, "auditor": 200, "brand-b": 404}


def test_receipt_by_a_name_that_is_none_is_not_found(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    for name in (
        "x",
        "A" * 21,
        "A" * 23,
        "A" * 4000,
        "%00" * 22,
        "\u00e9" * 22,
        "..%2F..",
        "A" * 20 + "==",
        "A" * 21 + "B",
    ):
        assert client.get(f"/audit/receipts/{name}").status_code == 404, name
