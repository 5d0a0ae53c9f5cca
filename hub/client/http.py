"""Talking to the hub: one session, patient where waiting helps, and every refusal turned into a remedy."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from hub import clock
from hub.client.errors import ClientError, ExitCode, false_answer, printable
from hub.client.profile import Profile
from hub.client.recorded import Recorded
from hub.tree.note import NoteError, Verifier
from hub.tree.promise import Promise, from_header

OCTETS = "application/octet-stream"
PATIENCE = 300.0
"""Seconds that all waits of one request may add up to, unless `--patience` says otherwise."""

_TRANSIENT = frozenset({409, 425, 429, 502, 503, 504})
_NEVER_TWICE = frozenset({"quota-spent"})
_SHORTEST_WAIT, _FIRST_WAIT, _LONGEST_WAIT = 0.2, 0.5, 30.0
_CONNECT_SECONDS, _READ_SECONDS = 10, 60
_LARGEST_ANSWER = 64 * 1024 * 1024
_LATEST_DEADLINE_SECONDS = 3600
"""A promise is for the next minute; our clock and the hub's may differ."""
_RESUME = "run the same command again: it resumes where it stopped"

_REMEDIES: Mapping[int, str] = {
    401: "the API key is unknown, revoked or expired: ask your alliance's administrator for a new profile",
    403: "ask your alliance's administrator which of your credentials may do this",
    404: "check the address in your profile, and that this hub is new enough",
    413: "tell the operator that a batch of the usual size was refused",
    422: "mend what the message names",
}
_ELSEWHERE = "check that the address in your profile is the hub's own; else tell the operator"


