"""Notices: what a member is told of, drawn from the ledger's own events."""
