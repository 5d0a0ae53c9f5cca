"""A member's client against a real hub: nothing shared twice, nothing debited twice, nothing lost, every refusal in words."""

import csv
import itertools
import json
import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from hub.access.tlp import MemberKind
from hub.app import service_signer
from hub.client.recorded import Recorded
from hub.client.vault import open_vault
from hub.config import Settings
from hub.epochs import service as epochs
from hub.manage import profiles
from hub.manage.operating import operating
from hub.members import service as members
from hub.members.rules import MemberState
from hub.tree.promise import Promise
from tests.conftest import plain
from tests.journeys.running import Running, running_hub
from tests.unit.client.member import PROGRAM, TERMS, WRITERS, Member, domains, listed, phones
from tests.unit.client.passage import Passage, passage_to

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_hub(tmp_path_factory.mktemp("client"), HUB_WEB_WORKERS="1") as hub:
        hub.admit()
        yield hub


@pytest.fixture(scope="module")
def way(hub: Running) -> Iterator[Passage]:
    with passage_to(int(hub.environment["HUB_PORT"])) as passage:
        yield passage


@pytest.fixture
def join(hub: Running, way: Passage, tmp_path: Path) -> Iterator[Callable[..., Member]]:
    """Admits a member that was not there before."""

    def admitted(kind: MemberKind = MemberKind.BRAND) -> Member:
        code = f"m-{next(_numbers)}"
        folder = tmp_path / code
        folder.mkdir()
        with operating(hub.environment) as actor:
            members.admit(actor, code, kind, code)
            profiles.issue(actor, code, hub.folder / f"{code}.profile", 30)
        member = Member(hub, way, code, folder)
        member.profile.write_text(json.dumps(json.loads(member.profile.read_text()) | {"url": way.address}))
        return member

    way.opens()
    yield admitted
    way.opens()


@pytest.fixture
def brand(join: Callable[..., Member]) -> Member:
    return join()


@pytest.fixture
def shop(join: Callable[..., Member]) -> Member:
    return join(MemberKind.PLATFORM)


def test_every_kind_of_file_holds_the_same_identifiers(brand: Member) -> None:
    told = {}
    for kind, write in WRITERS.items():
        write(brand.folder / f"list.{kind}", phones(0, 20))
        shared = brand.share(brand.folder / f"list.{kind}")
        told[kind] = shared["evaluated"], shared["added"], shared["unchanged"]
    assert told == {"csv": (20, 20, 0)} | dict.fromkeys(("txt", "xlsx", "parquet"), (0, 0, 20))


def test_same_file_again_changes_and_costs_nothing(brand: Member) -> None:
    file = brand.written(listed(phones(100, 30)))
    brand.share(file)
    again = brand.share(file)
    assert (again["added"], again["changed"], again["unchanged"], brand.used("phone")) == (0, 0, 30, 30)


def test_mended_rows_alone_are_added_and_their_columns_survive(brand: Member) -> None:
    good = phones(200, 6)
    file = brand.written(listed(good[:4]) + "wrong,Shop B,@keep\n=1+1,Shop C,-5\nnor this,Shop D,x\n")
    first = brand.answer("share", file, "--type", "phone", *TERMS, "--seller", "shop")
    bad = Path(first["bad_rows_file"])
    bad.write_text(
        bad.read_text("utf-8-sig").replace("wrong,", f"'{good[4]},").replace("'=1+1,", f"{good[5]},"), "utf-8-sig"
    )
    second = brand.answer("share", bad, "--type", "phone", *TERMS, "--seller", "shop")
    assert (second["shared"]["added"], second["shared"]["evaluated"], second["rows"]["bad"]) == (2, 2, 1)
    with Path(second["bad_rows_file"]).open(encoding="utf-8-sig", newline="") as left:
        assert [(row["phone"], row["shop"], row["note"]) for row in csv.DictReader(left)] == [
            ("nor this", "Shop D", "x")
        ]


def test_list_with_every_row_bad_sends_nothing(brand: Member) -> None:
    done = brand.typed("share", brand.written("phone\nno\nnor this\n"), "--type", "phone", *TERMS)
    assert (done.returncode, sum(brand.passage.passed.values())) == (1, 0)


