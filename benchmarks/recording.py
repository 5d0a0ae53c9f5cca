"""What recording costs: a durable commit with an entry of the log against the same without."""

import statistics
import subprocess
import tempfile
from base64 import b64encode
from typing import NamedTuple

from sqlalchemy import make_url

from benchmarks.ledger_entry import PARTS, VIEW, leaf
from benchmarks.stage import KEY, Stage
from hub.ledger.sequencer import LOCK
from hub.manage.postgres import binary

ROW = "INSERT INTO exchanged VALUES (gen_random_uuid());\n"
"""The least that a commit can hold."""
SHARED = """SELECT set_config('hub.member', '{member}', true), set_config('hub.kind', 'brand', true);
INSERT INTO indicator (key_id, token) VALUES ({key}, sha256(int8send(:n)));
INSERT INTO contribution (key_id, token, member_id, stance, evidence_level, tlp, shared_at, expires_on, state)
  VALUES ({key}, sha256(int8send(:n)), {member}, 'infringing', 2, 2, now(), current_date + 300, 'active');
"""
"""What a brand's word on one token is in the database."""
RECORD = """\\set count :count + 1
\\set run hash(:count / 4096, :client_id) & 65535
SELECT 1 / ledger_append('{version}',
  overlay(gen_random_uuid()::text PLACING lpad(to_hex(:run::int), 4, '0') FROM 1 FOR 4)::uuid, now(), 'indicator.shared',
  'allowed', 'api', '{leaf}'::bytea, '{parties}', '{{0,1,2}}', '{{actor,concerned,auditor}}',
  '{{platform-x,platform-x,platform-x}}', ARRAY['{view}', '{view}', '{view}']::bytea[],
  ARRAY['{salt}', '{salt}', '{salt}']::bytea[])::int;
"""
"""As the hub records, each client with ids in runs as a process of the hub has them (`hub.tree.leaf.new_id`); divided by
zero, and so refused, where the keys are not those that are there."""
OWING = ("indicator", "contribution")
"""Tables whose triggers owe a record."""


class Recorded(NamedTuple):
    """Durable commits a second: of what is exchanged alone, and of the same with an entry of three parts."""

    alone: float
    recorded: float


def recording(hub: Stage, clients: int, rounds: int = 3, seconds: int = 4) -> tuple[Recorded, Recorded]:
    """What recording costs a brand's word on one token, and what it would cost a row of one column; medians, in turns.

    The word alone is written as if there were no log, so without the triggers that owe a record either.
    """
    with hub.sql() as connection:
        connection.autocommit = True
        ((member,),) = connection.execute("SELECT id FROM member WHERE code = 'brand-a'").fetchall()
        ((key,),) = connection.execute("SELECT id FROM token_key WHERE name = %s", (KEY,)).fetchall()
        word = SHARED.format(member=member, key=key)
        parties = connection.execute("SELECT party FROM ledger_tag_key ORDER BY party LIMIT %s", (PARTS,)).fetchall()
        ((version,),) = connection.execute("SELECT version FROM ledger_tag_version").fetchall()
        entry = RECORD.format(
            parties="{" + ",".join(str(party) for (party,) in parties) + "}",
            version=version,
            leaf=_sql(leaf(bytes(16))),
            view=_sql(VIEW % b64encode(bytes(16))),
            salt=_sql(bytes(range(32))),
        )
        scripts = [
            f"\\set n random(1, 9000000000000000000)\nBEGIN;\n{each}COMMIT;\n"
            for each in (word, word + entry, ROW, ROW + entry)
        ]
        rates: list[list[float]] = [[] for _ in scripts]
        connection.execute("CREATE TABLE IF NOT EXISTS exchanged (id uuid PRIMARY KEY)")
        connection.execute("GRANT INSERT ON exchanged TO PUBLIC")
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))  # these entries have all one leaf: they are no log
        for _ in range(rounds):
            for script, each in zip(scripts, rates, strict=True):
                for table in OWING:
                    able = "ENABLE" if entry in script else "DISABLE"
                    connection.execute(f"ALTER TABLE {table} {able} TRIGGER owe_record")
                each.append(_pgbench(hub.environment["HUB_DATABASE_APP_URL"], script, clients, seconds))
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM ledger_part USING ledger_pending q WHERE q.entry_id = ledger_part.entry_id")
        connection.execute("DELETE FROM ledger_entry USING ledger_pending q WHERE q.entry_id = id")
        connection.execute("TRUNCATE ledger_pending, exchanged")
    medians = [statistics.median(each) for each in rates]
    return Recorded(*medians[:2]), Recorded(*medians[2:])


def _sql(value: bytes) -> str:
    return rf"\x{value.hex()}"


def _pgbench(url: str, script: str, clients: int, seconds: int) -> float:
    where = make_url(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            str(binary("pgbench")),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-T",
            str(seconds),
            "-D",
            "count=0",
            "-f",
            file.name,
        ]
        place = [*("-h", where.query.get("host") or where.host), *("-U", where.username), where.database]
        told = subprocess.run(
            [*command, *(str(each) for each in place)],
            env={"PGPASSWORD": str(where.password)},
            capture_output=True,
            text=True,
            check=True,
        )
    (rate,) = (line for line in told.stdout.splitlines() if line.startswith("tps = "))
    return float(rate.split()[2])
