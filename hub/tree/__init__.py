"""The log's mathematics, shared by hub and client: RFC 6962 tree, C2SP tiles, notes, checkpoints, receipts, leaves."""