def test_evaluator_that_is_busy_is_waited_for_as_long_as_it_says(brand: Member) -> None:
    brand.passage.closes("evaluations", 0, reopens_after=2)
    started = datetime.now(UTC)
    done = brand.typed("share", brand.written(listed(phones(300, 5))), "--type", "phone", *TERMS)
    assert done.returncode == 0, done.stderr
    assert "The evaluator is down; trying again" in done.stderr
    assert (datetime.now(UTC) - started).total_seconds() > 2


@pytest.mark.parametrize(("asked", "told"), [("3600", "The hub asks to wait 3600 s"), ("²", "The evaluator is down")])
def test_hub_that_asks_for_more_patience_than_there_is_ends_the_run(brand: Member, asked: str, told: str) -> None:
    brand.passage.closes("evaluations", 0)
    brand.passage.retry_after = asked
    done = brand.typed("--patience", "0.1", "share", brand.written(listed(phones(310, 5))), "--type", "phone", *TERMS)
    brand.passage.retry_after = "1"
    assert (done.returncode, told in done.stderr, "Traceback" in done.stderr) == (75, True, False)


def test_run_that_gave_up_resumes_and_debits_no_batch_again(brand: Member) -> None:
    file = brand.written(domains(brand.code, 5_000), "list.txt")
    brand.passage.closes("evaluations", 3)
    gave_up = brand.typed("--patience", "0", "share", file, "--type", "domain", *TERMS)
    brand.passage.opens()
    resumed = brand.share(file, "domain")
    assert (gave_up.returncode, "resumes where it stopped" in gave_up.stderr) == (75, True)
    assert (resumed["evaluated"], resumed["added"], brand.used("domain")) == (2_000, 5_000, 5_000)


def test_run_that_was_killed_resumes_and_debits_no_batch_again(brand: Member) -> None:
    file = brand.written(domains(brand.code, 5_000), "list.txt")
    brand.passage.closes("evaluations", 3, hold=True)
    command = brand.command("share", file, "--type", "domain", *TERMS)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **brand.where()) as run:
        assert brand.passage.shut.wait(60)
        family = [psutil.Process(run.pid), *psutil.Process(run.pid).children(recursive=True)]
        run.kill()
        run.communicate()
    assert psutil.wait_procs(family[1:], timeout=30)[1] == []
    brand.passage.opens()
    resumed = brand.share(file, "domain")
    assert (resumed["evaluated"], resumed["added"], brand.used("domain")) == (2_000, 5_000, 5_000)


def test_evaluator_that_is_killed_costs_no_row_and_no_second_debit(brand: Member) -> None:
    file = brand.written(domains(brand.code, 3_000), "list.txt")
    brand.passage.closes("evaluations", 1, reopens_after=1)
    command = brand.command("share", file, "--type", "domain", *TERMS, "--json")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **brand.where()) as run:
        assert brand.passage.shut.wait(60)
        home = str(brand.hub.home)
        evaluators = [
            process
            for process in psutil.process_iter(["cmdline"])
            if "hub.evaluator" in (words := process.info["cmdline"] or []) and any(home in word for word in words)
        ]
        for process in evaluators:
            process.kill()
        out, said = run.communicate(timeout=120)
    assert evaluators
    assert run.returncode == 0, said
    assert (json.loads(out)["shared"]["added"], brand.used("domain")) == (3_000, 3_000)


