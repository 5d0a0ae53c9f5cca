"""The evaluator's three requests as a WSGI application (PEP 3333), without a framework: its cost is the curve's."""

import hmac
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from hub.evaluator.keyring import Keyring, UnknownKeyError
from hub.evaluator.problems import RequestError
from hub.tokens import ELEMENT_BYTES, MAX_ELEMENTS, ElementError, EvaluationKey, check_batch_size

OCTETS = "application/octet-stream"


def create_app(keyring: Keyring, bearer: str) -> WSGIApplication:
    """Return the application that answers for `keyring`.

    `GET /status` → `ok`, for anyone. With `Authorization: Bearer <bearer>`: `GET /keys/<key id>` → the 32-byte public
    key; `POST /evaluate/<key id>`, n * 32 bytes with n ≤ 4,096 → 64-byte proof ‖ n * 32 bytes. Refusals are problem
    details; that of a single element names its `position`, from 0. Neither bodies nor the secret reach a log.
    """
    authorisation = f"Bearer {bearer}".encode()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, headers = "200 OK", [("Cache-Control", "no-store")]
        try:
            content_type, body = _answer(environ, keyring, authorisation)
        except RequestError as error:
            content_type, body = "application/problem+json", error.body()
            status, headers = error.kind.status, [*headers, *error.headers]
        start_response(status, [*headers, ("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return [body]

    return app


def _answer(environ: WSGIEnvironment, keyring: Keyring, authorisation: bytes) -> tuple[str, bytes]:
    path = environ["PATH_INFO"]
    if path == "/status":
        _require_method(environ, "GET")
        return "text/plain; charset=utf-8", b"ok"
    # Before anything else is told apart, so that a stranger does not learn which keys there are.
    if not hmac.compare_digest(environ.get("HTTP_AUTHORIZATION", "").encode("latin-1"), authorisation):
        raise RequestError(
            "unauthorised", "This request needs the evaluator's secret.", headers=(("WWW-Authenticate", "Bearer"),)
        )
    _, _, rest = path.partition("/")
    resource, _, key_id = rest.partition("/")
    if resource not in _KEY_RESOURCES:
        raise RequestError("not-found", "This path names nothing here.")
    method, act = _KEY_RESOURCES[resource]
    _require_method(environ, method)
    try:
        key = keyring.key(key_id)
    except UnknownKeyError as error:
        raise RequestError("unknown-key", str(error)) from error
    return OCTETS, act(key, environ)


def _require_method(environ: WSGIEnvironment, method: str) -> None:
    if environ["REQUEST_METHOD"] != method:
        raise RequestError("method-not-allowed", f"This resource answers {method} only.", headers=(("Allow", method),))


def _evaluate(key: EvaluationKey, environ: WSGIEnvironment) -> bytes:
    try:
        return key.evaluate(_read_body(environ))
    except ElementError as error:
        slug = "batch-refused" if error.position is None else "element-refused"
        raise RequestError(slug, str(error), position=error.position) from error


def _read_body(environ: WSGIEnvironment) -> bytes:
    declared = environ.get("CONTENT_LENGTH", "")
    if not declared:
        raise RequestError("length-required", "The length of the body must be known before it is read.")
    size = int(declared)  # the server has refused anything but digits
    if size > MAX_ELEMENTS * ELEMENT_BYTES:
        raise RequestError("body-too-large", f"The body has {size} bytes, the most is {MAX_ELEMENTS * ELEMENT_BYTES}.")
    check_batch_size(size)
    body: bytes = environ["wsgi.input"].read(size)
    if len(body) != size:
        raise RequestError("body-incomplete", f"{len(body)} of {size} bytes arrived.")
    return body


_KEY_RESOURCES: dict[str, tuple[str, Callable[[EvaluationKey, WSGIEnvironment], bytes]]] = {
    "keys": ("GET", lambda key, _: key.public_key),
    "evaluate": ("POST", _evaluate),
}
