"""The limits on requests: told in the header fields of draft-ietf-httpapi-ratelimit-headers-11; reached, as 429."""

from flask import Flask, Response, current_app, g, request

from hub.access.actor import Actor
from hub.limits import rules
from hub.limits.service import Leases, LimitReachedError, Standing
from hub.web.problems import ProblemError


def attach_rate_limits(app: Flask) -> None:
    """Let `charge` work, and tell the standing of each limit with every answer to which one applied."""
    app.extensions["leases"] = Leases()

    @app.after_request
    def tell(response: Response) -> Response:
        standings: list[Standing] = g.get("standings", [])
        if standings:
            response.headers["RateLimit-Policy"] = ", ".join(
                f'"{each.name}";q={each.most};w={each.span.seconds}' for each in standings
            )
            response.headers["RateLimit"] = ", ".join(
                f'"{each.name}";r={each.left};t={each.seconds}' for each in standings
            )
        return response


def charge(actor: Actor | None) -> None:
    """Count this request against the limits of its actor; without one, against that of its network.

    Raises ProblemError 429 with Retry-After when one is reached, and whatever the database raises: nothing passes
    uncounted.
    """
    if request.endpoint in rules.FREE and actor is None:
        return
    size = request.content_length
    if size is None:  # not said beforehand: counts as the longest there may be
        size = current_app.config["MAX_CONTENT_LENGTH"] if "Transfer-Encoding" in request.headers else 0
    leases: Leases = current_app.extensions["leases"]
    try:
        g.standings = leases.spend(
            rules.limits_of(actor, request.remote_addr or "::"), rules.weight(request.endpoint, size)
        )
    except LimitReachedError as error:
        g.standings = error.standings
        reached = error.standings[-1]
        raise ProblemError(
            "too-many-requests",
            f"This {reached.name} may make {reached.most:,} requests in {reached.span.seconds} seconds, a large one "
            f"counting for several; {reached.left:,} are left",
            "Wait as long as Retry-After says; if it does not do for your work, ask the alliance's office for more",
            retry_after=reached.seconds,
        ) from error
