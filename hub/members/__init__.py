"""Member organisations, their people, their API credentials and their sharing groups."""
