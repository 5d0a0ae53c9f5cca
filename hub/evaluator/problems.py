"""The evaluator's refusals, as problem details (RFC 9457)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of refusal: HTTP status line, title, and what the caller can do."""

    status: str
    title: str
    remedy: str


KINDS: Mapping[str, Kind] = {
    "unauthorised": Kind(
        "401 Unauthorized", "The bearer secret is missing or wrong", "Send the secret of HOME/evaluator/bearer."
    ),
    "not-found": Kind("404 Not Found", "No such resource", "Ask for /status, /keys/<key id> or /evaluate/<key id>."),
    "unknown-key": Kind("404 Not Found", "No such key", "Take a key id from the hub's key directory."),
    "method-not-allowed": Kind("405 Method Not Allowed", "Wrong method", "Use the method named in Allow."),
    "body-incomplete": Kind("400 Bad Request", "The body ended early", "Send the request again."),
    "length-required": Kind("411 Length Required", "No Content-Length", "Send the body's length in Content-Length."),
    "body-too-large": Kind("413 Content Too Large", "Too many elements", "Send at most 4096 elements a request."),
    "batch-refused": Kind("422 Unprocessable Content", "Not a batch of elements", "Send 32 bytes for each element."),
    "element-refused": Kind("422 Unprocessable Content", "An element cannot be evaluated", "Blind the input again."),
}


class RequestError(Exception):
    """A refusal on its way to the caller: a key of `KINDS`, what happened here, and further response headers."""

    def __init__(
        self, slug: str, detail: str, *, position: int | None = None, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[slug]
        self.headers = headers
        self._slug = slug
        self._position = position

    def body(self) -> bytes:
        """Return JSON: type, title, status, detail, remedy, and `position` where one element is at fault."""
        members: dict[str, str | int] = {
            "type": f"/problems/{self._slug}",
            "title": self.kind.title,
            "status": int(self.kind.status[:3]),
            "detail": str(self),
            "remedy": self.kind.remedy,
        }
        if self._position is not None:
            members["position"] = self._position
        return json.dumps(members).encode()
