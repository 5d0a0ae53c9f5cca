"""Authorised sellers: the list that each brand keeps of its own, and whether a listing is of one on anybody's list."""
