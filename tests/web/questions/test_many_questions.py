"""With a hundred thousand questions each list is read along an index, and a brand's rate without the table."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from hub.access.actor import Actor
from hub.db import db
from hub.questions import service
from hub.questions.rules import QuestionState
from hub.questions.service import Wanted
from tests.conftest import Hub

MANY = (
    "INSERT INTO question (name, platform_id, brand_id, url, digest, words, pictures, due_at, time_zone, asked_by, asked_at,"
    " asked_entry, state, ended_at)"
    " SELECT 'q' || n, p.id, b.id, 'https://shop.example.com/' || n, sha256(n::text::bytea), 'Is it?', '{}', now(), 'UTC',"
    " 'p_1', now() - interval '2 hours', 'e', (ARRAY['genuine', 'cannot tell', 'expired', 'asked'])[1 + n %% 4],"
    " CASE n %% 4 WHEN 3 THEN NULL ELSE now() - n * interval '1 second' END"
    " FROM generate_series(1, 100000) n, member p, member b"
    " WHERE p.code = (CASE n %% 3 WHEN 0 THEN 'bazaar' ELSE 'shop' END)"
    " AND b.code = (CASE n %% 5 WHEN 0 THEN 'brand-b' ELSE 'brand-a' END)"
)


@pytest.fixture
def many(alliance: Hub) -> Hub:
    """Most of them between one platform and one brand."""
    alliance.sql(MANY)
    alliance.sql("VACUUM ANALYZE question")
    return alliance


def plans(hub: Hub, code: str, ask: Callable[[Actor], Any], table: str = "question") -> str:
    """How PostgreSQL reads the table for a query."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with hub.app.app_context():
        actor = hub.actor(code)
        event.listen(db.engine, "before_cursor_execute", note)
        ask(actor)
        event.remove(db.engine, "before_cursor_execute", note)
        connection = db.session.connection()
        found = [
            connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
            for statement, parameters in asked
            if f"FROM {table}" in statement
        ]
    return "\n".join(line for plan in found for line in plan)


@pytest.mark.parametrize("code", ["brand-a", "shop"])
@pytest.mark.parametrize("state", [None, QuestionState.ASKED])
@pytest.mark.parametrize("other", [False, True])
def test_list_is_read_along_an_index_and_nothing_is_sorted(
    many: Hub, code: str, state: QuestionState | None, other: bool
) -> None:
    counterpart = {"brand-a": "shop", "shop": "brand-a"}[code] if other else None
    plan = plans(
        many, code, lambda actor: service.questions(actor, Wanted(state, counterpart), before=90_000, limit=51)
    )
    assert "Index Scan Backward using" in plan, plan
    assert not {"Sort", "Seq Scan", "Bitmap"} & set(plan.replace("  ", " ").split(" ")), plan


@pytest.mark.parametrize("code", ["brand-a", "shop"])
def test_rate_is_read_from_an_index_alone(many: Hub, code: str) -> None:
    plan = plans(many, code, service.answer_rates)
    assert "Index Only Scan using" in plan, plan
