"""What a member keeps at home between two runs: tokens it has, sellers it named, keys it pinned, exchanges it had.

One SQLite file and one key file in the state folder. Identifiers stand in it only as marks: HMAC-SHA-256 under the
local key, 16 bytes. Without the key file the tokens are useless and seller references cannot be told apart, so the two
belong in the same backup.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hub import clock
from hub.client.errors import ClientError, ExitCode, usage
from hub.client.recorded import Recorded
from hub.client.spool import CHUNK

MARK_BYTES = 16
_VERSION = 3
_SCHEMA = """
CREATE TABLE key(n INTEGER PRIMARY KEY, key_id TEXT NOT NULL UNIQUE, public_key BLOB NOT NULL, since TEXT NOT NULL);
CREATE TABLE token(key INTEGER NOT NULL, mark BLOB NOT NULL, token BLOB NOT NULL, PRIMARY KEY(key, mark)) WITHOUT ROWID;
CREATE TABLE shared(key INTEGER NOT NULL, mark BLOB NOT NULL, seller TEXT, PRIMARY KEY(key, mark)) WITHOUT ROWID;
CREATE INDEX shared_seller ON shared(seller) WHERE seller IS NOT NULL;
CREATE TABLE seller(reference TEXT PRIMARY KEY, label TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE batch(run BLOB NOT NULL, digest BLOB NOT NULL, at TEXT NOT NULL, PRIMARY KEY(run, digest)) WITHOUT ROWID;
CREATE TABLE journal(id TEXT PRIMARY KEY, at TEXT NOT NULL, act TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE own_leaf(id TEXT PRIMARY KEY, leaf INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
_PROMISES = """
ALTER TABLE journal ADD COLUMN promise TEXT;
ALTER TABLE journal ADD COLUMN receipt TEXT;
PRAGMA user_version = 2;
"""
_OUTCOMES = """
CREATE TABLE outcome(kind TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL, refused INTEGER NOT NULL,
  PRIMARY KEY(kind, name)) WITHOUT ROWID;
PRAGMA user_version = 3;
"""
_STEPS = (_SCHEMA, _PROMISES, _OUTCOMES)
"""What brings a vault from each version to the next."""


class Exchange(NamedTuple):
    """One answered exchange that the hub said it recorded: the entry's id, when we got the answer, what it was.

    And the hub's signed promise to have it in the log; None where no key was pinned to check one with, or a final
    receipt stands in its place.
    """

    id: str
    at: str
    act: str
    promise: str | None
    receipt: str | None


def mark(local_key: bytes, encoded: bytes) -> bytes:
    """16 bytes that stand for one encoded identifier (`hub.tokens.encode_input`) in this member's own files."""
    return hmac.digest(local_key, b"mark\n" + encoded, "sha256")[:MARK_BYTES]


def seller_reference(local_key: bytes, label: str) -> str:
    """`s_…`, the opaque name under which a seller of this member is known outside; the label itself never leaves."""
    composed = unicodedata.normalize("NFC", label.strip())
    digest = hmac.digest(local_key, b"seller\n" + composed.encode(), "sha256")[:15]
    return "s_" + base64.urlsafe_b64encode(digest).decode()


class Vault:
    """The open vault of one member; `local_key` is 32 bytes. Several commands may use it at once."""

    def __init__(self, db: sqlite3.Connection, local_key: bytes) -> None:
        self._db = db
        self.local_key = local_key

    # --- keys

    def pinned(self) -> dict[str, bytes]:
        """Key id → public key, as first seen."""
        return dict(self._db.execute("SELECT key_id, public_key FROM key"))

    def pin(self, key_id: str, public_key: bytes) -> None:
        """Remember a key at first sight; a known one stays as it is."""
        self._db.execute(
            "INSERT OR IGNORE INTO key(key_id, public_key, since) VALUES (?, ?, ?)",
            (key_id, public_key, clock.stamp(clock.now())),
        )

    def _key(self, key_id: str) -> int:
        found = self._db.execute("SELECT n FROM key WHERE key_id = ?", (key_id,)).fetchone()
        if found is None:
            raise KeyError(key_id)
        return int(found[0])

    # --- tokens

    def tokens(self, key_id: str, marks: Sequence[bytes]) -> dict[bytes, bytes]:
        """Mark → token of those that are here. At most 1,000 marks at once cost one query."""
        key = self._key(key_id)
        found: dict[bytes, bytes] = {}
        for at in range(0, len(marks), CHUNK):
            some = marks[at : at + CHUNK]
            among = ",".join("?" * len(some))
            query = f"SELECT mark, token FROM token WHERE key = ? AND mark IN ({among})"  # noqa: S608 - only "?"
            found.update(self._db.execute(query, (key, *some)).fetchall())
        return found

    def keep_tokens(self, key_id: str, marks: Sequence[bytes], tokens: Sequence[bytes], entry: Recorded) -> None:
        """Keep the tokens of one evaluation, and its ledger entry, in one transaction."""
        key = self._key(key_id)
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO token VALUES (?, ?, ?)",
                [(key, mark, token) for mark, token in zip(marks, tokens, strict=True)],
            )
            self._note(entry, "evaluation")

    # --- what we shared

    def keep_shared(
        self,
        key_id: str,
        marks: Sequence[bytes],
        sellers: Sequence[str | None],
        batch: tuple[bytes, bytes],
        entry: Recorded,
    ) -> None:
        """Keep that a batch was acknowledged: (run, digest), so that an interrupted run does not send it again."""
        key = self._key(key_id)
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO shared VALUES (?, ?, ?)",
                [(key, mark, seller) for mark, seller in zip(marks, sellers, strict=True)],
            )
            # What another unfinished run had sent under other terms may be overwritten by this.
            self._db.execute("DELETE FROM batch WHERE run <> ?", (batch[0],))
            self._db.execute("INSERT OR REPLACE INTO batch VALUES (?, ?, ?)", (*batch, clock.stamp(clock.now())))
            self._note(entry, "contribution")

    def acknowledged(self, run: bytes, since: str) -> set[bytes]:
        """Digests of the batches of an unfinished run that were acknowledged after `since` (RFC 3339)."""
        found = self._db.execute("SELECT digest FROM batch WHERE run = ? AND at > ?", (run, since))
        return {digest for (digest,) in found}

    def finish(self, run: bytes) -> None:
        """Forget the batches of a finished run: the next run of the same command asks the hub again."""
        self._db.execute("DELETE FROM batch WHERE run = ?", (run,))

    def forget_shared(self, key_id: str, marks: Sequence[bytes], entry: Recorded) -> None:
        """Keep that a withdrawal was acknowledged. Unfinished runs forget their batches: what they sent may be gone."""
        key = self._key(key_id)
        with self._transaction():
            self._db.executemany("DELETE FROM shared WHERE key = ? AND mark = ?", [(key, mark) for mark in marks])
            self._db.execute("DELETE FROM batch")
            self._note(entry, "withdrawal")

    def shared_for(self, key_id: str, reference: str) -> list[bytes]:
        """The marks shared under a seller reference, with a token in this vault."""
        found = self._db.execute(
            "SELECT mark FROM shared WHERE seller = ? AND key = ? ORDER BY mark", (reference, self._key(key_id))
        )
        return [mark for (mark,) in found]

    def keep_outcome(self, kind: str, name: str, refused: int) -> None:
        """Keep that the stores of a record of ours were shared, when, and how many of them were refused."""
        row = (kind, name, clock.stamp(clock.now()), refused)
        self._db.execute("INSERT OR REPLACE INTO outcome VALUES (?, ?, ?, ?)", row)

    def outcomes(self, kind: str, names: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Name → when it was last shared from here (RFC 3339), and how many stores were refused then."""
        among = ",".join("?" * len(names))
        query = f"SELECT name, at, refused FROM outcome WHERE kind = ? AND name IN ({among})"  # noqa: S608 - only "?"
        return {name: (at, refused) for name, at, refused in self._db.execute(query, (kind, *names))}

    def name_sellers(self, labels: dict[str, str]) -> None:
        """Keep reference → own label."""
        self._db.executemany("INSERT OR IGNORE INTO seller VALUES (?, ?)", list(labels.items()))

    def seller_label(self, reference: str) -> str | None:
        """Our own label of a seller reference."""
        found = self._db.execute("SELECT label FROM seller WHERE reference = ?", (reference,)).fetchone()
        return None if found is None else str(found[0])

    # --- the journal

    def note_exchange(self, entry: Recorded, act: str) -> None:
        """Write an exchange's ledger entry into the journal, to be looked for in the log."""
        self._note(entry, act)

    def _note(self, entry: Recorded, act: str) -> None:
        row = (entry.id, clock.stamp(clock.now()), act, entry.promise)
        self._db.execute("INSERT OR IGNORE INTO journal (id, at, act, promise) VALUES (?, ?, ?, ?)", row)

    def open_exchanges(self) -> list[Exchange]:
        """The exchanges whose entries were not yet found in the log, oldest first."""
        return self._exchanges("id NOT IN (SELECT id FROM own_leaf)")

    def promised(self) -> list[Exchange]:
        """The exchanges for which we hold a promise and no receipt yet, oldest first."""
        return self._exchanges("promise IS NOT NULL AND receipt IS NULL")

    def provisional(self) -> list[Exchange]:
        """The exchanges for which we hold a receipt, and the promise too, as the receipt is not final; oldest first."""
        return self._exchanges("promise IS NOT NULL AND receipt IS NOT NULL")

    def _exchanges(self, which: str) -> list[Exchange]:
        query = f"SELECT id, at, act, promise, receipt FROM journal WHERE {which} ORDER BY at, id"  # noqa: S608 - ours alone
        return [Exchange(*row) for row in self._db.execute(query)]

    def keep_receipt(self, id: str, receipt: str, *, final: bool) -> None:
        """Keep the proof that an exchange is in the log (c2sp.org/tlog-proof@v1); a final one replaces the promise."""
        keeping = "UPDATE journal SET receipt = ?, promise = CASE WHEN ? THEN NULL ELSE promise END WHERE id = ?"
        self._db.execute(keeping, (receipt, final, id))

    def last_own_leaf(self) -> int:
        """The place in the log of the last entry that concerns us; -1 while there is none."""
        return int(self._db.execute("SELECT coalesce(max(leaf), -1) FROM own_leaf").fetchone()[0])

    def keep_own_leaves(self, places: dict[str, int]) -> None:
        """Keep at which leaf each entry that concerns us was found."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO own_leaf VALUES (?, ?)", list(places.items()))

    def exchange_count(self) -> int:
        """Exchanges in the journal."""
        return int(self._db.execute("SELECT count(*) FROM journal").fetchone()[0])

    def receipt_count(self) -> int:
        """Exchanges whose proof we keep."""
        return int(self._db.execute("SELECT count(receipt) FROM journal").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


@contextmanager
def open_vault(folder: Path) -> Iterator[Vault]:
    """The vault in a state folder, made there at first use. Raises ClientError where it cannot be used."""
    path = folder / "vault.sqlite"
    local_key = _local_key(folder / "vault.key", vault_exists=path.exists())
    path.touch(mode=0o600)
    db = sqlite3.connect(path, timeout=60, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last tokens, never the file
        db.execute("PRAGMA cache_size = -65536")
        _migrate(db, path)
        yield Vault(db, local_key)
    except sqlite3.OperationalError as error:
        raise _storage_error(error, path) from error
    except sqlite3.DatabaseError as error:
        raise usage(
            f"the vault {path} is damaged", "move that file away (keep vault.key beside it) and run the command again"
        ) from error
    finally:
        db.close()


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    db.execute("BEGIN IMMEDIATE")  # two first runs at once: the second waits here and finds the tables
    version = db.execute("PRAGMA user_version").fetchone()[0]
    for step in _STEPS[version:]:
        for statement in step.strip().split(";\n"):
            db.execute(statement)
    db.execute("COMMIT")
    if version > _VERSION:
        raise usage(f"the vault {path} was made by a newer version of alliance", "use that version")


def _storage_error(error: sqlite3.OperationalError, path: Path) -> ClientError:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL:
        return ClientError(ExitCode.TRY_LATER, "the disk is full", "free some space and run the same command again")
    if code == sqlite3.SQLITE_BUSY:
        return ClientError(ExitCode.TRY_LATER, "another alliance command holds the vault", "wait until it has ended")
    return usage(f"the vault {path} cannot be used", "check the disk and the folder's permissions")


def _local_key(path: Path, *, vault_exists: bool) -> bytes:
    """The 32 random bytes under which this member's marks and seller references are made."""
    try:
        if not vault_exists and not path.exists():
            _write_once(path, secrets.token_bytes(32))
        key = path.read_bytes()
    except OSError as error:
        raise usage(
            f"the vault's key {path} cannot be read: {error.strerror}",
            "restore it from a backup; without it the vault beside it is useless: move both away to start anew",
        ) from error
    if len(key) != 32:
        raise usage(f"the vault's key {path} is damaged", "restore it from a backup")
    return key


def _write_once(path: Path, key: bytes) -> None:
    """Write the key so that of two first runs at once both end up with the same one, and never with half of one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
