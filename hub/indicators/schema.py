"""JSON of sharing and withdrawing. Tokens come as one base64 run of 32-byte values: ten thousand in one string."""

import base64
import binascii
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from hub.access.tlp import Tlp
from hub.indicators import rules
from hub.indicators.rules import EvidenceLevel, Stance, Widening, WithdrawalReason


class Tokens(fields.Field[list[bytes]]):
    """A base64 run of 32-byte tokens, at most 10,000."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[bytes]:
        if not isinstance(value, str):
            raise ValidationError("tokens come as one base64 string")
        if len(value) > rules.MOST_SHARED * rules.TOKEN_BYTES * 4 // 3 + 4:
            raise ValidationError(f"at most {rules.MOST_SHARED:,} tokens a request")
        try:
            return rules.split(base64.b64decode(value, validate=True))
        except binascii.Error as error:
            raise ValidationError("not base64") from error
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Label(fields.Field[Tlp]):
    """A TLP 2.0 label in lower case."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Tlp:
        try:
            return Tlp.parse(str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class SellersField(fields.Field[list[str | None]]):
    """The contributor's own opaque references, one a token or null. Checked by hand: ten thousand at once."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[str | None]:
        if not isinstance(value, list):
            raise ValidationError("sellers come as a list")
        for at, seller in enumerate(value):
            if seller is not None and not (isinstance(seller, str) and rules.SELLER.fullmatch(seller)):
                raise ValidationError(f"seller {at} is not 1 to 64 of A-Z a-z 0-9 _ . -: send an opaque reference")
        return value


def _codes(most: int) -> Any:
    """Codes of groups or of members."""
    return fields.List(fields.String(validate=validate.Length(max=40)), validate=validate.Length(max=most))


class WideningSchema(Schema):
    """Why what is shared passes to other sectors too."""

    reason = fields.Enum(Widening, by_value=True, required=True)
    note = fields.String(metadata={"description": "A sentence for the record", "maxLength": rules.LONGEST_NOTE})

    @validates("note")
    def says_no_identifier(self, value: str, **_: Any) -> None:
        """It stands in the record."""
        try:
            rules.check_note(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class ShareSchema(Schema):
    """One act of sharing: what is said of every token, and to whom it may pass."""

    key = fields.String(required=True, validate=validate.Length(max=130), metadata={"description": "Key id"})
    stance = fields.Enum(Stance, by_value=True, load_default=Stance.INFRINGING)
    evidence_level = fields.Enum(EvidenceLevel, required=True, metadata={"description": "E0 cannot be shared"})
    tlp = Label(required=True, metadata={"type": "string", "enum": [tlp.label for tlp in Tlp]})
    sharing_groups = _codes(20)
    members = _codes(rules.MOST_NAMED)
    platforms_only = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    show_contributor = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    widening = fields.Nested(WideningSchema, metadata={"description": "Without it: the contributor's own sector"})
    report = fields.String(
        validate=validate.Length(max=40),
        metadata={"description": "Your own listing report that it rests on; a platform established it"},
    )
    test_buy = fields.String(
        validate=validate.Length(max=40),
        metadata={"description": "Or your own signed test buy that found a counterfeit"},
    )
    expires_on = fields.Date()
    first_seen_on = fields.Date()
    last_seen_on = fields.Date()
    tokens = Tokens(required=True, metadata={"type": "string", "format": "byte"})
    sellers = SellersField(metadata={"type": "array", "items": {"type": ["string", "null"]}})

    @validates_schema
    def one_seller_each(self, data: dict[str, Any], **_: Any) -> None:
        """There is one seller reference a token, or none at all."""
        sellers = data.get("sellers")
        if sellers is not None and len(sellers) != len(data["tokens"]):
            raise ValidationError("there must be as many sellers as tokens", "sellers")

    @validates_schema
    def one_basis(self, data: dict[str, Any], **_: Any) -> None:
        """It rests on one record at most."""
        if "report" in data and "test_buy" in data:
            raise ValidationError("name a report or a test buy: it rests on one of them", "test_buy")


class SharedSchema(Schema):
    """What an act of sharing came to."""

    entry = fields.String(metadata={"description": "Ledger entry, as in Audit-Entry"})
    added = fields.Integer()
    changed = fields.Integer()
    unchanged = fields.Integer()


class WithdrawSchema(Schema):
    """Tokens to take back."""

    key = fields.String(required=True, validate=validate.Length(max=130))
    tokens = Tokens(required=True, metadata={"type": "string", "format": "byte"})
    reason = fields.Enum(WithdrawalReason, by_value=True, required=True)


class WithdrawnSchema(Schema):
    """What an act of withdrawing came to."""

    entry = fields.String()
    withdrawn = fields.Integer()
    not_shared = fields.Integer(
        attribute="unknown",
        data_key="unknown",
        metadata={"description": "Tokens that are no active contribution of yours"},
    )


class ListQuerySchema(Schema):
    """Where to go on with a token list."""

    cursor = fields.String(validate=validate.Length(max=1024))
    limit = fields.Integer(load_default=rules.MOST_ROWS, validate=validate.Range(1, rules.MOST_ROWS))
