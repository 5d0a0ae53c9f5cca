"""The real supervisor, PostgreSQL, evaluator and gunicorn around small programs: `python small_hub.py serve|demo|real`.

So that most tests of starting and stopping are quick; `real` has the hub's own programs and tables. SMALL_HUB_BROKEN
names a part that cannot start, SMALL_HUB_PLAY what the example does.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

from hub.manage.parts import Part
from hub.manage.runtime import Launch, demo, hub_parts, serve

HERE = Path(__file__).resolve().parent
_ENDLESS = "import signal; signal.pause()"
_BROKEN = "raise SystemExit('this part is broken')"


def app(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """What the web part serves."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here\n"]


def _small(part: Part) -> Part:
    if part.name == os.environ.get("SMALL_HUB_BROKEN"):
        return replace(part, command=[sys.executable, "-c", _BROKEN])
    if part.name == "web":
        return replace(part, command=[*part.command, "--chdir", str(HERE), "small_hub:app"])
    if part.name in ("worker", "sequencer"):
        return replace(part, command=[sys.executable, "-c", _ENDLESS, part.command[-1]])
    return part


def _parts(launch: Launch, settings: Mapping[str, str]) -> Iterator[Part]:
    """Without the errand that looks at the log: there are no tables."""
    return (_small(part) for part in hub_parts(launch, settings) if isinstance(part, Part))


def _migrate(owner_url: str, passwords: dict[str, str]) -> None:
    assert owner_url
    assert set(passwords) == {"app", "sequencer"}


def _play(settings: Mapping[str, str]) -> None:
    print("playing on", settings["HUB_HOME"], flush=True)
    if os.environ.get("SMALL_HUB_PLAY") == "fails":
        raise SystemExit(1)


if __name__ == "__main__":
    small = {"migrate": _migrate, "parts": _parts}
    run = {"serve": partial(serve, **small), "demo": partial(demo, **small), "real": serve}[sys.argv[1]]
    sys.exit(run(Launch.from_env(), _play))
