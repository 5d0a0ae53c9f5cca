"""The operator's commands as typed, on a hub whose database is a server of its own (HUB_DATABASE_URL)."""

import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import requests

from hub.manage.home import prepare_home
from hub.manage.postgres import EmbeddedPostgres
from tests.conftest import plain
from tests.journeys.running import Running, running_hub

PASSWORD = "correct horse battery"


@dataclass
class Office:
    """Types `hub …` for one running hub."""

    running: Running

    def hub(self, *words: str, told: str = "", code: int = 0) -> str:
        """What a command says on both streams; asserts its exit code."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("hub")), *words],
            cwd=self.running.folder,
            env=os.environ | {"HUB_HOME": str(self.running.home)},
            input=told,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    def admitted(self, code: str, kind: str = "brand") -> Path:
        """Admit a member with a profile; returns where the profile is."""
        profile = self.running.folder / f"{code}.profile"
        self.hub("member", "admit", code, "--kind", kind)
        self.hub("member", "credential", code, "--out", str(profile))
        return profile

    def me(self, code: str) -> requests.Response:
        """Who the hub says the member's key is."""
        profile = json.loads((self.running.folder / f"{code}.profile").read_text())
        return requests.get(
            f"{profile['url']}/api/v1/me", headers={"Authorization": f"Bearer {profile['api_key']}"}, timeout=10
        )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    prepare_home(elsewhere, "other")
    with EmbeddedPostgres(elsewhere).running() as url:
        with running_hub(tmp_path_factory.mktemp("operator"), HUB_DATABASE_URL=url) as running:
            office = Office(running)
            office.hub("epoch", "open", "2026-1")
            yield office


def test_hub_on_a_database_elsewhere_starts_none_of_its_own(office: Office) -> None:
    assert not (office.running.home / "database").exists()


def test_member_admitted_with_a_credential_is_known_by_its_profile(office: Office) -> None:
    profile = office.admitted("known")
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    assert office.me("known").json()["member"] == "known"


def test_command_never_says_a_key(office: Office) -> None:
    office.hub("member", "admit", "silent", "--kind", "platform")
    said = office.hub("member", "credential", "silent", "--out", str(office.running.folder / "silent.profile"))
    assert not re.search(r"ah_[A-Za-z0-9_-]{20,}", said)


def test_profile_that_exists_is_not_overwritten(office: Office) -> None:
    profile = office.admitted("twice")
    before = profile.read_bytes()
    assert "exists" in office.hub("member", "credential", "twice", "--out", str(profile), code=2)
    assert profile.read_bytes() == before


def test_member_admitted_twice_is_refused_with_what_to_do(office: Office) -> None:
    office.hub("member", "admit", "again", "--kind", "brand")
    assert "choose another code" in office.hub("member", "admit", "again", "--kind", "brand", code=2)


@pytest.mark.parametrize("code", ["B", "-x", "a b", "x" * 41])
def test_code_of_another_form_is_refused_with_the_rule(office: Office, code: str) -> None:
    assert "3 to 40" in office.hub("member", "admit", "--kind", "brand", "--", code, code=2)


@pytest.mark.parametrize(
    "words",
    [
        ("member", "credential", "nobody", "--out", "nobody.profile"),
        ("member", "revoke", "nobody"),
        ("member", "move", "nobody", "suspended"),
        ("member", "group", "watches", "nobody"),
        ("member", "quota", "nobody", "--type", "phone", "--per-month", "5"),
    ],
    ids=lambda words: words[1],
)
def test_member_that_there_is_none_of_is_said_and_leaves_nothing(office: Office, words: tuple[str, ...]) -> None:
    assert "there is no member 'nobody'" in office.hub(*words, code=2)
    assert not (office.running.folder / "nobody.profile").exists()


def test_suspended_member_is_refused_until_it_is_admitted_again(office: Office) -> None:
    office.admitted("paused")
    office.hub("member", "move", "paused", "suspended")
    assert office.me("paused").status_code == 403
    office.hub("member", "move", "paused", "admitted")
    assert office.me("paused").status_code == 200


def test_member_that_left_does_not_come_back(office: Office) -> None:
    office.admitted("gone")
    office.hub("member", "move", "gone", "left")
    assert "cannot become" in office.hub("member", "move", "gone", "admitted", code=2)
    assert "reinstate" in office.hub("member", "credential", "gone", "--out", "gone2.profile", code=2)


def test_revoked_key_is_refused(office: Office) -> None:
    office.admitted("leaked")
    assert "1 credentials" in office.hub("member", "revoke", "leaked")
    assert office.me("leaked").status_code == 401


def test_members_put_into_a_group_are_told_so(office: Office) -> None:
    office.admitted("grouped")
    office.hub("member", "group", "watches", "grouped")
    assert office.me("grouped").json()["sharing_groups"] == ["watches"]


def test_quota_set_is_the_members_own(office: Office) -> None:
    office.admitted("needy")
    office.hub("member", "quota", "needy", "--type", "phone", "--per-month", "123456")
    quotas = {quota["type"]: quota["allowed"] for quota in office.me("needy").json()["quotas"]}
    assert (quotas["phone"], quotas["email"]) == (123_456, 200_000)


