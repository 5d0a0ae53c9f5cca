"""The verifier in one file: the log of a bundle, its exit codes, and what it does with a bundle that was tampered with."""

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import clock
from hub.client import verifier
from hub.ledger.service.program import verifier_program
from hub.tree.leaf import SealedLeaf
from hub.tree.note import COSIGNATURE_V1, Signer, split_note
from tests.unit.client.bundles import OURS, SIGNER, Exported, packed, sealed, written
from tests.unit.client.typed import Ended, written_profile

LOG = Exported(600)
VKEY = SIGNER.verifier.vkey
NOTICED = (2, 20, 30, 40)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "tag.key"
    path.write_text(base64.b64encode(OURS).decode() + "\n")
    return path


def checked(bundle: Path, state: Path, key: Path | None, *words: str | Path) -> Ended:
    """Run the verifier in this process."""
    out, err = io.StringIO(), io.StringIO()
    typed = [bundle, "--vkey", VKEY, "--state", state, *(() if key is None else ("--tag-key", key)), *words]
    code = -1
    with redirect_stdout(out), redirect_stderr(err):
        try:
            verifier.main([str(word) for word in typed])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


# --- what holds


def test_whole_log_holds_and_is_remembered(tmp_path: Path, state: Path, key: Path) -> None:
    bundle = written(tmp_path, LOG)
    told = checked(bundle, state, key, "--json").document
    assert (told["size"], told["new"], told["own"], told["views"], told["tagged"]) == (600, 600, 200, 200, True)
    assert json.loads((state / "ledger.json").read_text())["size"] == 600
    assert checked(bundle, state, key, "--json").document["new"] == 0
    assert checked(bundle, state, key, "--json", "--full").document["new"] == 600


def test_next_bundle_begins_where_the_last_ended(tmp_path: Path, state: Path, key: Path) -> None:
    later = Exported(900, first=600)
    assert checked(written(tmp_path, later), state, key).code == 2
    assert checked(written(tmp_path, LOG), state, key).code == 0
    assert checked(written(tmp_path, later), state, key, "--json").document["new"] == 300


def test_without_the_tag_key_views_are_opened_and_withholding_is_said_to_be_unseen(tmp_path: Path, state: Path) -> None:
    ended = checked(written(tmp_path, LOG), state, None)
    assert ended.code == 0
    assert "200 concern us: 200 views open" in ended.out
    assert "NOT CHECKED" in ended.out
    assert checked(written(tmp_path, LOG.files | {"audit/entries": LOG.line(3)}), state, None, "--full").code == 0
    assert checked(written(tmp_path, LOG.files | {"audit/entries": LOG.line(3, n=1)}), state, None, "--full").code == 20


def test_profile_serves_as_well(tmp_path: Path, state: Path) -> None:
    profile = written_profile(tmp_path)
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit) as ended:
        verifier.main([str(written(tmp_path, LOG)), "--profile", str(profile), "--state", str(state)])
    assert ended.value.code == 0
    assert "600 entries" in out.getvalue()


WITNESS = Signer("example.witness", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32), COSIGNATURE_V1)


def test_policy_that_nobody_cosigned_leaves_it_provisional(tmp_path: Path, state: Path, key: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"log {VKEY}\nwitness w {WITNESS.verifier.vkey}\nquorum w\n")
    assert checked(written(tmp_path, LOG), state, key, "--policy", policy).code == 3
    policy.write_text("quorum none\n")
    assert checked(written(tmp_path, LOG), state, key, "--policy", policy).code == 2


def test_policy_that_asks_for_no_cosignature_is_said_to_and_makes_nothing_final(
    tmp_path: Path, state: Path, key: Path
) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"log {VKEY}\nquorum none\n")
    final = LOG.files | {"bundle.json": json.dumps(json.loads(LOG.files["bundle.json"]) | {"final": 600}).encode()}
    for bundle in (LOG.files, final):
        ended = checked(written(tmp_path, bundle), state, key, "--policy", policy)
        assert (ended.code, "asks for no cosignature" in ended.out, "has cosigned" in ended.out) == (0, True, False)
        assert checked(written(tmp_path, bundle), state, key, "--json").document["final"] is None


