"""Dialogue: what the two parties of a record write to each other about it, and the files that they show with it."""
