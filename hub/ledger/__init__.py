"""The audit log: events, the sequencer, checkpoints, receipts (C2SP tiled transparency log)."""
