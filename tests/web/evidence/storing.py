"""Files on their way into the vault and out of it, over HTTP."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.db import db
from hub.evidence import service
from hub.evidence.rules import RecordKind
from tests.conftest import Hub
from tests.unit.evidence.files import PDF

ADDRESS = "/api/v1/evidence"
OCTETS = "application/octet-stream"


def sent(client: FlaskClient, content: bytes = PDF, name: str = "report.pdf", **query: Any) -> TestResponse:
    query = {"name": name, "type": "listing"} | query
    return client.post(ADDRESS, query_string=query, data=content, content_type=OCTETS)


def stored(client: FlaskClient, content: bytes = PDF, name: str = "report.pdf", **query: Any) -> dict[str, Any]:
    answer = sent(client, content, name, **query)
    assert answer.status_code == 201, answer.text
    assert isinstance(answer.json, dict)
    return answer.json


def read(client: FlaskClient, name: str) -> TestResponse:
    return client.get(f"{ADDRESS}/{name}/content")


def erased(client: FlaskClient, name: str, reason: str = "not needed") -> TestResponse:
    return client.post(f"{ADDRESS}/{name}/erasure", json={"reason": reason})


def show(hub: Hub, owner: str, name: str, *parties: str, ref: str = "r_1") -> None:
    """Attach a member's file to a record with these parties."""
    numbers = [row[0] for row in hub.sql("SELECT id FROM member WHERE code = ANY(%s)", list(parties))]
    with hub.app.app_context():
        service.attach(hub.actor(owner), name, RecordKind.LISTING_REPORT, ref, numbers)
        db.session.commit()


def lying(hub: Hub) -> set[str]:
    """What lies in the vault's folder; the home is shared by the tests of a process."""
    return {path.name for path in (hub.home / "evidence").glob("*/*")}


def file_of(hub: Hub, name: str) -> Path:
    return hub.home / "evidence" / name[2:4] / name


class Slow(io.BytesIO):
    """A body of which the first half has come when something else happens."""

    def __init__(self, content: bytes, meanwhile: Callable[[], object]) -> None:
        super().__init__(content)
        self._meanwhile, self._half, self._size = meanwhile, len(content) // 2, len(content)

    def readinto(self, buffer: Any) -> int:  # Werkzeug reads so
        return self._passed(super().readinto(buffer))

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        self._passed(len(content))
        return content

    def _passed(self, count: int) -> int:
        if self._meanwhile is not None and self.tell() > self._half:
            meanwhile, self._meanwhile = self._meanwhile, None  # type: ignore[assignment]  # once
            meanwhile()
        return count

    def send(self, client: FlaskClient, name: str = "report.pdf") -> TestResponse:
        return client.post(
            ADDRESS,
            query_string={"name": name, "type": "listing"},
            input_stream=self,
            environ_overrides={"CONTENT_LENGTH": str(self._size)},
            content_type=OCTETS,
        )
