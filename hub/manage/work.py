"""What the worker does: the work that is done from time to time, and the work that somebody asks for."""

from hub.applications.jobs import forget_applications
from hub.evidence.jobs import erase_expired_evidence, remove_orphaned_files
from hub.indicators.jobs import expire_contributions, settle_orphans
from hub.jobs import ASKED, PERIODIC, Work
from hub.ledger.jobs import check_log, push_checkpoints
from hub.limits.jobs import forget_spans
from hub.listing_reports.jobs import lapse_reports
from hub.mail import SEND, WAITS, forget_letters, send_letter
from hub.members.jobs import (
    end_probations,
    end_seats,
    forget_attempts,
    forget_links,
    forget_sessions,
    retire_entries,
    send_link,
    tell_authorisation,
    tell_denials,
    tell_of_halt,
    tell_seat,
    warn_of_authorisations,
)
from hub.members.service import END_SEATS, SEND_LINK, TELL_AUTHORISATION, TELL_SEAT
from hub.notices.jobs import forget_notices, make_notices, send_webhooks, write_letters
from hub.questions.jobs import expire_questions
from hub.rights.jobs import erase_lapsed_certificates, warn_of_rights

FROM_TIME_TO_TIME: PERIODIC = {
    "end_probations": ("2 * * * *", end_probations),
    END_SEATS: ("22 4 * * *", end_seats),
    "erase_expired_evidence": ("52 * * * *", erase_expired_evidence),
    "expire_contributions": ("7 * * * *", expire_contributions),
    "expire_questions": ("* * * * *", expire_questions),
    "lapse_reports": ("* * * * *", lapse_reports),
    "forget_applications": ("12 * * * *", forget_applications),
    "forget_attempts": ("27 * * * *", forget_attempts),
    "forget_letters": ("47 * * * *", forget_letters),
    "forget_notices": ("42 3 * * *", forget_notices),
    "forget_spans": ("37 * * * *", forget_spans),
    "forget_links": ("58 * * * *", forget_links),
    "forget_sessions": ("57 * * * *", forget_sessions),
    "remove_orphaned_files": ("42 * * * *", remove_orphaned_files),
    "retire_entries": ("22 2 * * *", retire_entries),
    "tell_of_halt": ("* * * * *", tell_of_halt),
    "tell_denials": ("32 * * * *", tell_denials),
    "check_log": ("41 2 * * *", check_log),
    "warn_of_authorisations": ("22 4 * * *", warn_of_authorisations),
    "erase_lapsed_certificates": ("22 4 * * *", erase_lapsed_certificates),
    "warn_of_rights": ("52 4 * * *", warn_of_rights),
    "make_notices": ("* * * * * */5", make_notices),
    "send_webhooks": ("* * * * * */5", send_webhooks),
    "write_letters": ("* * * * *", write_letters),
    "push_checkpoints": ("* * * * * */10", push_checkpoints),
    "settle_orphans": ("17 3 * * *", settle_orphans),
}

WHEN_ASKED: ASKED = {
    SEND: Work(send_letter, WAITS),
    SEND_LINK: Work(send_link, ()),
    TELL_AUTHORISATION: Work(tell_authorisation, ()),
    TELL_SEAT: Work(tell_seat, ()),
}