def cosigned(*ages: timedelta) -> tuple[dict[str, bytes], str]:
    """The log with a cosignature of each age, and the policy that asks for all of them."""
    text, note = split_note(LOG.note)[0], LOG.note
    policy, names = f"log {VKEY}\n", ""
    for n, age in enumerate(ages):
        key = Ed25519PrivateKey.from_private_bytes(bytes([n + 9]) * 32)
        signer = Signer(f"example.witness{n}", key, COSIGNATURE_V1)
        note += signer.line(text, int((clock.now() - age).timestamp()))
        policy, names = f"{policy}witness w{n} {signer.verifier.vkey}\n", f"{names} w{n}"
    told = json.dumps(json.loads(LOG.files["bundle.json"]) | {"final": 600}).encode()
    notes = dict.fromkeys(("audit/log/checkpoint", "audit/log/checkpoints/600"), note.encode())
    return LOG.files | notes | {"bundle.json": told}, f"{policy}group all all{names}\nquorum all\n"


NOW, MONTH = timedelta(seconds=0), timedelta(days=31)


@pytest.mark.parametrize(
    ("ages", "told", "old"),
    [
        ((NOW, NOW), "its newest cosignature is less than a minute old, the quorum's less than a minute", False),
        ((MONTH, MONTH), "its newest cosignature is 31 days old, the quorum's 31 days", True),
        ((NOW, MONTH), "its newest cosignature is less than a minute old, the quorum's 31 days", True),
    ],
)
def test_age_of_what_was_cosigned_is_told_and_a_view_that_stands_still_is_warned_of(
    tmp_path: Path, state: Path, key: Path, ages: tuple[timedelta, ...], told: str, old: bool
) -> None:
    files, text = cosigned(*ages)
    policy = tmp_path / "policy"
    policy.write_text(text)
    ended = checked(written(tmp_path, files), state, key, "--policy", policy)
    assert (ended.code, told in ended.out, "OLD:" in ended.out) == (0, True, old), ended.out
    times = checked(written(tmp_path, files), state, key, "--json").document["cosigned_at"]
    assert times["quorum"] <= times["newest"] <= clock.stamp(clock.now())


