"""What every endpoint shares: problems, headers, cursors, idempotency keys."""
