"""The vault of evidence: files that a member keeps, each sealed under a key of its own, read by its parties alone."""
