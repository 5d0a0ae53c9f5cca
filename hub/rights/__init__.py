"""IP rights: entered once by a brand, verified by the office, reused in every report."""
