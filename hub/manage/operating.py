"""What every command of the operator needs: to act on the running hub, and to say a refusal in one line."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from hub.config import SettingError, Settings
from hub.manage.home import HomeError

P = ParamSpec("P")


def refusals_said(command: Callable[P, None]) -> Callable[P, None]:
    """Say what the hub refuses in one line, with exit code 2, instead of a traceback."""

    @wraps(command)
    def said(*args: P.args, **kwargs: P.kwargs) -> None:
        from hub.epochs.evaluator import EvaluatorDownError
        from hub.epochs.service import EpochStateError
        from hub.ledger.service import LedgerHaltedError, NotAnchoredError, NotSettledError
        from hub.members.service import RefusedMoveError, UnknownMemberError

        try:
            command(*args, **kwargs)
        except (
            HomeError,
            SettingError,
            RefusedMoveError,
            UnknownMemberError,
            EpochStateError,
            LedgerHaltedError,
            NotAnchoredError,
            NotSettledError,
            EvaluatorDownError,
            ValueError,
        ) as error:
            raise SystemExit(say(str(error))) from error

    return said


def say(text: str) -> int:
    """Say why something is refused; returns the exit code for it."""
    click.echo(f"hub: {text}", err=True)
    return 2


@contextmanager
def operating(environment: dict[str, str] | None = None) -> Iterator[Any]:
    """The operator's actor inside the application, as the database's owner, on the hub running on HUB_HOME.

    Raises HomeError when none runs there.
    """
    from hub.access.guard import read_as
    from hub.app import create_app
    from hub.db import db
    from hub.manage.home import ROOT, running_environment
    from hub.members import service as members

    home = Path(os.environ.get("HUB_HOME") or ROOT / "var").absolute()
    settings = environment or running_environment(home)
    app = create_app(Settings.from_env({**settings, "HUB_DATABASE_APP_URL": settings["HUB_DATABASE_URL"]}))
    with app.app_context():
        actor = members.operator()
        db.session.commit()
        read_as(db.session, actor)
        try:
            yield actor
        finally:
            db.session.close()
            for engine in db.engines.values():
                engine.dispose()
