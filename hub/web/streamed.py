"""A form with one file behind its fields, read while it comes in: of the file nothing is kept but the piece at hand.

Browsers send fields in the order in which they stand in the page, so the file's field stands last there, and what is
said of the file, with the token against forged requests, is known before any of it is read.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from flask import Flask, g, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

PIECE = 64 * 1024
MOST_BESIDE = 16 * 1024
"""Bytes of all that is sent beside the file: fields, headings, boundaries."""
_MOST_PARTS = 20


class BrokenFormError(ValueError):
    """What was sent is no such form, or ended before its end; the text says which, and repeats nothing of it."""


@dataclass(frozen=True)
class SentFile:
    """The file of a form."""

    name: str
    """As the browser calls it; empty: none was chosen."""
    pieces: Iterator[bytes]
    """Reading them to the end is what shows that the form is whole, and raises BrokenFormError."""


def announced(most: int) -> int | None:
    """Bytes that the file has at most, by the length of the whole request; None: more than `most`.

    Nothing is read for it. Raises BrokenFormError when the length is not said.
    """
    size = request.content_length
    if size is None:
        raise BrokenFormError("the length of what was sent is not said")
    return None if size > most + MOST_BESIDE else min(size, most)


def attach_streamed(app: Flask, endpoints: Collection[str]) -> None:
    """Have forms sent to these endpoints read so.

    Call it before whatever asks for the token of a form: it finds the fields where it finds those of every other.
    """

    @app.before_request
    def read_fields() -> None:
        if request.method == "POST" and request.endpoint in endpoints:
            fields: list[tuple[str, str]] = []
            try:
                g.sent_file = _read(fields)
            except BrokenFormError:
                fields.clear()  # it then has no token either
            # where Werkzeug keeps what it has read of a form, so that nobody reads it once more
            vars(request).update(form=ImmutableMultiDict(fields), files=ImmutableMultiDict())


def sent_file(most: int) -> SentFile | None:
    """The file of the request's form, of at most so many bytes; None: it has none.

    No more of it was read yet than came along with the fields.
    """
    found: tuple[str, Iterator[Event]] | None = g.get("sent_file")
    return None if found is None else SentFile(found[0], _content(found[1], most))


def _read(fields: list[tuple[str, str]]) -> tuple[str, Iterator[Event]] | None:
    """Fill in the fields of the form; returns what its file is called, and the rest of the form.

    Raises BrokenFormError, for anything but a form in parts too.
    """
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not 0 < len(boundary) <= 200 or not boundary.isascii():
        raise BrokenFormError("this is no form with a file")
    request.max_content_length = request.content_length or MOST_BESIDE  # what is too long the view does not read
    events, room = _events(boundary), MOST_BESIDE
    for event in events:
        if isinstance(event, File):
            return event.filename, events
        if isinstance(event, Field):
            value = b"".join(_content(events, room, alone=False))
            room -= len(value)
            fields.append((event.name or "", value.decode(errors="replace")))
    return None


def _events(boundary: str) -> Iterator[Event]:
    """The parts of the form as they come in, to its end."""
    decoder = MultipartDecoder(boundary.encode(), max_form_memory_size=4 * PIECE, max_parts=_MOST_PARTS)
    try:
        while True:
            decoder.receive_data(request.stream.read(PIECE) or None)
            while not isinstance(event := decoder.next_event(), NeedData):
                yield event
                if isinstance(event, Epilogue):
                    return
    except (ValueError, RequestEntityTooLarge, BadRequest) as error:
        raise BrokenFormError("the form broke off, or is none") from error


def _content(events: Iterator[Event], most: int, *, alone: bool = True) -> Iterator[bytes]:
    """What the part under way holds; `alone`: nothing follows it in the form."""
    for event in events:
        if isinstance(event, Data):
            most -= len(event.data)
            if most < 0:
                raise BrokenFormError("it is longer than may be sent")
            if event.data:
                yield event.data
            if not event.more_data:
                break
    if alone and not isinstance(next(events, None), Epilogue):
        raise BrokenFormError("something follows the file: send one file at a time")
