"""Commands and queries on evidence: stored, attached, read, erased."""

from hub.evidence.service.attach import attach
from hub.evidence.service.erase import erase, erase_expired, remove_orphans
from hub.evidence.service.folder import VaultFullError
from hub.evidence.service.read import (
    Content,
    EvidenceLine,
    OneEvidence,
    Party,
    Sought,
    UnknownEvidenceError,
    content,
    evidence,
    kept,
    one_evidence,
)
from hub.evidence.service.store import NoRoomError, Upload, must_have_room, store

__all__ = [
    "Content",
    "EvidenceLine",
    "NoRoomError",
    "OneEvidence",
    "Party",
    "Sought",
    "UnknownEvidenceError",
    "Upload",
    "VaultFullError",
    "attach",
    "content",
    "erase",
    "erase_expired",
    "evidence",
    "kept",
    "must_have_room",
    "one_evidence",
    "remove_orphans",
    "store",
]
