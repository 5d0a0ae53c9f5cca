"""A reading ends with a commit, so that the statements prepared on its connection serve the next."""

from contextlib import ExitStack

from hub.db import db
from tests.conftest import Hub


def prepared(hub: Hub) -> set[str]:
    """The statements prepared on the pool's connections, looked at without beginning a transaction there."""
    found: set[str] = set()
    with hub.app.app_context(), ExitStack() as held:
        for _ in range(db.engine.pool.checkedin()):  # type: ignore[attr-defined]  # a QueuePool
            driver = held.enter_context(db.engine.connect()).connection.driver_connection
            assert driver is not None
            found.update(each for (each,) in driver.execute("SELECT statement FROM pg_prepared_statements"))
            driver.commit()
    return found


def test_statement_that_is_read_again_and_again_stays_prepared(hub: Hub) -> None:
    hub.admit("brand-a")
    client = hub.client("brand-a")
    for _ in range(9):
        assert client.get("/api/v1/me").status_code == 200
    assert any("declared_need" in each for each in prepared(hub))
