"""JSON of IP rights."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

from hub.members.rules import LONGEST_REASON, check_reason
from hub.rights import rules
from hub.rights.office_rules import RightType
from hub.rights.rules import Given, RightState

MOST_LISTED = 200


def _line(most: int, **more: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=most), **more)


class FactsSchema(Schema):
    """What the register says of a right."""

    type = fields.Enum(RightType, by_value=True, required=True)
    office = _line(12, load_default="", allow_none=True, metadata={"description": "One of the hub's offices"})
    number = _line(100, load_default="", allow_none=True)
    title = _line(1000, required=True, metadata={"description": "The mark, or what the right is called"})
    jurisdictions = fields.List(
        _line(16),
        load_default=list,
        validate=validate.Length(max=300),
        metadata={"description": "ISO 3166-1 alpha-2; EU and BX stand for their countries"},
    )
    classes = fields.List(
        fields.Integer(strict=True),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"description": "Nice classes of a trade mark, Locarno classes of a design"},
    )
    begins_on = fields.Date(load_default=None, allow_none=True)
    ends_on = fields.Date(load_default=None, allow_none=True, metadata={"description": "The last day, at the office"})
    owner = _line(1000, required=True)
    certificate = fields.String(
        dump_only=True, allow_none=True, metadata={"description": "SHA-256 of the certificate handed in"}
    )
    digest = fields.String(
        dump_only=True, metadata={"description": "SHA-256 of these facts: whoever verifies them names it"}
    )


class EnterSchema(FactsSchema):
    """A right to be entered."""

    @post_load
    def given(self, data: dict[str, Any], **_: Any) -> Given:
        """What was said, to be checked."""
        said = data | {"type": data["type"].value, "office": data["office"] or "", "number": data["number"] or ""}
        return Given(**said)


class EnteredSchema(Schema):
    """What the new entry is called."""

    name = fields.String(required=True)


class CertificateSchema(Schema):
    """A certificate that the register keeps."""

    media = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "Bytes"})
    handed_in_at = fields.DateTime(required=True)


class CertifySchema(Schema):
    """Which file of the vault is handed in."""

    file = _line(24, required=True, metadata={"description": "Name of a file that is stored as a certificate"})


class RightSchema(Schema):
    """A right, and where its entry stands."""

    name = fields.String(required=True)
    member = fields.String(required=True, metadata={"description": "Code of the brand"})
    agent = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Code of the agent that entered it; an agent is told of itself alone"},
    )
    state = fields.Enum(
        RightState,
        by_value=True,
        required=True,
        metadata={"description": "With the office; to a platform, with itself"},
    )
    reason = fields.String(required=True, metadata={"description": "Why it was refused"})
    by_office = fields.Boolean(required=True, metadata={"description": "Whether the office verified it"})
    asked_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "To a platform: when its brand asked it to verify it"}
    )
    entered_at = fields.DateTime(required=True)
    facts = fields.Nested(FactsSchema, required=True)
    certificate = fields.Nested(
        CertificateSchema, required=True, allow_none=True, metadata={"description": "null: none, or it is deleted"}
    )


class VerdictSchema(Schema):
    """Where a right stands with a platform that it was shown to."""

    verifier = fields.String(required=True, metadata={"description": "Code of the platform"})
    state = fields.Enum(RightState, by_value=True, required=True)
    reason = fields.String(required=True, metadata={"description": "Why the platform refused it"})
    shown_at = fields.DateTime(required=True)
    asked_at = fields.DateTime(required=True, allow_none=True)


class OneRightSchema(RightSchema):
    """A right with what platforms say of it; a platform reads its own word alone."""

    verdicts = fields.List(fields.Nested(VerdictSchema), required=True)


class VerifierSchema(Schema):
    """Who is to verify a right."""

    platform = _line(40, required=True, metadata={"description": "Code of the platform"})


class VerifySchema(Schema):
    """Which facts are verified."""

    digest = _line(64, required=True, metadata={"description": "`digest` of the facts that you looked at"})


class RefuseSchema(Schema):
    """Why a right is refused."""

    reason = _line(LONGEST_REASON, required=True, metadata={"description": "Its brand reads it: what to mend"})

    @validates("reason")
    def stands(self, reason: str, **_: Any) -> None:
        """Words that the record can hold."""
        try:
            check_reason(reason)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class SheetQuerySchema(Schema):
    """Whether a sheet is only looked at."""

    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Say what is to be mended, and enter nothing"}
    )


class RightFaultSchema(Schema):
    """One thing to mend in a sheet."""

    row = fields.Integer(required=True, allow_none=True, metadata={"description": "From 1; null: the whole sheet"})
    field = fields.String(required=True)
    words = fields.String(required=True, metadata={"description": "What mends it"})


class SheetSchema(Schema):
    """What a sheet came to."""

    names = fields.List(fields.String(), required=True, metadata={"description": "Of the rights, in the order of rows"})
    good = fields.Integer(required=True, metadata={"description": "Rows that can be entered"})
    faults = fields.List(fields.Nested(RightFaultSchema), required=True)


class RightsQuerySchema(Schema):
    """Which rights, and where to go on with the list."""

    state = fields.Enum(RightState, by_value=True, load_default=None)
    type = fields.Enum(RightType, by_value=True, load_default=None)
    expiring = fields.Boolean(
        load_default=False, metadata={"description": f"Those alone that end within {rules.SOON.days} days"}
    )
    waiting = fields.Boolean(
        load_default=False,
        metadata={"description": "Those alone that wait for the word of the office, or of a platform"},
    )
    cursor = fields.String(validate=validate.Length(max=1024))
    limit = fields.Integer(load_default=MOST_LISTED, validate=validate.Range(1, MOST_LISTED))


class RightsSchema(Schema):
    """A page of the list, newest first."""

    rights = fields.List(fields.Nested(RightSchema))
    cursor = fields.String(allow_none=True, metadata={"description": "Of the next page; null: there is none"})
