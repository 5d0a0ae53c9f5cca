"""Background work on members."""

from hub.members import service


def forget_attempts() -> int:
    """Delete attempts to sign in that count no more. Safe to repeat."""
    return service.forget_attempts()


def forget_links() -> int:
    """Delete links out of letters that ended some time ago. Safe to repeat."""
    return service.forget_links()


def send_link(sealed: str, tries: int) -> None:
    """Write to whom a sealed address belongs. Done once more, it writes once more."""
    service.send_link(sealed, tries)


def retire_entries() -> int:
    """Erase what old entries of the log tell, at the end of their retention. Safe to repeat."""
    return service.retire_entries()


def tell_authorisation(member: int, other: str, turn: str, tries: int) -> None:
    """Write to the owners of a member about an authorisation. Done once more, it writes once more."""
    service.tell_of_authorisation(member, other, turn, tries)


def warn_of_authorisations() -> int:
    """Tell both parties of authorisations that end soon. Safe to repeat."""
    return service.warn_of_ends()


def end_probations() -> int:
    """Admit members whose probation is over. Safe to repeat."""
    return service.end_probations()


def tell_denials() -> int:
    """Record the denials that were only counted so far. Safe to repeat."""
    return service.tell_denials()


def forget_sessions() -> int:
    """Delete sessions that ended some time ago. Safe to repeat."""
    return service.forget_sessions()


def tell_of_halt() -> int:
    """Write to the office that the log is halted. Safe to repeat."""
    return service.tell_of_halt()


def end_seats() -> int:
    """End seats in sharing groups that are over, and pass on the groups of who left the alliance. Safe to repeat."""
    return service.end_seats()


def tell_seat(member: int, code: str, news: str, tries: int) -> None:
    """Write to the owners of a member about one of its sharing groups. Done once more, it writes once more."""
    service.tell_seat(member, code, news, tries)
