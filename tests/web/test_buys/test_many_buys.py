"""With a hundred thousand test buys the list is read along an index, and what they cost without the table."""

import pytest

from hub.test_buys import service
from hub.test_buys.rules import BuyState
from tests.conftest import Hub
from tests.web.questions.test_many_questions import plans

MANY = (
    "INSERT INTO test_buy (name, brand_id, platform_id, url, goods, currency, budget, spent, planned_by, planned_at, state,"
    " version) SELECT 'b' || n, b.id, p.id, 'https://shop.example.com/' || n, 'Watch',"
    " (ARRAY['EUR', 'USD', 'JPY'])[1 + n %% 3], 100, n, 'p_1', now(), (ARRAY['planned', 'ordered', 'cancelled'])[1 + n %% 3],"
    " 1 FROM generate_series(1, 100000) n, member p, member b"
    " WHERE p.code = 'shop' AND b.code = (CASE n %% 5 WHEN 0 THEN 'brand-b' ELSE 'brand-a' END)"
)


@pytest.fixture
def many(alliance: Hub) -> Hub:
    """Most of them of one brand."""
    alliance.sql(MANY)
    alliance.sql("VACUUM ANALYZE test_buy")
    return alliance


@pytest.mark.parametrize("state", [None, BuyState.ORDERED])
def test_list_is_read_along_an_index_and_nothing_is_sorted(many: Hub, state: BuyState | None) -> None:
    plan = plans(
        many, "brand-a", lambda actor: service.test_buys(actor, state, before=90_000, limit=51), table="test_buy"
    )
    assert "Index Scan Backward using" in plan, plan
    assert not {"Sort", "Seq", "Bitmap"} & set(plan.split()), plan


def test_what_they_cost_is_summed_from_an_index_alone(many: Hub) -> None:
    plan = plans(many, "brand-a", service.totals, table="test_buy")
    assert "Index Only Scan using" in plan, plan
