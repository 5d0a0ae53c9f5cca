"""Who writes to the database, who asks the time, who states SQL as text: each in the few places named here."""

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from hub import app
from hub.db import Model
from tests.shape.source import Modules, domains, modules, origins, references, seeded

WRITERS = re.compile(
    rf"hub/({'|'.join(domains())})/service(\.py|/\w+\.py)|hub/web/idempotency\.py|hub/mail\.py|hub/ledger/sequencer\.py"
)
NO_HUB_DATABASE = ("hub/client/", "hub/evaluator/")
"""A member's machine keeps its vault in SQLite; the evaluator has no database. Import contracts hold both to it."""
CONSTRUCTS = {
    f"{home}.{verb}"
    for home in ("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression", "sqlalchemy.dialects.postgresql")
    for verb in ("insert", "update", "delete", "merge", "Insert", "Update", "Delete")
}
OF_A_SESSION = {
    "add",
    "add_all",
    "delete",
    "merge",
    "bulk_save_objects",
    "bulk_insert_mappings",
    "bulk_update_mappings",
}
IN_WORDS = re.compile(r"\b(INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|COPY\s+\w+|TRUNCATE|MERGE\s+INTO)\b")
CLOCKS = {
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.strftime"),
    *(f"sqlalchemy.func.{name}" for name in ("now", "current_timestamp", "current_date", "clock_timestamp")),
}
"""Not among them: time.monotonic and time.perf_counter, which measure and tell no moment."""
TEXT = {"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text"}
TEXT_ALLOWED = dict.fromkeys(
    ("hub/indicators/model.py", "hub/ledger/model.py", "hub/listing_reports/model.py"),
    "the condition of a partial index, a constant",
)
DRIVER_ALLOWED = {"hub/manage/database.py": "makes roles and takes a lock, as the owner, before any model is at hand"}


def _columns() -> set[str]:
    assert app.APIS, "imports every model"
    return {column.name for table in Model.metadata.tables.values() for column in table.columns}


def _is_stored(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """Whether it sets an attribute of something else than the object whose method it stands in."""
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) != "self"


def _written_in(module: ast.Module, columns: set[str]) -> Iterator[tuple[int, str]]:
    """Line and words of each thing in a module that writes."""
    yield from ((line, name) for line, name in references(module) if name in CONSTRUCTS)
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if node.func.attr in OF_A_SESSION and owner.rpartition(".")[2] == "session":
                yield node.lineno, ast.unparse(node.func)
            if node.func.attr in {"insert", "update", "delete"} and owner.endswith("__table__"):
                yield node.lineno, ast.unparse(node.func)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and IN_WORDS.search(node.value):
            yield node.lineno, node.value.strip()
        elif _is_stored(node) and node.attr in columns:
            yield node.lineno, f"{ast.unparse(node)} ="


def strange_writers(found: Modules) -> list[str]:
    """What writes and is no writer."""
    columns = _columns()
    return [
        f"{path}:{line} {words}"
        for path, module in found.items()
        if not WRITERS.fullmatch(path) and not path.startswith(NO_HUB_DATABASE)
        for line, words in _written_in(module, columns)
    ]


def test_only_services_idempotency_and_the_sequencer_write() -> None:
    assert strange_writers(modules("hub")) == []


def test_each_way_to_write_is_noticed() -> None:
    text = """
from sqlalchemy.dialects.postgresql import insert as put
import sqlalchemy as sa
put(Match)
sa.update(Match)
db.session.add(Match())
session.delete(match)
match.matched_at = now
Match.__table__.insert()
cursor.execute("WITH gone AS (DELETE FROM match RETURNING id) SELECT id FROM gone")
"""
    lines = [each.split(" ")[0] for each in strange_writers(seeded("hub/matches/api.py", text))]
    assert sorted(lines) == sorted(f"hub/matches/api.py:{line}" for line in (4, 5, 6, 7, 8, 9, 10))
    assert strange_writers(seeded("hub/matches/service/run.py", text)) == []