def test_age_of_what_no_witness_of_ours_cosigned_is_not_known(tmp_path: Path, state: Path, key: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(cosigned(NOW)[1])
    assert "how old it is nobody says" in checked(written(tmp_path, LOG), state, key, "--policy", policy).out


@dataclass(frozen=True)
class Erasing(Exported):
    """Entry 3 was erased with a record in entry 870."""

    @cached_property
    def entries(self) -> list[tuple[SealedLeaf, Mapping[str, Any]]]:
        """The log before it, and the record if the log goes as far."""
        record = {"action": "audit.erase", "subject": {"type": "entry", "ref": self.id(3)}}
        return [sealed(index, **(record if index == 870 else {})) for index in range(self.size)]

    def line(self, index: int, /, **other: Any) -> bytes:
        """The erased view is missing in each bundle, as they were all exported after the erasure."""
        erased_by = base64.b64encode((870).to_bytes(16, "big")).decode()
        gone = {"view": None, "salt": None, "erased_by": erased_by} if index == 3 else {}
        return super().line(index, **gone, **other)


def test_record_of_an_erasure_may_come_in_a_later_file_than_the_next(tmp_path: Path, state: Path, key: Path) -> None:
    for part in (Erasing(500), Erasing(800, first=500), Erasing(850, first=800), Erasing(900, first=850)):
        assert checked(written(tmp_path, part), state, key).code == 0
    assert checked(written(tmp_path, Erasing(900)), state, key, "--full", "--json").document["erased"] == 1


def test_file_that_lacks_the_record_of_an_erasure_may_be_checked_twice(tmp_path: Path, state: Path, key: Path) -> None:
    for _ in range(3):
        assert checked(written(tmp_path, Erasing(500)), state, key, "--full").code == 0


def test_log_signed_long_after_an_erasure_was_named_has_its_record(tmp_path: Path, state: Path, key: Path) -> None:
    checked(written(tmp_path, Erasing(500)), state, key)
    later = Erasing(850, first=500)
    manifest = json.loads(later.files["bundle.json"]) | {"signed_at": clock.stamp(clock.now() + timedelta(minutes=2))}
    ended = checked(written(tmp_path, later.files | {"bundle.json": json.dumps(manifest).encode()}), state, key)
    assert (ended.code, "no record of the erasure" in ended.err) == (40, True)


# --- what does not


def test_rollback_and_fork_leave_both_signed_notes(tmp_path: Path, state: Path, key: Path) -> None:
    checked(written(tmp_path, LOG), state, key)
    for other in (Exported(500), Exported(600, name="job-2"), Exported(700, name="job-2")):
        assert checked(written(tmp_path, other), state, key).code == 30
    kept = [json.loads(path.read_text()) for path in (state / "evidence").glob("*.json")]
    assert [{each["remembered"], each["now"]} for each in kept] == [{LOG.note, each["now"]} for each in kept]
    assert len({each["now"] for each in kept}) == 3
    assert json.loads((state / "ledger.json").read_text())["size"] == 600


def test_older_checkpoint_of_another_log_in_the_bundle_is_a_fork(tmp_path: Path, state: Path, key: Path) -> None:
    forked = Exported(400, name="job-2")
    files = LOG.files | {"audit/log/checkpoints/400": forked.note.encode()}
    assert checked(written(tmp_path, files), state, key).code == 30
    assert (
        checked(
            written(tmp_path, LOG.files | {"audit/log/checkpoints/400": Exported(400).note.encode()}), state, key
        ).code
        == 0
    )


PARTS = {
    "none": (b"", 40),
    "all but the last": (b"".join(map(LOG.line, list(LOG.ours)[:-1])), 40),
    "erased without a record": (b"".join(LOG.line(index, view=None, salt=None) for index in LOG.ours), 40),
    "moved": (LOG.line(0, index=1), 20),
    "out of order": (LOG.line(3) + LOG.line(0), 20),
    "another salt": (LOG.line(0, salt="AAAA"), 20),
    "another pair": (LOG.line(0, n=77), 20),
    "no entry": (b"{}\n", 20),
    "deep": (b"[" * 100_000, 20),
    "a line without an end": (b"x" * 700_000, 20),
    "no place": (b'{"index": 1e400}\n', 20),
}


@pytest.mark.parametrize("part", PARTS)
def test_own_part_that_is_not_all_of_it_or_not_the_recorded_one_is_noticed(
    tmp_path: Path, state: Path, key: Path, part: str
) -> None:
    entries, code = PARTS[part]
    ended = checked(written(tmp_path, LOG.files | {"audit/entries": entries}), state, key)
    assert ended.code == code, ended.err


@pytest.mark.parametrize("name", [name for name in LOG.files if "/tile/" in name])
def test_tile_that_is_missing_is_withheld(tmp_path: Path, state: Path, key: Path, name: str) -> None:
    files = {each: content for each, content in LOG.files.items() if each != name}
    assert checked(written(tmp_path, files), state, key).code == 40


@given(
    name=st.sampled_from([name for name in LOG.files if "/tile/" in name]),
    at=st.floats(0, 1, exclude_max=True),
    by=st.integers(1, 255),
)
@settings(max_examples=60)
def test_no_byte_of_a_tile_or_leaf_changes_unnoticed(key: Path, name: str, at: float, by: int) -> None:
    changed = bytearray(LOG.files[name])
    changed[int(at * len(changed))] ^= by
    with tempfile.TemporaryDirectory() as folder:
        ended = checked(written(Path(folder), LOG.files | {name: bytes(changed)}), Path(folder) / "state", key)
        assert ended.code == 20, ended.err
        (evidence,) = (Path(folder) / "state" / "evidence").iterdir()
        assert json.loads(evidence.read_text())["now"] == LOG.note


@given(
    index=st.sampled_from(LOG.ours),
    field=st.sampled_from(["at", "outcome", "member", "actor", "cred"]),
    text=st.text(max_size=9),
)
@settings(max_examples=40)
def test_no_field_of_a_view_changes_unnoticed(key: Path, index: int, field: str, text: str) -> None:
    seen = dict(LOG.entries[index][1])
    lines = [
        LOG.line(each, view=seen | {field: seen[field] + text + "."}) if each == index else LOG.line(each)
        for each in LOG.ours
    ]
    with tempfile.TemporaryDirectory() as folder:
        bundle = written(Path(folder), LOG.files | {"audit/entries": b"".join(lines)})
        assert checked(bundle, Path(folder) / "state", key).code == 20


SMALL = Exported(7)
WHOLE = packed(SMALL.files)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A small bundle with bytes changed, cut out or put in."""
    raw = bytearray(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw) - 1) | st.integers(max(0, len(raw) - 900), len(raw) - 1))
        match draw(st.sampled_from(["change", "cut", "insert", "zero", "end"])):
            case "change":
                raw[at] = draw(st.integers(0, 255))
            case "cut":
                del raw[at : at + draw(st.integers(1, 200))]
            case "insert":
                raw[at:at] = draw(st.binary(min_size=1, max_size=40))
            case "zero":
                raw[at : at + 8] = b"\xff" * 8
            case "end":
                del raw[at:]
        if not raw:
            raw += b"P"
    return bytes(raw)


@given(raw=mutations())
@settings(max_examples=150)
def test_mutated_bundle_is_told_and_never_a_fault(key: Path, raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ended = checked(written(Path(folder), raw), Path(folder) / "state", key, "--json")
        assert ended.code in (0, *NOTICED), ended.err
        if ended.code == 0:
            assert (ended.document["size"], ended.document["views"]) == (7, 3)


# --- zips that are not the hub's


def twice() -> bytes:
    raw = io.BytesIO(packed(LOG.files))
    with zipfile.ZipFile(raw, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("audit/log/checkpoint", b"")
    return raw.getvalue()


def lying_header() -> bytes:
    raw = packed(LOG.files)
    return raw.replace(b"audit/log/checkpoint", b"audit/log/checkpoinX", 1)


def hostile() -> Iterator[tuple[str, bytes]]:
    """What it is, and the file."""
    manifest = json.loads(LOG.files["bundle.json"])

    def told(**other: object) -> bytes:
        return packed(LOG.files | {"bundle.json": json.dumps(manifest | other).encode()})

    yield "empty", b""
    yield "text", b"no zip at all" * 100
    yield "cut short", packed(LOG.files)[:-30]
    yield "middle cut out", packed(LOG.files)[:5_000] + packed(LOG.files)[9_000:]
    yield "compressed", packed(LOG.files, zipfile.ZIP_DEFLATED)
    yield "bomb", packed({"bundle.json": bytes(5_000_000)}, zipfile.ZIP_DEFLATED)
    yield "large manifest", packed(LOG.files | {"bundle.json": bytes(1_000_000)})
    yield "large tile", packed(LOG.files | {"audit/log/tile/0/000": bytes(10_000)})
    yield "large note", packed(LOG.files | {"audit/log/checkpoint": bytes(1_100_000)})
    yield "outside", packed(LOG.files | {"../../etc/passwd": b""})
    yield "absolute", packed(LOG.files | {"/audit/log/checkpoint": b""})
    yield "not ASCII", packed(LOG.files | {"audit/log/chéck": b""})
    yield "twice", twice()
    yield "lying header", lying_header()
    yield "no manifest", packed({name: each for name, each in LOG.files.items() if name != "bundle.json"})
    yield "no checkpoint", packed({name: each for name, each in LOG.files.items() if name != "audit/log/checkpoint"})
    yield "another log", told(origin="another.hub/audit")
    yield "member as a path", told(member="../../up")
    yield "missing final", told(final=5)
    yield "no time", told(signed_at="soon")
    yield "far time", told(signed_at="9999-12-31T23:59:59-23:59")
    yield "span upside down", told(first=601)
    yield "infinite", told(size=float("inf"))
    yield "not an object", packed(LOG.files | {"bundle.json": b"[1]"})
    yield "deep", packed(LOG.files | {"bundle.json": b"[" * 50_000})


HOSTILE = dict(hostile())


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_file_is_refused(tmp_path: Path, state: Path, key: Path, what: str) -> None:
    ended = checked(written(tmp_path, HOSTILE[what]), state, key)
    assert ended.code == 2, ended.err
    assert not state.exists() or not (state / "evidence").exists()


def test_list_of_members_beyond_all_bounds_is_not_read(tmp_path: Path, state: Path, key: Path) -> None:
    raw = bytearray(packed(LOG.files))
    raw[-10:-6] = (65 << 20).to_bytes(4, "little")
    assert "lists more members" in checked(written(tmp_path, bytes(raw)), state, key).err


@pytest.mark.parametrize("vkey", ["", "x", "a+b+c", VKEY[:-4]])
def test_key_that_is_none_is_refused(tmp_path: Path, vkey: str) -> None:
    err = io.StringIO()
    with redirect_stderr(err), pytest.raises(SystemExit) as ended:
        verifier.main([str(written(tmp_path, LOG)), "--vkey", vkey])
    assert ended.value.code == 2


# --- the file itself


PROBE = """
import runpy, sys
at, program, *words = sys.argv[1:]
sys.path.append(at)
sys.argv[:] = [program, *words]
try:
    runpy.run_path(program, run_name="__main__")
finally:
    tops = {name.partition(".")[0] for name in sys.modules}
    foreign = sorted(tops - set(sys.stdlib_module_names) - {"__main__", "__mp_main__"})
    print(*foreign, file=sys.stderr)
"""
NEEDED = ("cryptography", "rfc8785", "cffi", "_cffi_backend*", "pycparser")


def test_file_needs_cryptography_and_rfc8785_alone(tmp_path: Path, key: Path) -> None:
    import cryptography

    site, at = Path(cryptography.__file__).parents[1], tmp_path / "packages"
    at.mkdir()
    for pattern in NEEDED:
        for found in site.glob(pattern):
            (at / found.name).symlink_to(found)
    program, bundle = tmp_path / "verify.pyz", written(tmp_path, LOG)
    program.write_bytes(verifier_program())
    words = [str(bundle), "--vkey", VKEY, "--tag-key", str(key), "--state", str(tmp_path / "state")]
    run = [sys.executable, "-I", "-S", "-c", PROBE, str(at), str(program), *words]
    done = subprocess.run(run, capture_output=True, text=True, check=False, env={"PATH": os.defpath})
    assert done.returncode == 0, done.stderr
    assert "600 entries, 600 of them looked at now" in done.stdout
    foreign = set(done.stderr.splitlines()[-1].split())
    assert foreign <= {"hub", "cryptography", "rfc8785", "cffi", "_cffi_backend", "pycparser", "_openssl"}, foreign


def test_file_without_its_packages_says_what_to_install(tmp_path: Path) -> None:
    program = tmp_path / "verify.pyz"
    program.write_bytes(verifier_program())
    run = [sys.executable, "-I", "-S", str(program), "x.zip", "--vkey", VKEY]
    done = subprocess.run(run, capture_output=True, text=True, check=False, env={"PATH": os.defpath})
    assert done.returncode == 2
    assert "pip install cryptography rfc8785" in done.stderr


def test_same_modules_give_the_same_bytes() -> None:
    first = verifier_program()
    verifier_program.cache_clear()
    assert verifier_program() == first
