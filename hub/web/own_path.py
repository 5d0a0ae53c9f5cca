"""Where a page may lead back to: a path of the hub's own, and nowhere else."""

LONGEST = 500


def own_path(given: str | None, otherwise: str = "/") -> str:
    """The path with its query if it is one of ours, `otherwise` if it is anything else.

    Browsers read a backslash as a slash and drop tabs and line ends (WHATWG URL §4.4), so either may lead away as
    `//evil.example` does; no such character is let through, nor any past ASCII.
    """
    text = given or ""
    plain = len(text) <= LONGEST and all("!" <= each <= "~" and each != "\\" for each in text)
    if not plain or not text.startswith("/") or text.startswith("//"):
        return otherwise
    return text
