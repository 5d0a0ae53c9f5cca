"""Indicators and what members say of them: share, withdraw, list."""