def _foreign_models(path: str, module: ast.Module) -> dict[str, str]:
    """Local name → full name of each model in a module that belongs to another domain."""
    own = f"hub.{path.split('/')[1]}.model."
    known = origins(module).items()
    return {name: full for name, full in known if re.match(r"hub\.\w+\.model\.", full) and not full.startswith(own)}


def strange_models(found: Modules) -> list[str]:
    """Where a service makes, or states a change of, another domain's model."""
    listed = []
    for path, module in found.items():
        foreign, known = _foreign_models(path, module), origins(module)
        for node in ast.walk(module):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            targets = node.args[:1] if known.get(called) in CONSTRUCTS else []
            named = {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
            listed += [f"{path}:{node.lineno} {foreign[name]}" for name in sorted({called, *named} & set(foreign))]
    return listed


def test_no_service_writes_another_domains_model() -> None:
    assert strange_models({path: each for path, each in modules("hub").items() if WRITERS.fullmatch(path)}) == []


def test_a_service_that_writes_another_domains_model_is_noticed() -> None:
    text = """
from sqlalchemy import select, update
from hub.members.model import Member as Org
from hub.matches.model import Match
select(Org.sector)
update(Org)
update(Match).where(Match.member_id == select(Org.id))
Org(code="x")
"""
    lines = strange_models(seeded("hub/matches/service.py", text))
    assert lines == [
        "hub/matches/service.py:6 hub.members.model.Member",
        "hub/matches/service.py:8 hub.members.model.Member",
    ]


def mentions(found: Modules, names: set[str]) -> list[str]:
    """Where one of the names is mentioned, under whatever name it was imported."""
    return [
        f"{path}:{line} {name}" for path, module in found.items() for line, name in references(module) if name in names
    ]


def test_only_the_clock_asks_the_time() -> None:
    assert {each.split(":")[0] for each in mentions(modules("hub"), CLOCKS)} == {"hub/clock.py"}


def test_each_way_to_ask_the_time_is_noticed() -> None:
    text = """
import datetime
import time
from datetime import date as day, datetime as moment
from time import time as seconds
from sqlalchemy import func
datetime.datetime.now()
moment.utcnow
day.today()
time.time()
seconds()
func.now()
time.monotonic()
"""
    asked = mentions(seeded("hub/a.py", text), CLOCKS)
    assert [each.partition(" ")[0] for each in asked] == [f"hub/a.py:{line}" for line in (7, 8, 9, 10, 11, 12)]


def test_sql_is_not_stated_as_text() -> None:
    stated = {each.split(":")[0] for each in mentions(modules("hub"), TEXT)}
    assert stated == set(TEXT_ALLOWED)


def test_sql_stated_as_text_is_noticed() -> None:
    text = "import sqlalchemy as sa\nfrom sqlalchemy import text\ntext('SELECT 1')\nsa.text('SELECT 1')\n"
    assert mentions(seeded("hub/a.py", text), TEXT) == ["hub/a.py:3 sqlalchemy.text", "hub/a.py:4 sqlalchemy.text"]


def calls(found: Modules, called: str) -> list[str]:
    """Where the function or method of that name is called."""
    listed = []
    for path, module in found.items():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and f".{ast.unparse(node.func)}".endswith(called):
                listed.append(f"{path}:{node.lineno}")
    return listed


def test_nothing_is_read_from_a_statement_in_words() -> None:
    assert calls(modules("hub"), ".from_statement") == []


def test_statements_for_the_driver_are_the_owners() -> None:
    assert {each.split(":")[0] for each in calls(modules("hub"), ".exec_driver_sql")} == set(DRIVER_ALLOWED)


def prints(found: Modules) -> list[str]:
    """Where the built-in function is called."""
    return [
        f"{path}:{node.lineno}"
        for path, module in found.items()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def test_nothing_is_printed_past_click() -> None:
    assert prints(modules("hub")) == []


def test_a_call_in_words_and_a_print_are_noticed() -> None:
    found = seeded("hub/a.py", "select(Match).from_statement(x)\nprint(1)\nconsole.print(1)\n")
    assert calls(found, ".from_statement") == ["hub/a.py:1"]
    assert prints(found) == ["hub/a.py:2"]
