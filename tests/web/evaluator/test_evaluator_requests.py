"""The WSGI application alone, under the checks of PEP 3333's validator."""

import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from hub.evaluator.app import create_app
from hub.evaluator.keyring import Keyring
from hub.tokens import Blinder, EvaluationKey, KeyId, Seed

SEED = Seed("example", bytes(range(32)))
BEARER = "secret of the hub"
KEY = KeyId("example", "2026-1", "phone")
PUBLIC = EvaluationKey.derive(SEED.secret, KEY).public_key
ELEMENT = Blinder(PUBLIC).blind([b"x"])
APP = validator(create_app(Keyring(SEED, {"phone", "email"}), BEARER))


class Answer:
    def __init__(self, method: str, path: str, body: bytes = b"", **environ: str | None) -> None:
        given: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "HTTP_AUTHORIZATION": f"Bearer {BEARER}",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        setup_testing_defaults(given)
        given = {name: value for name, value in {**given, **environ}.items() if value is not None}
        chunks = APP(given, self._start)
        self.body = b"".join(chunks)
        chunks.close()  # type: ignore[attr-defined]

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        self.status = int(status[:3])
        self.headers = dict(headers)
        return lambda data: None

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["Content-Type"] == "application/problem+json"
        problem: dict[str, Any] = json.loads(self.body)
        assert problem["status"] == self.status
        return problem


def test_status_is_public() -> None:
    answer = Answer("GET", "/status", HTTP_AUTHORIZATION=None)
    assert (answer.status, answer.body) == (200, b"ok")


def test_public_key_is_32_bytes() -> None:
    answer = Answer("GET", f"/keys/{KEY}")
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "application/octet-stream", PUBLIC)


def test_evaluation_satisfies_the_client() -> None:
    blinder = Blinder(PUBLIC)
    answer = Answer("POST", f"/evaluate/{KEY}", blinder.blind([b"one", b"two"]))
    assert len(blinder.finalise(answer.body)) == 2


def test_answers_are_not_cached() -> None:
    assert Answer("GET", f"/keys/{KEY}").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "authorisation",
    [None, "", BEARER, f"bearer {BEARER}", f"Bearer {BEARER}x", f"Bearer {BEARER[:-1]}", "Bearer ", "Bearer s\xe9cret"],
)
@pytest.mark.parametrize("path", [f"/keys/{KEY}", "/keys/none", "/nothing"])
def test_request_without_the_secret_learns_nothing(authorisation: str | None, path: str) -> None:
    answer = Answer("GET", path, HTTP_AUTHORIZATION=authorisation)
    assert (answer.status, answer.problem["type"]) == (401, "/problems/unauthorised")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "name",
    [
        "other.2026-1.phone",
        "example.2026-1.domain",
        "example.2026-1",
        "example.2026 1.phone",
        "",
        f"{KEY}/",
        f"{KEY}\xe9",
    ],
)
def test_key_that_is_not_its_own_is_unknown(name: str) -> None:
    answer = Answer("POST", f"/evaluate/{name}", ELEMENT)
    assert (answer.status, answer.problem["type"]) == (404, "/problems/unknown-key")


@pytest.mark.parametrize("path", ["", "/", "/evaluate", "/nothing", f"//keys/{KEY}", f"/keys//{KEY}"])
def test_path_that_names_nothing_is_404(path: str) -> None:
    assert Answer("GET", path).status in (404, 405)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", f"/keys/{KEY}", "GET"), ("GET", f"/evaluate/{KEY}", "POST"), ("POST", "/status", "GET")],
)
def test_wrong_method_is_answered_with_the_right_one(method: str, path: str, allowed: str) -> None:
    answer = Answer(method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


def test_body_without_its_length_is_refused() -> None:
    answer = Answer("POST", f"/evaluate/{KEY}", ELEMENT, CONTENT_LENGTH=None)
    assert (answer.status, answer.problem["type"]) == (411, "/problems/length-required")


def test_body_of_4097_elements_is_refused_unread() -> None:
    body = io.BytesIO(ELEMENT * 4_097)
    answer = Answer("POST", f"/evaluate/{KEY}", **{"CONTENT_LENGTH": str(32 * 4_097), "wsgi.input": body})  # type: ignore[arg-type]
    assert (answer.status, answer.problem["type"], body.tell()) == (413, "/problems/body-too-large", 0)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_body_that_is_not_whole_elements_is_refused(size: int) -> None:
    answer = Answer("POST", f"/evaluate/{KEY}", (ELEMENT * 2)[:size])
    assert (answer.status, answer.problem["type"]) == (422, "/problems/batch-refused")
    assert "position" not in answer.problem


def test_body_that_ends_early_is_refused() -> None:
    answer = Answer("POST", f"/evaluate/{KEY}", ELEMENT, CONTENT_LENGTH="64")
    assert (answer.status, answer.problem["detail"]) == (400, "32 of 64 bytes arrived.")


@pytest.mark.parametrize("element", [bytes(32), b"\xff" * 32], ids=["identity", "not canonical"])
def test_element_that_is_none_is_named_by_position(element: bytes) -> None:
    answer = Answer("POST", f"/evaluate/{KEY}", ELEMENT + element)
    assert (answer.status, answer.problem["type"], answer.problem["position"]) == (422, "/problems/element-refused", 1)


def test_every_problem_says_what_to_do() -> None:
    assert set(Answer("GET", "/nothing").problem) == {"type", "title", "status", "detail", "remedy"}
