"""The forms of the pages, one file for each of them."""
