"""Commands and queries on applications: sent, confirmed, vetted, decided, forgotten."""

from hub.applications.service.admit import propose_admission
from hub.applications.service.apply import (
    TooManyApplicationsError,
    UnknownApplicationError,
    Upload,
    apply,
    awaits_confirmation,
    confirm,
    forget_applications,
)
from hub.applications.service.documents import LARGEST_DOCUMENT, LARGEST_UPLOAD, MOST_DOCUMENTS, DocumentError
from hub.applications.service.read import (
    ApplicationLine,
    Document,
    DocumentLine,
    OneApplication,
    Tick,
    application,
    applications,
    document,
)
from hub.applications.service.vet import refuse, tick, untick

__all__ = [
    "LARGEST_DOCUMENT",
    "LARGEST_UPLOAD",
    "MOST_DOCUMENTS",
    "ApplicationLine",
    "Document",
    "DocumentError",
    "DocumentLine",
    "OneApplication",
    "Tick",
    "TooManyApplicationsError",
    "UnknownApplicationError",
    "Upload",
    "application",
    "applications",
    "apply",
    "awaits_confirmation",
    "confirm",
    "document",
    "forget_applications",
    "propose_admission",
    "refuse",
    "tick",
    "untick",
]
