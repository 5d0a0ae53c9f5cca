"""The member's own check of the audit log: what is signed, what is in it, and what concerns us (ledger.md §5.10)."""

from hub.client.ledger.compare import compare
from hub.client.ledger.dispute import file_dispute
from hub.client.ledger.promises import swap_promises
from hub.client.ledger.receipt import fetch_receipt
from hub.client.ledger.trust import look_at_policy
from hub.client.ledger.verify import Verified, verify
from hub.client.ledger.witness import cosign

__all__ = [
    "Verified",
    "compare",
    "cosign",
    "fetch_receipt",
    "file_dispute",
    "look_at_policy",
    "swap_promises",
    "verify",
]
