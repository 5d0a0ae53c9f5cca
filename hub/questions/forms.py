"""What the pages of questions send."""

from datetime import date

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from hub.questions import rules
from hub.questions.rules import ANSWERS, AskedRow, Command, rows_of
from hub.questions.service import Answer, Draft


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class AskForm(FlaskForm):
    """Questions to look at, and to ask once nothing is to be mended."""

    brand = SelectField(
        "Brand",
        [DataRequired("Choose the brand"), Length(max=40)],
        choices={},
        validate_choice=False,  # the service says of which code it is none
    )
    words = TextAreaField("What you ask", [Length(max=rules.LONGEST_WORDS)], [_stripped], render_kw={"rows": 3})
    day = DateField("Last day for an answer", [InputRequired("Give a day, as 2026-12-31")])
    time_zone = StringField("Time zone of that day", [DataRequired("Give a time zone"), Length(max=40)], [_stripped])
    rows = TextAreaField("Listings", [Length(max=600_000)], render_kw={"rows": 10})
    sheet = FileField("Or a sheet")

    @property
    def draft(self) -> Draft:
        """What is asked; after the form has validated. Raises SheetError."""
        day: date = self.day.data
        return Draft(self.brand.data, self.words.data, day, self.time_zone.data, self._rows())

    def _rows(self) -> list[AskedRow]:
        """The rows of the sheet, which then stand in the field to be mended, or the field's."""
        body = self.sheet.data.read() if self.sheet.data else b""
        if body:
            lines = ["\t".join(("url", "question", "pictures"))]
            lines += ["\t".join(" ".join(cell.split()) for cell in row[1:]) for row in rows_of(body)]
            self.rows.data = "\n".join(lines)
        return rows_of(self.rows.data.encode())


class AnswerForm(FlaskForm):
    """An answer to the questions that are ticked."""

    answer = RadioField(
        "Answer",
        [InputRequired("Choose an answer")],
        choices={each.value: each.value.capitalize() for each in ANSWERS},
    )
    right = SelectField("IP right that a fake infringes", validators=[Length(max=24)], default="")
    sentence = TextAreaField("Sentence to the platform", [Length(max=rules.LONGEST_WORDS)], [_stripped])
    declaration = BooleanField("I make this declaration")

    @property
    def said(self) -> Answer:
        """The answer; after the form has validated. A right is said of a fake alone."""
        fake = self.answer.data == Command.FAKE
        declared = rules.DECLARATION if fake and self.declaration.data else 0
        return Answer(Command(self.answer.data), self.sentence.data, self.right.data if fake else "", declared)


def ticked() -> list[str]:
    """The questions that are ticked."""
    return request.form.getlist("question")[: rules.MOST_AT_ONCE]
