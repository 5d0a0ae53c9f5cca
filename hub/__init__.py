"""The data-sharing hub of an anti-counterfeiting alliance."""