@pytest.fixture(scope="module")
def long_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than one batch of sharing."""
    path = tmp_path_factory.mktemp("long") / "long.txt"
    path.write_text(domains("long", 10_200))
    return path


def test_interrupted_sharing_sends_no_acknowledged_batch_again_unless_other_terms_came_between(
    brand: Member, long_list: Path
) -> None:
    share = ("share", long_list, "--type", "domain", "--tlp", "green")
    brand.passage.closes("contributions", 1)
    assert brand.typed("--patience", "0", *share, "--evidence", "E2").returncode == 75
    brand.passage.opens()
    resumed = brand.answer(*share, "--evidence", "E2")["shared"]
    assert (resumed["resumed"], resumed["added"], brand.passage.passed["contributions"]) == (10_000, 200, 1)
    brand.passage.closes("contributions", 1)
    assert brand.typed("--patience", "0", *share, "--evidence", "E3").returncode == 75
    brand.passage.opens()
    assert brand.answer(*share, "--evidence", "E2")["shared"]["changed"] == 10_000
    assert brand.answer(*share, "--evidence", "E3")["shared"]["changed"] == 10_200


def hits(found: dict[str, Any]) -> list[tuple[int, str]]:
    return [(hit["row"], hit["evidence_level"]) for hit in found["hits"]]


def test_withdrawn_identifiers_match_no_more(brand: Member, shop: Member) -> None:
    numbers = phones(400, 10)
    brand.share(brand.written(listed(numbers)))
    taken_back = brand.written(listed(numbers[:4]), "back.csv")
    withdrawn = brand.answer("withdraw", taken_back, "--type", "phone", "--reason", "mistaken")["withdrawn"]
    found = shop.answer("match", shop.written("\n".join(numbers), "all.txt"), "--type", "phone")
    assert (withdrawn["withdrawn"], [row for row, _ in hits(found)]) == (4, [5, 6, 7, 8, 9, 10])


def test_seller_withdrawn_by_its_name_takes_all_its_identifiers_back(brand: Member, shop: Member) -> None:
    numbers = phones(500, 6)
    brand.share(brand.written(listed(numbers[:4], "Shop 77")), "phone", "--seller", "shop")
    brand.share(brand.written(listed(numbers[4:], "Shop 78")), "phone", "--seller", "shop")
    brand.answer("withdraw", "--seller", "Shop 77", "--type", "phone", "--reason", "settled")
    found = shop.answer("match", shop.written("\n".join(numbers), "all.txt"), "--type", "phone")
    assert [row for row, _ in hits(found)] == [5, 6]


def test_match_and_both_ways_to_the_list_find_the_same(brand: Member, shop: Member) -> None:
    numbers = phones(600, 40)
    own = shop.written("\n".join(numbers), "all.txt")
    brand.share(brand.written(listed(numbers[:30])))
    shop.answer("list", "--type", "phone")
    brand.answer("withdraw", brand.written(listed(numbers[:10])), "--type", "phone", "--reason", "other")
    brand.share(brand.written(listed(numbers[35:])))
    changes = shop.answer("list", "--type", "phone")["lists"][0]
    by_changes = hits(shop.answer("join", own, "--type", "phone"))
    whole = shop.answer("list", "--type", "phone", "--full")["lists"][0]
    by_whole = hits(shop.answer("join", own, "--type", "phone"))
    by_match = hits(shop.answer("match", own, "--type", "phone"))
    assert (changes["full"], whole["full"], changes["rows"]) == (False, True, whole["rows"])
    assert changes["received"] < whole["received"]
    assert by_changes == by_whole == by_match
    assert [row for row, _ in by_match] == [*range(11, 31), *range(36, 41)]


def test_what_is_shared_in_a_group_reaches_its_members_only(join: Callable[..., Member]) -> None:
    brand, inside, outside = join(), join(MemberKind.PLATFORM), join(MemberKind.PLATFORM)
    with operating(brand.hub.environment) as actor:
        members.join(actor, brand.code, [brand.code, inside.code])
    numbers = phones(700, 3)
    terms = ("--type", "phone", "--evidence", "E3", "--tlp", "red", "--group", brand.code)
    brand.answer("share", brand.written(listed(numbers)), *terms)
    found = [
        len(shop.answer("match", shop.written("\n".join(numbers), "all.txt"), "--type", "phone")["hits"])
        for shop in (inside, outside)
    ]
    assert found == [3, 0]


def test_group_that_is_unknown_is_named_as_the_field(brand: Member) -> None:
    done = brand.typed("share", brand.written(listed(phones(710, 1))), "--type", "phone", *TERMS, "--group", "nobody")
    assert (done.returncode, "sharing_groups" in done.stderr, "→" in done.stderr) == (4, True, True)


def test_hits_are_safe_in_a_spreadsheet_and_can_be_read_again(brand: Member, shop: Member) -> None:
    numbers = phones(720, 3)
    brand.share(brand.written(listed(numbers)))
    found = shop.answer("match", shop.written("\n".join(numbers), "all.txt"), "--type", "phone")
    path = Path(found["hits_file"])
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [row["identifier"] for row in csv.DictReader(file)] == [f"'{number}" for number in numbers]
    again = shop.answer("match", path, "--type", "phone", "--column", "identifier", "--out", "again.csv")
    assert len(again["hits"]) == 3


def small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))


def test_full_disk_under_the_hits_leaves_the_earlier_file_and_is_told(brand: Member, shop: Member) -> None:
    (number,) = phones(730, 1)
    brand.share(brand.written(listed([number])))
    earlier = shop.written("earlier", "all.txt.hits.csv")
    file = shop.written(f"{number}\n" * 30_000, "all.txt")
    done = shop.typed("match", file, "--type", "phone", preexec_fn=small_files)
    assert (done.returncode, "the disk is full" in done.stderr, earlier.read_text()) == (75, True, "earlier")
    assert sorted(path.name for path in shop.folder.iterdir()) == ["all.txt", "all.txt.hits.csv", "state"]


def test_full_disk_under_the_refused_rows_is_told_before_anything_is_sent(brand: Member) -> None:
    file = brand.written("phone,note\n" + f"no,{'x' * 100}\n" * 20_000)
    done = brand.typed("share", file, "--type", "phone", *TERMS, preexec_fn=small_files)
    assert (done.returncode, "the disk is full" in done.stderr, sum(brand.passage.passed.values())) == (75, True, 0)
    assert sorted(path.name for path in brand.folder.iterdir()) == ["list.csv", "state"]


def expire(member: Member) -> None:
    with psycopg.connect(plain(member.hub.environment["HUB_DATABASE_URL"])) as connection:
        connection.execute(
            "UPDATE credential SET expires_at = created_at WHERE member_id = (SELECT id FROM member WHERE code = %s)",
            (member.code,),
        )


def revoke(member: Member) -> None:
    with operating(member.hub.environment) as actor:
        members.revoke_credentials(actor, member.code)


def suspend(member: Member) -> None:
    with operating(member.hub.environment) as actor:
        members.move(actor, member.code, MemberState.SUSPENDED)


@pytest.mark.parametrize("turn_away", [expire, revoke, suspend])
def test_member_that_is_turned_away_is_told_so_without_its_key(
    brand: Member, turn_away: Callable[[Member], None]
) -> None:
    turn_away(brand)
    done = brand.typed("share", brand.written(listed(phones(740, 1))), "--type", "phone", *TERMS)
    assert (done.returncode, "→" in done.stderr, "Traceback" in done.stderr) == (4, True, False)
    assert brand.key not in done.stderr


def test_quota_that_is_spent_is_told_and_once_raised_the_rest_is_evaluated(brand: Member) -> None:
    def allow(count: int) -> None:
        with operating(brand.hub.environment) as actor:
            epochs.declare_need(actor, members.find(brand.code), "domain", count)

    allow(1_500)
    file = brand.written(domains(brand.code, 2_000), "list.txt")
    done = brand.typed("share", file, "--type", "domain", *TERMS)
    assert (done.returncode, "quota" in done.stderr, "trying again" in done.stderr) == (75, True, False)
    allow(2_000)
    shared = brand.share(file, "domain")
    assert (shared["evaluated"], shared["added"]) == (1_000, 2_000)


def test_epoch_that_closes_under_a_run_is_told_and_the_same_command_goes_on_in_the_next(brand: Member) -> None:
    file = brand.written(listed(phones(750, 5)))
    brand.passage.closes("contributions", 0, reopens_after=1)
    brand.passage.retry_after = "3"
    command = brand.command("share", file, "--type", "phone", *TERMS)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **brand.where()) as run:
        assert brand.passage.shut.wait(60)
        with operating(brand.hub.environment) as actor:
            epochs.open_epoch(actor, f"next-{brand.code}")
        _, said = run.communicate(timeout=60)
    brand.passage.retry_after = "1"
    assert (run.returncode, "Make tokens anew" in said, "key:" in said) == (4, True, True)
    shared = brand.share(file)
    assert (shared["key"], shared["added"]) == (f"example.next-{brand.code}.phone", 5)


def test_address_and_key_alone_share_and_match(brand: Member) -> None:
    env = os.environ | {
        "ALLIANCE_URL": brand.passage.address,
        "ALLIANCE_API_KEY": brand.key,
        "ALLIANCE_STATE": str(brand.folder / "state"),
    }
    file = brand.written(listed(phones(760, 3)))
    for command in (("share", file, *TERMS), ("match", file)):
        done = subprocess.run(
            [PROGRAM, *map(str, command), "--type", "phone", "--json"], env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [("list", "--type", "phone"), ("ledger", "verify")])
def test_address_and_key_alone_check_no_list_and_no_ledger(brand: Member, words: tuple[str, ...]) -> None:
    env = os.environ | {
        "ALLIANCE_URL": brand.passage.address,
        "ALLIANCE_API_KEY": brand.key,
        "ALLIANCE_STATE": str(brand.folder / "state"),
    }
    done = subprocess.run([PROGRAM, *words], env=env, capture_output=True, text=True)
    assert (done.returncode, "use a profile file" in done.stderr, done.stdout) == (2, True, "")


def test_answer_without_a_promise_to_record_it_stops_everything(brand: Member) -> None:
    brand.passage.strips = "Audit-Promise"
    done = brand.typed("share", brand.written(listed(phones(780, 1))), "--type", "phone", *TERMS)
    assert (done.returncode, "without a signed promise" in done.stderr) == (5, True), done.stderr


def test_evaluation_that_is_not_said_to_be_on_record_is_not_used(brand: Member) -> None:
    file = brand.written(listed(phones(785, 1)))
    brand.passage.strips = "Audit-Entry"
    done = brand.typed("share", file, "--type", "phone", *TERMS)
    assert (done.returncode, "where it recorded" in done.stderr) == (5, True), done.stderr
    assert brand.passage.passed["evaluations"] == 1
    assert brand.passage.passed["contributions"] == 0


def test_promises_become_receipts(brand: Member) -> None:
    brand.share(brand.written(listed(phones(790, 2))))
    while brand.answer("ledger", "promises")["waiting"]:
        pass
    held = brand.answer("ledger", "promises")
    assert held == {"swapped": 0, "waiting": 0, "provisional": 2, "receipts": 2}  # an evaluation, and a contribution


def test_broken_promise_is_complained_of_with_evidence(brand: Member) -> None:
    """The hub answered, promised, and wrote nothing."""
    brand.answer("status")
    settings = Settings.from_env(brand.hub.environment)
    promise = Promise(settings.origin, "A" * 22, bytes(32), 1_700_000_000)
    note = service_signer(settings).sign(promise.encode())
    with open_vault(brand.folder / "state") as vault:
        vault.note_exchange(Recorded(promise.entry, note), "match")
    done = brand.typed("ledger", "promises")
    assert (done.returncode, "are broken" in done.stderr) == (10, True), done.stderr
    (evidence,) = (brand.folder / "state" / "evidence").iterdir()
    assert json.loads(evidence.read_text())["exchanges"][0]["promise"] == note
    filed = brand.answer("ledger", "dispute", evidence)
    while brand.typed("ledger", "receipt", filed["entry"]).returncode == 75:
        time.sleep(0.1)  # the sequencer is another process, and works twice a second
    assert brand.answer("ledger", "receipt", filed["entry"])["view"]["subject"]["ref"] == filed["dispute"]


UNDONE = (
    (2, ("DROP TABLE outcome",)),
    (1, tuple(f"ALTER TABLE journal DROP COLUMN {column}" for column in ("promise", "receipt"))),
)
"""What takes a vault back to each older version, newest first."""


@pytest.mark.parametrize("version", [version for version, _ in UNDONE])
def test_vault_of_an_older_version_is_brought_up_to_date(brand: Member, version: int) -> None:
    brand.share(brand.written(listed(phones(795, 1))))
    path = brand.folder / "state" / "vault.sqlite"
    with sqlite3.connect(path) as old:
        for older, statements in UNDONE:
            for statement in statements if older >= version else ():
                old.execute(statement)
        old.execute(f"PRAGMA user_version = {version}")
    old.close()
    assert brand.share(brand.folder / "list.csv")["unchanged"] == 1


def test_nothing_said_holds_a_key_or_an_identifier(brand: Member) -> None:
    number = "+49 30 20000770"
    file = brand.written(f"phone,shop\n{number},Hidden Seller\n12345-not-a-phone,Hidden Seller\n")
    said = ""
    for words in (
        ("share", file, *TERMS, "--seller", "shop"),
        ("match", file),
        ("withdraw", file, "--reason", "other"),
    ):
        for form in ((), ("--json",)):
            done = brand.typed(*words, "--type", "phone", *form)
            said += done.stdout + done.stderr
    for secret in (number, "20000770", "Hidden Seller", "12345-not-a-phone", brand.key):
        assert secret not in said
