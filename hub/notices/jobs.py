"""Background work on notices."""

from hub.notices import service


def make_notices() -> int:
    """Make the notices of what has come into the record. Safe to repeat."""
    return service.make_notices()


def write_letters() -> int:
    """Write to each person for whom a letter of notices is due. Safe to repeat."""
    return service.write_letters()


def send_webhooks() -> int:
    """Send what is due to webhooks. Safe to repeat, and to run several times at once."""
    return service.send_due()


def forget_notices() -> int:
    """Delete notices that were kept long enough. Safe to repeat."""
    return service.forget_notices()
