"""Commands and queries on evidence: stored, attached, read, erased."""

from hub.evidence.service.attach import attach, hold
from hub.evidence.service.erase import HeldEvidenceError, erase, erase_expired, remove_orphans
from hub.evidence.service.folder import VaultFullError
from hub.evidence.service.read import (
    Content,
    EvidenceLine,
    OneEvidence,
    Party,
    Sought,
    UnknownEvidenceError,
    attached,
    content,
    evidence,
    kept,
    named,
    one_evidence,
    seen,
)
from hub.evidence.service.store import NoRoomError, Upload, must_have_room, store

__all__ = [
    "Content",
    "EvidenceLine",
    "HeldEvidenceError",
    "NoRoomError",
    "OneEvidence",
    "Party",
    "Sought",
    "UnknownEvidenceError",
    "Upload",
    "VaultFullError",
    "attach",
    "attached",
    "content",
    "erase",
    "erase_expired",
    "evidence",
    "hold",
    "kept",
    "must_have_room",
    "named",
    "one_evidence",
    "remove_orphans",
    "seen",
    "store",
]
