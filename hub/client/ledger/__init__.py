"""The member's own check of the audit log: what is signed, what is in it, and what concerns us (ledger.md §5.10)."""

from hub.client.ledger.promises import swap_promises
from hub.client.ledger.receipt import fetch_receipt
from hub.client.ledger.verify import Verified, verify

__all__ = ["Verified", "fetch_receipt", "swap_promises", "verify"]
