"""Background work on limits."""

from hub.limits import service


def forget_spans() -> int:
    """Delete spans that ended long ago. Safe to repeat."""
    return service.forget()
