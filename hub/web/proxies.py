"""Which client a request comes from, when proxies stand in front: what they say is believed of them alone.

`X-Forwarded-For` is read from the right: each proxy appends whom it heard from, so that what stands left of the first
address that is no trusted proxy was written by a stranger. `Forwarded` (RFC 7239) and `X-Forwarded-Host` are not read.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]


def behind(app: WSGIApplication, trusted: Networks) -> WSGIApplication:
    """The application, told the client's own address and scheme by the trusted proxies, and by nobody else."""
    if not trusted:
        return app

    def told(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = parsed(environ.get("REMOTE_ADDR", ""))
        if peer is not None and _is_among(peer, trusted):
            environ["REMOTE_ADDR"] = str(client_of(peer, environ.get("HTTP_X_FORWARDED_FOR", ""), trusted))
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
        return app(environ, start_response)

    return told


def client_of(peer: Address, forwarded: str, trusted: Networks) -> Address:
    """The right-most address that is no trusted proxy; the last proxy that could be read where there is none."""
    for said in reversed(forwarded.split(",")):
        before = parsed(said) if _is_among(peer, trusted) else None
        if before is None:
            break
        peer = before
    return peer


def parsed(text: str) -> Address | None:
    """The address, an IPv4 one also where a socket for both writes it as IPv6; None for what is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_among(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)
