"""Values of the pages of evidence, full and empty."""

from datetime import UTC, date, datetime
from typing import Any

from hub.evidence.forms import ErasureForm, UploadForm
from hub.evidence.pages import RECORDS
from hub.evidence.rules import LARGEST_FILE, MOST_KEPT, TYPES, EvidenceType, Media, RecordKind
from hub.evidence.service import EvidenceLine, OneEvidence, Party
from hub.web.shown import CursorPage, Filter, Filters

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NAME = "f_" + "A" * 20


def file_line(n: int, type: EvidenceType, *, erased: bool = False) -> EvidenceLine:
    """A file of the vault, or what is left of one."""
    media, size = (Media.MP4, 199_000_000) if n % 2 else (Media.PDF, 812)
    file_name = "" if erased else "<b>parcel</b> from the seller " * 2 + ".mp4"
    ended = NOW if erased else None
    words = "It shows a <b>person</b> who has nothing to do with it." if erased else ""
    day = date(2029, 1, 1)
    return EvidenceLine(n, NAME, file_name, type, media, size, bytes(32), bool(n % 2), n != 3, NOW, day, ended, words)


def evidence_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given."""
    share = 0.93 if full else 0.0
    room = {"kept": share * MOST_KEPT, "most_kept": MOST_KEPT, "share": share, "near_end": full}
    if template == "evidence/new.html":
        form = UploadForm(formdata=None)
        if full:
            form.refuse("Web pages, SVG and XML are not taken, since they can hold a program: JPEG, PNG and WebP are")
        return {"form": form, "most": LARGEST_FILE, **room}
    if template == "evidence/list.html":
        rows = tuple(file_line(n, type, erased=n == 5) for n, type in enumerate(EvidenceType))
        types = tuple((type.value, words) for type, (words, _) in TYPES.items())
        filters = Filters((Filter("type", "Type", "", types),)) if full else Filters()
        page = CursorPage(rows, older="o") if full else CursorPage(())
        return {"page": page, "filters": filters, "types": TYPES, "may_store": full, **room}
    kinds = (RecordKind.LISTING_REPORT, RecordKind.COUNTER_NOTICE, RecordKind.TEST_BUY)
    parties = [Party(f"shop-{n}", kind, "A" * 22, NOW) for n, kind in enumerate(kinds)]
    form = ErasureForm(formdata=None)
    if full:
        form.reason.errors = ["Say why, in 3 to 300 characters"]
    line = file_line(1, EvidenceType.TEST_BUY) if full else file_line(2, EvidenceType.LISTING, erased=True)
    shown = OneEvidence(line, "brand-a", parties if full else [])
    return {"shown": shown, "types": TYPES, "records": RECORDS, "form": form, "may_erase": full, "may_report": full}
