"""Background work on applications."""

from hub.applications import service


def forget_applications() -> int:
    """Delete applications that nobody confirmed in time, and those refused long ago. Safe to repeat."""
    return service.forget_applications()
