"""The report of a test buy as a PDF: every fact of its record, and the record's digest; same record, same bytes."""

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from hub.test_buys.money_rules import shown

Record = Mapping[str, Any]
"""What `rules.digest_of` is of: names of fields, and values as JSON has them."""
_FOLDER = Path(__file__).resolve().parents[2] / "static" / "vendor"
_TEXT, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_CHINESE, _KOREAN = "STSong-Light", "HYSMyeongJo-Medium"
"""Fonts that every reader of PDF has at hand or fetches: they are not embedded, being larger than the hub."""
_INK, _QUIET, _LINE = HexColor("#14262d"), HexColor("#51636b"), HexColor("#c9d3d6")
_BODY = ParagraphStyle("body", fontName=_TEXT, fontSize=8.5, leading=11.5, textColor=_INK, splitLongWords=1)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=7, leading=9.5)
_LABEL = ParagraphStyle("label", parent=_BODY, textColor=_QUIET)
_TITLE = ParagraphStyle("title", parent=_BODY, fontName=_BOLD, fontSize=18, leading=24)
_HEAD = ParagraphStyle("head", parent=_BODY, fontName=_BOLD, fontSize=11, leading=15, spaceBefore=12, spaceAfter=4)
_WIDTH = A4[0] - 40 * mm - 12
_LAST = 0xFFFF
"""Beyond this the library writes no text that can be read back."""
_NO_FONT = "-"
"""What no font at hand has is written by its number, so that nothing is lost."""
_ELSEWHERE = (
    (_KOREAN, "\u1100", "\u11ff"),
    (_CHINESE, "\u2e80", "\u9fff"),
    (_KOREAN, "\uac00", "\ud7a3"),
    (_CHINESE, "\uf900", "\uffef"),
)
"""Font, and the first and last character of what it has."""


def written(record: Record, digest: str) -> bytes:
    """The PDF of a record with that digest."""
    _register_fonts()
    told = BytesIO()
    name = str(record["test_buy"])
    document = SimpleDocTemplate(
        told,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=f"Test buy {name}",
        author=str(record["brand"]["name"]),
        invariant=1,
    )

    def foot(canvas: Any, _document: Any) -> None:
        canvas.setFont(_TEXT, 6.5)
        canvas.setFillColor(_QUIET)
        canvas.drawString(20 * mm, 11 * mm, f"Test buy {name}, record {digest}")
        canvas.drawRightString(A4[0] - 20 * mm, 11 * mm, f"Page {canvas.getPageNumber()}")

    document.build(_story(record, digest), onFirstPage=foot, onLaterPages=foot)
    return told.getvalue()


def _story(record: Record, digest: str) -> list[Any]:
    currency = record["currency"]
    costs = [[each["kind"], each["at"], shown(each["minor"], currency)] for each in record["costs"]]
    bought = [
        ("Brand", f"{record['brand']['name']} ({record['brand']['code']})"),
        ("Platform", record["platform"]),
        ("Listing", record["listing"]),
        ("Store", record["store"] or "–"),
        ("Goods", record["goods"]),
        ("Order number", record["order_number"]),
        ("Ordered on", record["ordered_on"]),
        ("Budget", shown(record["budget"], currency)),
        ("Planned by", f"{record['planned_by']}, {record['planned_at']}"),
        ("Budget approved by", record["approved_by"]),
    ]
    examined = [
        ("Verdict", record["verdict"].capitalize()),
        ("Method and grounds", record["method"]),
        ("Verifier", record["verifier"]),
    ]
    signed = [
        ("Signed by", record["signer"]["name"]),
        ("As", record["signer"]["role"]),
        ("Signed at", record["signed_at"]),
        ("In the hub as", record["signed_by"]),
        ("SHA-256 of the record", digest),
    ]
    end = (
        "The record is the JSON of the facts above in canonical form (RFC 8785). The alliance's ledger holds its digest"
        " and that of this file from the moment of signing, and a digest of each step of the chain of custody from the"
        " moment of the step. All times are UTC."
    )
    return [
        _p(f"Test buy: {record['verdict']}", _TITLE),
        _p(f"Report of the test buy {record['test_buy']}", _LABEL),
        _p("What was bought", _HEAD),
        _facts(bought),
        _p("What it cost", _HEAD),
        _table(("For", "When", "Amount"), [*costs, ["All", "", shown(record["spent"], currency)]], (42, 60, 60)),
        _p("Chain of custody", _HEAD),
        _table(
            ("Step", "When and by whom", "Where, under which seal, and what shows it (photos with SHA-256)"),
            [_step(each) for each in record["custody"]],
            (20, 42, 103),
        ),
        _p("Examination", _HEAD),
        _facts(examined),
        _p("Signature", _HEAD),
        _facts(signed),
        Spacer(1, 8),
        _p(end, _SMALL),
    ]


def _step(step: Record) -> Sequence[str]:
    by = f"{step['by']}{' (agent)' if step['by_agent'] else ''}"
    told = [step["place"], step["seal"] and f"Seal {step['seal']}", step["words"]]
    told += [f"{photo['name']}\n{photo['sha256']}" for photo in step["photos"]]
    return [f"{step['n']} {step['command']}", f"{step['at']}\n{by}", "\n".join(filter(None, told)) or "–"]


def _facts(rows: Sequence[tuple[str, str]]) -> Table:
    cells = [[_p(words, _LABEL), _p(said, _BODY)] for words, said in rows]
    return Table(cells, colWidths=(42 * mm, _WIDTH - 42 * mm), style=_LINES, hAlign="LEFT")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Table:
    cells = [[_p(each, _LABEL) for each in heads], *([_p(each, _SMALL) for each in row] for row in rows)]
    return Table(cells, colWidths=[each * mm for each in widths], style=_LINES, repeatRows=1, hAlign="LEFT")


_LINES = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)


def _p(text: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph of plain text, each character in a font that has it."""
    parts = []
    for font, run in groupby(text, key=_font_of):
        words = "".join(run)
        if font == _NO_FONT:
            parts.append("".join(f"[U+{ord(each):04X}]" for each in words))
        else:
            said = escape(words).replace("\n", "<br/>")
            parts.append(f'<font name="{font}">{said}</font>' if font else said)
    return Paragraph("".join(parts), style)


def _font_of(character: str) -> str:
    """Which font has it; empty: the style's own."""
    if ord(character) in _glyphs():
        return ""
    return next((font for font, first, last in _ELSEWHERE if first <= character <= last), _NO_FONT)


@cache
def _glyphs() -> frozenset[int]:
    known = pdfmetrics.getFont(_TEXT).face.charToGlyph
    return frozenset({ord("\n"), *(each for each in known if each <= _LAST)})


@cache
def _register_fonts() -> None:
    (folder,) = _FOLDER.glob("dejavu-fonts-*")
    for font in (_TEXT, _BOLD):
        pdfmetrics.registerFont(TTFont(font, str(folder / f"{font}.ttf")))
    for font in (_CHINESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(font))
