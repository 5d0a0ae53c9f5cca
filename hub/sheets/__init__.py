"""Spreadsheets and lists from anywhere, read within bounds. PURE: no framework, no database, no clock."""
