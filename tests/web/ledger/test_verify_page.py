"""The page that tells how to check the log: what it shows is of all members together, and of no member alone."""

import hashlib
import io
import re
import zipfile

import pytest

from hub.members import service as members
from tests.conftest import HTML, Hub
from tests.web.ledger.test_client_witness import grow
from tests.web.ledger.witnessing import enrolled

PAGE, PROGRAM = "/ledger/verify", "/ledger/verify/alliance-verify.pyz"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    for code, kind in (("auditor", "auditor"), ("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
        hub.person(code)
    return hub


def page(hub: Hub, code: str = "brand-a") -> str:
    answer = hub.signed_in(code).get(PAGE, headers=HTML)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(html: str) -> str:
    """The text of the page's content, blanks folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<main")[2]))


def test_page_names_the_key_and_the_address_to_compare(alliance: Hub) -> None:
    grow(alliance)
    told = page(alliance)
    for named in (alliance.signer.verifier.vkey, alliance.origin, "/audit/export", "alliance ledger verify"):
        assert named in told.replace("&#43;", "+"), named


def test_verifier_of_the_page_is_the_one_whose_digest_it_shows_and_open_to_everybody(alliance: Hub) -> None:
    program = alliance.app.test_client().get(PROGRAM).data
    assert hashlib.sha256(program).hexdigest() in page(alliance)
    assert "hub/client/verifier.py" in zipfile.ZipFile(io.BytesIO(program)).namelist()


def test_log_without_a_checkpoint_is_said_to_have_none(alliance: Hub) -> None:
    told = words(page(alliance))
    assert "Nothing is signed yet" in told
    assert "too few entries to tell" in told
    assert "Nobody cosigns the log yet" in told


def test_growth_is_drawn_up_to_the_newest_checkpoint(alliance: Hub) -> None:
    for _ in range(3):
        grow(alliance, 40)
    ((size,),) = alliance.sql("SELECT max(size) FROM ledger_checkpoint")
    told = page(alliance)
    assert f"to {size:,} entries" in told
    assert len(re.findall(r'<polyline class="line" points="([^"]+)"', told)[0].split()) == 4


def test_delay_is_that_from_event_to_the_checkpoint_that_covers_it(alliance: Hub) -> None:
    grow(alliance, 9)
    alliance.sql("UPDATE ledger_checkpoint SET at = now() - interval '2 hours'")
    ((before,),) = alliance.sql("SELECT size FROM ledger_checkpoint")
    grow(alliance, 101)
    alliance.sql(
        "UPDATE ledger_checkpoint SET at = (SELECT max(at) + interval '7 s' FROM ledger_entry) WHERE size > %s", before
    )
    told = re.findall(r"half within ([0-9.]+) s, 99 in 100 within ([0-9.]+) s ([0-9]+) entries", words(page(alliance)))
    (half, most, hour), (_, _, day) = [tuple(map(float, each)) for each in told]
    assert 7 <= half <= most < 15
    assert (hour, day) == (101, before + 101)


def test_delay_of_two_entries_is_not_told(alliance: Hub) -> None:
    grow(alliance, 9)
    alliance.sql("UPDATE ledger_checkpoint SET at = now() - interval '2 hours'")
    grow(alliance, 2)
    assert "Last hour too few entries to tell" in words(page(alliance))


def test_witness_of_another_member_is_not_named(alliance: Hub) -> None:
    grow(alliance, 3)
    own, other = enrolled(alliance, "brand-a", "brand-b")
    alliance.sequence()
    size = other.cosign("checkpoint")
    told = words(page(alliance))
    assert (other.signer.verifier.name.rpartition("/")[2] in told, "brand-b" in told) == (True, False)
    assert f"0 s ago the first {size:,}" in re.sub(r"\d s ago", "0 s ago", told)
    assert re.search(rf"{own.signer.verifier.name.rpartition('/')[2]} yours nothing yet", told)
    assert "2 members’ make it final" in told


def test_members_are_shown_the_same(alliance: Hub) -> None:
    grow(alliance, 30)
    shown = {
        code: re.sub(r'<time.*?</time>|\d+\.\d+ s|points="[^"]*"', "", page(alliance, code))
        for code in ("brand-a", "brand-b")
    }
    contents = {text.partition("<main")[2].partition("</main>")[0] for text in shown.values()}
    assert len(contents) == 1


@pytest.mark.parametrize("code", ["auditor", "shop", members.OFFICE])
def test_every_kind_of_reader_may_read_it(alliance: Hub, code: str) -> None:
    if code == members.OFFICE:
        alliance.person(code)
    assert "Verify this yourself" in page(alliance, code)
