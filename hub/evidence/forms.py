"""What the pages of evidence send."""

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from hub.evidence import rules
from hub.evidence.rules import SUFFIXES, TYPES


class UploadForm(FlaskForm):
    """What is said of a file, and the file, which is sent last: by then the rest is known."""

    type = SelectField(
        "What it shows",
        choices={each.value: f"{words} (kept {kept.days:,} days)" for each, (words, kept) in TYPES.items()},
    )
    strip = BooleanField("Take location and other metadata out of a picture; its pixels stay as they are")
    file = FileField(
        "File",
        render_kw={"accept": ",".join(f".{each}" for suffixes in SUFFIXES.values() for each in suffixes)},
    )

    def refuse(self, words: str) -> None:
        """Say at the file's field why it is not taken."""
        field: Any = self.file
        field.errors = [*field.errors, words]


class ErasureForm(FlaskForm):
    """Why a file is erased."""

    reason = TextAreaField(
        "Reason",
        filters=[lambda text: " ".join((text or "").split())],
        validators=[
            DataRequired("Say why it is erased"),
            Length(3, rules.LONGEST_REASON, f"Say why, in 3 to {rules.LONGEST_REASON} characters"),
        ],
        render_kw={"rows": 2, "maxlength": rules.LONGEST_REASON},
    )
