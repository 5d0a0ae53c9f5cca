"""What JSON endpoints are sent, read so that nothing comes through which the database does not take."""

from collections.abc import Iterator, Mapping
from typing import Any

import flask_smorest
from flask import Request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

UNTAKEN = "leave out the character NUL and halves of characters: no record holds them"


class _Parser(FlaskParser):
    """webargs' parser, which refuses text that cannot be written down, and numbers that cannot be read."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body. A number of thousands of digits is no JSON that is read here."""
        try:
            return super().load_json(req, schema)
        except ValueError as error:
            raise ValidationError("a number of this body is too long to be read") from error

    def pre_load(self, location_data: Any, *, schema: Schema, req: Request, location: str) -> Any:
        """What was sent, as it was. Raises ValidationError that names each field of text that no record holds."""
        del schema
        if location == "json" and b"\\u" not in req.get_data(cache=True):
            return location_data  # JSON writes such characters in no other way
        given = req.args.lists() if location == "query" else _fields(location_data)
        wrong = {field: [UNTAKEN] for field, value in given if not _is_taken(value)}
        if wrong:
            raise ValidationError({field if _is_taken(field) else "_schema": said for field, said in wrong.items()})
        return location_data


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # it has no types
    """flask-smorest's Blueprint with this parser."""

    ARGUMENTS_PARSER = _Parser()


def _fields(given: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(given, Mapping):
        yield from ((field, [field, value]) for field, value in given.items())
    else:
        yield "_schema", given


def _is_taken(value: Any) -> bool:
    """Whether the database takes all text in it."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, Mapping):
        return all(_is_taken(each) for pair in value.items() for each in pair)
    return not isinstance(value, list) or all(map(_is_taken, value))