@dataclass(frozen=True)
class Answer:
    """What the hub said: status, body, and where an event was recorded, its entry."""

    status: int
    body: bytes
    entry: Recorded | None
    retry_after: str | None = None

    def document(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ClientError when it is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise false_answer("the hub's answer is not a JSON object")
        return document

    def recorded(self) -> Recorded:
        """The ledger's entry. An exchange without one is refused: it would leave no trace (ledger.md §5.1)."""
        if self.entry is None:
            raise false_answer("the hub answered without saying where it recorded the exchange")
        return self.entry


class _Bearer(AuthBase):
    """Sets the API key itself, so that neither .netrc nor a proxy setting can put another in its place."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


class HubConnection:
    """Requests to one hub in one member's name.

    Retries lost connections, 409, 425, 429, 502, 503 and 504 with the same body and the same Idempotency-Key, after
    what Retry-After says or else after growing waits, until `patience` seconds of waiting are spent; `notice` is told
    before each wait but the shortest. `wait` sleeps; it may raise to break off. Not to be shared between threads.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        patience: float = PATIENCE,
        notice: Callable[[str], None] = lambda _: None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._profile = profile
        self._url = profile.url
        self._patience = patience
        self._notice = notice
        self._wait = wait
        self._session = requests.Session()
        self._session.auth = _Bearer(profile.api_key)
        self._session.headers["User-Agent"] = "alliance-client/1"
        if profile.acting_for is not None:
            self._session.headers["Acting-For"] = profile.acting_for
        self._session.mount("http://", HTTPAdapter(pool_maxsize=1))
        self._session.mount("https://", HTTPAdapter(pool_maxsize=1))

    def get(
        self, path: str, params: Mapping[str, str | int] | None = None, *, accept: tuple[int, ...] = (200,)
    ) -> Answer:
        """GET a path below the hub's address. Raises ClientError for a status that is not in `accept`."""
        return self._send("GET", path, accept=accept, params=params)

    def download(self, path: str, params: Mapping[str, str | int], into: BinaryIO) -> None:
        """GET a path and write the answer's body into a file, from its start. Raises ClientError."""
        self._send("GET", path, accept=(200,), into=into, params=params)

    def post_json(self, path: str, document: object) -> Answer:
        """POST a JSON document under a fresh Idempotency-Key."""
        return self.post_document(path, json.dumps(document).encode())

    def post_document(self, path: str, raw: bytes) -> Answer:
        """POST a JSON document as it is written, under a fresh Idempotency-Key."""
        return self._post(path, raw, "application/json")

    def post_octets(self, path: str, body: bytes) -> Answer:
        """POST bytes under a fresh Idempotency-Key."""
        return self._post(path, body, OCTETS)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _post(self, path: str, body: bytes, media: str) -> Answer:
        headers = {"Content-Type": media, "Idempotency-Key": secrets.token_hex(16)}
        return self._send("POST", path, accept=(200,), data=body, headers=headers)

    def _send(
        self, method: str, path: str, *, accept: tuple[int, ...], into: BinaryIO | None = None, **request: Any
    ) -> Answer:
        waited, attempt = 0.0, 0
        while True:
            failure, asked = self._attempt(method, path, accept, request, into)
            if isinstance(failure, Answer):
                return failure
            delay = _backoff(attempt) if asked is None else max(asked, _SHORTEST_WAIT)
            if waited + delay > self._patience:
                raise failure if asked is None or waited else _asked_to_wait(failure, delay)
            if delay >= 1 or waited >= 1:
                self._notice(f"{failure.message}; trying again for up to {self._patience:.0f} s")
            self._wait(delay)
            waited, attempt = waited + delay, attempt + 1

    def _attempt(
        self, method: str, path: str, accept: tuple[int, ...], request: dict[str, Any], into: BinaryIO | None
    ) -> tuple[Answer | ClientError, float | None]:
        """One try: the answer, or an error that waiting may mend with the seconds the hub asked for."""
        try:
            with self._session.request(
                method,
                self._url + path,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                allow_redirects=False,
                stream=True,
                **request,
            ) as response:
                answer = self._read(response, into if response.status_code in accept else None)
        except requests.exceptions.SSLError:
            raise ClientError(
                ExitCode.REFUSED,
                "the hub's certificate is not valid",
                "check the address; for a private authority set REQUESTS_CA_BUNDLE to its certificate",
            ) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            raise ClientError(ExitCode.USAGE, "the hub's address is not a web address", "mend the profile") from None
        except requests.RequestException:
            # The exception's text holds the whole address; what it says is never more useful than this.
            return _try_later("the hub cannot be reached", f"check the network and the address; {_RESUME}"), None
        if answer.status in accept:
            return answer, None
        error = problem(answer)
        if error.code is not ExitCode.TRY_LATER or _slug(answer) in _NEVER_TWICE or answer.status == 500:
            raise error
        return error, _seconds(answer.retry_after)

    def _read(self, response: requests.Response, into: BinaryIO | None) -> Answer:
        body = bytearray()
        if into is not None:
            into.seek(0)
            into.truncate()
        for piece in response.iter_content(1 << 16):
            if into is not None:
                into.write(piece)
                continue
            body += piece
            if len(body) > _LARGEST_ANSWER:
                raise false_answer("the hub's answer is larger than any this program asks for")
        id = response.headers.get("Audit-Entry")
        entry = None if id is None else Recorded(id, self._promise(id, response.headers.get("Audit-Promise")))
        return Answer(response.status_code, bytes(body), entry, response.headers.get("Retry-After"))

    def _promise(self, id: str, value: str | None) -> str | None:
        """The promise for an entry. Raises ClientError: without a good one the hub could leave the exchange out."""
        origin, key = self._profile.ledger_origin, self._profile.service_vkey
        if origin is None or key is None:
            return None
        try:
            note = from_header(value or "")
            promised = Promise.open(note, origin, Verifier.parse(key))
        except NoteError as error:
            raise false_answer(f"the hub answered without a signed promise to record the exchange: {error}") from None
        if promised.entry != id or promised.deadline > clock.now().timestamp() + _LATEST_DEADLINE_SECONDS:
            raise false_answer("the hub's promise to record the exchange is for another entry, or for some far day")
        return note


def problem(answer: Answer) -> ClientError:
    """The error for an answer that was not wanted: the text of its problem document (RFC 9457) where there is one."""
    document = _problem_document(answer)
    title = document.get("title") or f"the hub answered {answer.status}"
    told = [str(part) for part in (title, document.get("detail")) if part]
    told += [f"{field}: {'; '.join(map(str, said))}" for field, said in _field_errors(document)]
    if document.get("request_id"):
        told.append(f"request {document['request_id']}")
    message = printable(". ".join(told))
    remedy = printable(str(document.get("remedy") or _REMEDIES.get(answer.status, _ELSEWHERE)))
    if answer.status == 500:
        return _try_later(message, remedy or f"tell the operator the request id; {_RESUME}")
    if answer.status in _TRANSIENT:
        return _try_later(message, f"{remedy}; {_RESUME}" if remedy else _RESUME)
    return ClientError(ExitCode.REFUSED, message, remedy)


def _problem_document(answer: Answer) -> dict[str, Any]:
    try:
        document = json.loads(answer.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _field_errors(document: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    errors = document.get("errors")
    if isinstance(errors, dict):
        for field, said in errors.items():
            yield str(field), said if isinstance(said, list) else [said]


def _slug(answer: Answer) -> str:
    return str(_problem_document(answer).get("type", "")).rpartition("/")[2]


def _try_later(message: str, remedy: str) -> ClientError:
    return ClientError(ExitCode.TRY_LATER, message, remedy)


def _asked_to_wait(failure: ClientError, seconds: float) -> ClientError:
    return ClientError(failure.code, f"{failure.message}. The hub asks to wait {seconds:.0f} s", failure.remedy)


def _backoff(attempt: int) -> float:
    """Doubling waits with up to half as much again by chance, so that many clients do not come back at once."""
    return min(_FIRST_WAIT * 2.0**attempt, _LONGEST_WAIT) * (1 + secrets.randbelow(1000) / 2000)


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After (RFC 9110 §10.2.3) in seconds from now; None when absent or unreadable."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
        return max(0.0, (moment - clock.now()).total_seconds())
    except (TypeError, ValueError):
        return None


@contextmanager
def connection(profile: Profile, **options: Any) -> Iterator[HubConnection]:
    """A HubConnection that is closed at the end of the block."""
    hub = HubConnection(profile, **options)
    try:
        yield hub
    finally:
        hub.close()
