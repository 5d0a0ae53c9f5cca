"""The member's own check of the audit log: what is signed, what is in it, and what concerns us (ledger.md §5.10)."""
