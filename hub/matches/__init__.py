"""Matches of a recipient's own tokens with the indicators it may see, and what flows back to the contributors."""
