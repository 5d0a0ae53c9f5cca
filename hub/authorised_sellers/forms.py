"""What the pages of authorised sellers send."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from hub.authorised_sellers.rules import GivenSeller, rows_of
from hub.authorised_sellers.service import Added
from hub.web.filters import opening

FIELDS = ("url", "seller", "last_day")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _line(label: str, most: int) -> StringField:
    return StringField(
        label, filters=[_stripped], validators=[Length(max=most, message=f"At most {most:,} characters")]
    )


class SellersForm(FlaskForm):
    """One seller, or a sheet of them."""

    url = _line("Address of the store", 4096)
    seller = _line("Seller's name", 1000)
    last_day = _line("Last day", 40)
    rows = TextAreaField("Sellers", validators=[Length(max=1_200_000)])
    sheet = FileField("Or a sheet")

    def read_rows(self) -> list[GivenSeller]:
        """The one; or the rows of the sheet, which then stand in the field to be mended, or the field's.

        Raises SheetError.
        """
        body = self.sheet.data.read() if self.sheet.data else b""
        if not body and not _stripped(self.rows.data):
            return [GivenSeller(1, self.url.data, self.seller.data, self.last_day.data)]
        if body:
            lines = ["\t".join(FIELDS)]
            lines += ["\t".join(" ".join(cell.split()) for cell in row[1:]) for row in rows_of(body)]
            self.rows.data = "\n".join(lines)
        return rows_of(self.rows.data.encode())

    def refuse(self, added: Added) -> bool:
        """Put what is to be mended of the one seller to its fields; False: several were given."""
        if _stripped(self.rows.data):
            return False
        for fault in added.faults:
            self[fault.field].errors = [*self[fault.field].errors, opening(fault.words)]
        return True
