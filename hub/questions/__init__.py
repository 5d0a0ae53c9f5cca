"""Questions: from a platform to a brand, about one listing each, with a deadline."""
