"""What the thread on the page of a record sends."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, Length

from hub.dialogue.rules import LONGEST_TEXT, MOST_FILES, MessageError
from hub.evidence.service import EvidenceLine
from hub.web.filters import opening


class MessageForm(FlaskForm):
    """A message to the other party, with files of the vault."""

    text = TextAreaField(
        "Message to the other party",
        validators=[
            DataRequired("Write something"),
            Length(max=LONGEST_TEXT + 1000, message=f"Say it in {LONGEST_TEXT:,} characters at most"),
        ],
        render_kw={"rows": 4, "maxlength": LONGEST_TEXT},
    )
    files = SelectMultipleField(
        "Files to show with it",
        id="files-to-show",
        choices={},
        validate_choice=False,  # whose file it is the service asks, of one that is not among the newest too
        validators=[Length(max=MOST_FILES, message=f"Show {MOST_FILES} files at most with one message")],
        render_kw={"size": 4},
    )

    def offer(self, files: Iterable[EvidenceLine]) -> None:
        """Let these be chosen."""
        self.files.choices = {each.name: f"{each.file_name}, {each.stored_at:%d %b %Y}" for each in files}

    def refuse(self, error: MessageError) -> None:
        """Put what a rule says to the field that it is about."""
        field = self[error.field]
        field.errors = [*field.errors, opening(error)]
