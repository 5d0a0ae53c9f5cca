"""A repeated request under the same Idempotency-Key gets the same answer, and is done once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from psycopg.types.json import Jsonb
from sqlalchemy import DateTime, ForeignKey, Integer, LargeBinary, String, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from hub import clock
from hub.access.gate import actor
from hub.db import Model, compiled, db, given
from hub.web.problems import ProblemError


class IdempotencyKey(Model):
    """The digest of a request done under a key, and its answer where that cannot be worked out again."""

    __tablename__ = "idempotency_key"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


_KEEP = compiled(
    insert(IdempotencyKey)
    .values(
        member_id=given("member", Integer),
        key=given("key", String),
        digest=given("digest", LargeBinary),
        answer=given("answer", JSONB(none_as_null=True)),
        at=given("at", DateTime(timezone=True)),
    )
    .returning(IdempotencyKey.key)
)
_FIND = compiled(
    select(IdempotencyKey.digest, IdempotencyKey.answer).where(
        IdempotencyKey.member_id == given("member", Integer), IdempotencyKey.key == given("key", String)
    )
)


@dataclass(frozen=True)
class Claim:
    """What is known of a request's key: None for `answer` and False for `done` mean: do it now, then `keep`."""

    key: str | None
    digest: bytes
    done: bool = False
    answer: dict[str, Any] | None = None

    def keep(self, member_id: int, answer: dict[str, Any] | None) -> None:
        """Remember the answer in the same transaction as the deed: if we crash before the commit, neither happened."""
        if self.key is not None:
            kept = None if answer is None else Jsonb(answer)
            _KEEP.run(member=member_id, key=self.key, digest=self.digest, answer=kept, at=clock.now())


def claim(member_id: int) -> Claim:
    """Look up this request's Idempotency-Key.

    Raises ProblemError 422 when the key is malformed or was used with another method, path or body. Two requests
    under one key at once: the second fails on the primary key at its commit and is answered 409.
    """
    key = request.headers.get("Idempotency-Key")
    body = request.get_data(cache=True)
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + body).digest()
    if key is None:
        return Claim(None, digest)
    if not 8 <= len(key) <= 64 or not key.isascii() or not key.isprintable():
        raise ProblemError(
            "not-valid", "Idempotency-Key has not 8 to 64 printable ASCII characters", "Send a random UUID as the key"
        )
    found = _FIND.run(member=member_id, key=key)
    if not found:
        return Claim(key, digest)
    (kept,) = found
    if kept.digest != digest:
        raise ProblemError(
            "idempotency-key-reused",
            "This Idempotency-Key was used before with another request",
            "Use a new key for each new request, and the old key only to repeat the same one",
        )
    return Claim(key, digest, done=True, answer=kept.answer)


def once(deed: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the deed answers, done once under this request's key, and its ledger entry as a header; commits.

    Raises what the deed does, and ProblemError as `claim` does.
    """
    member = actor().member_id
    claimed = claim(member)
    answer = claimed.answer or {}
    if not claimed.done:
        answer = deed()
        claimed.keep(member, answer)
        db.session.commit()
    return answer, {"Audit-Entry": answer["entry"]} if "entry" in answer else {}
