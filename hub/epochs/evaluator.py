"""Speaks to the evaluator, the process that holds the key; the hub itself only passes bytes on."""

import json
from http import HTTPStatus

import urllib3

from hub.tokens import ElementError


class EvaluatorDownError(Exception):
    """The evaluator does not answer, or answers with something it should not."""


class Evaluator:
    """A pooled connection to one evaluator address. Made once a worker process, after the fork."""

    def __init__(self, url: str, bearer: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/octet-stream"}
        self._pool = urllib3.PoolManager(
            maxsize=8, retries=False, timeout=urllib3.Timeout(connect=2.0, read=30.0), headers=self._headers
        )

    def public_key(self, key: str) -> bytes:
        """The 32-byte public key of a key id. Raises EvaluatorDownError."""
        public = self._ask("GET", f"/keys/{key}")
        if len(public) != 32:
            raise EvaluatorDownError("the evaluator answered with no public key")
        return public

    def evaluate(self, key: str, blinded: bytes) -> bytes:
        """Proof and evaluated elements. Raises ElementError with the position, EvaluatorDownError."""
        answer = self._ask("POST", f"/evaluate/{key}", blinded)
        if len(answer) != 64 + len(blinded):
            raise EvaluatorDownError("the evaluator answered with another number of elements")
        return answer

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        try:
            response = self._pool.request(method, self._url + path, body=body)
        except urllib3.exceptions.HTTPError as error:
            raise EvaluatorDownError("the evaluator does not answer") from error
        if response.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            problem = json.loads(response.data)
            raise ElementError(problem.get("position"), problem.get("detail", "not a group element"))
        if response.status != HTTPStatus.OK:
            raise EvaluatorDownError(f"the evaluator answered {response.status}")
        return bytes(response.data)