def test_person_let_in_signs_in_with_the_password(office: Office) -> None:
    office.hub("member", "admit", "staffed", "--kind", "brand")
    words = ("member", "person", "staffed", "--email", "ana@staffed.example", "--name", "Ana")
    office.hub(*words, told=f"{PASSWORD}\n{PASSWORD}\n")
    url = office.running.environment["HUB_URL"]
    with requests.Session() as browser:
        form = browser.get(f"{url}/sign-in", timeout=10).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token
        answer = browser.post(
            f"{url}/sign-in",
            data={"csrf_token": token[1], "email": "ana@staffed.example", "password": PASSWORD},
            headers={"Referer": f"{url}/sign-in"},
            timeout=10,
        )
    assert (answer.url, answer.status_code) == (f"{url}/second-factors/new?next=/", 200)


def test_list_names_every_member_with_its_standing(office: Office) -> None:
    office.hub("member", "admit", "listed", "--kind", "auditor", "--name", "Listed Auditors")
    line = next(line for line in office.hub("member", "list").splitlines() if line.startswith("listed"))
    assert line.split()[1:3] == ["auditor", "admitted"]


def test_epoch_of_a_name_used_before_is_refused(office: Office) -> None:
    assert "choose another name" in office.hub("epoch", "open", "2026-1", code=2)


def test_check_of_the_log_says_what_it_found_and_ends_with_1(office: Office) -> None:
    """On the owner's database; a finding halts the log, and is gone with its cause and the halt."""
    assert "all is sound" in office.hub("ledger", "fsck")
    with psycopg.connect(plain(office.running.environment["HUB_DATABASE_URL"]), autocommit=True) as connection:
        connection.execute("UPDATE ledger_tag_key SET sealed = sealed || 'x' WHERE party = 1")
        found = json.loads(office.hub("ledger", "fsck", "--json", code=1).partition("reading")[0])
        assert [each["kind"] for each in found["findings"]] == ["tag key"]
        connection.execute(
            "UPDATE ledger_tag_key SET sealed = substr(sealed, 1, octet_length(sealed) - 1) WHERE party = 1"
        )
        assert "the log is halted" in office.hub("member", "admit", "late", "--kind", "brand", code=2)
        connection.execute("DELETE FROM ledger_halt")
    assert "all is sound" in office.hub("ledger", "fsck")


def test_log_that_is_not_halted_is_not_anchored_anew_and_has_nothing_to_replay(office: Office) -> None:
    assert "the log is not halted" in office.hub("ledger", "reanchor", code=2)
    assert "0 parts of entries" in office.hub("ledger", "replay-erasures")


def test_halted_log_is_not_anchored_anew_before_two_people_approved(office: Office) -> None:
    with psycopg.connect(plain(office.running.environment["HUB_DATABASE_URL"]), autocommit=True) as connection:
        connection.execute("SELECT ledger_stop('fsck', 'for a test', now())")
        assert "two people of the office must approve it first" in office.hub("ledger", "reanchor", code=2)
        assert "the log is halted" in office.hub("ledger", "rotate-key", code=2)
        connection.execute("DELETE FROM ledger_halt")


def test_key_is_rotated_once_until_the_rotation_is_over(office: Office) -> None:
    said = office.hub("ledger", "rotate-key")
    assert "from its next checkpoint on" in said
    assert len(list((office.running.home / "ledger").glob("*.key"))) == 2
    assert "if it was stolen since, type `hub ledger rotate-key --again`" in office.hub("ledger", "rotate-key", code=2)
    assert "from its next checkpoint on" in office.hub("ledger", "rotate-key", "--again")
    assert "all is sound" in office.hub("ledger", "fsck")


def test_entry_put_aside_by_mistake_is_listed_and_settled(office: Office) -> None:
    assert "No entry was put aside" in office.hub("ledger", "settle")
    assert "to list them" in office.hub("ledger", "settle", "--retry", code=2)
    with psycopg.connect(plain(office.running.environment["HUB_DATABASE_URL"]), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO ledger_quarantine (entry_id, reason, found_at)"
            " SELECT entry_id, 'for a test', now() FROM ledger_leaf LIMIT 1"
        )
    name, reason = office.hub("ledger", "settle").split()[0], "for a test"
    assert reason in office.hub("ledger", "settle")
    assert "two people of the office must approve" in office.hub("ledger", "settle", name, "--set-aside", code=2)
    assert "in the log already" in office.hub("ledger", "settle", name, "--retry")
    assert "no entry of this name waits" in office.hub("ledger", "settle", name, "--retry", code=2)


def test_shard_is_closed_and_the_log_goes_on_in_the_next(office: Office) -> None:
    assert "names the next one and its key" in office.hub("ledger", "close-shard")
    for _ in range(100):
        listed = requests.get(f"{office.running.environment['HUB_URL']}/audit/log/shards", timeout=10).json()["shards"]
        if [each["state"] for each in listed] == ["closed", "open"]:
            break
        time.sleep(0.1)  # the sequencer is another process, and works once a second
    assert [each["state"] for each in listed] == ["closed", "open"]
    assert "all is sound" in office.hub("ledger", "fsck")


@pytest.mark.parametrize(
    "words",
    [
        *((), ("member",), ("epoch",), ("member", "admit")),
        *(("ledger", each) for each in ("close-shard", "fsck", "reanchor", "replay-erasures", "rotate-key", "settle")),
    ],
    ids=" ".join,
)
def test_help_shows_how_a_command_is_typed(office: Office, words: tuple[str, ...]) -> None:
    assert "Usage: hub" in office.hub(*words, "--help")
