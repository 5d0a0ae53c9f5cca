"""What a member sees first: its standing, what it shared, what matched, what needs it."""
