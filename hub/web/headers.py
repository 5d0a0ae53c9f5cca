"""The headers of every response: what a browser may load, keep, and tell others. One table, no exceptions by page.

The policy has no `data:`, no inline style or script and no eval: `make assets` lifts the pictures out of Tabler's style
sheet, templates hold no style, script or on… attribute (tests/shape/test_templates.py), and nothing comes from a CDN.
"""

from flask import Flask, Response, request

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {source}" for what, source in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for what does not know frame-ancestors
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OURS = [(name.lower(), (name, value)) for name, value in HEADERS.items()]

KEPT = "public, max-age=31536000, immutable"
"""For static files whose address holds their version or digest."""
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


def attach_headers(app: Flask) -> None:
    """Set the headers on every response of `app`; Cache-Control only where the view chose none.

    What may be kept is static: for ever when its address names its content, an hour otherwise. All else is `no-store`:
    a page or an answer is for the one who asked. HSTS is sent over https alone, as RFC 6797 §7.2 demands.
    """

    @app.after_request
    def set_headers(response: Response) -> Response:
        chosen = {name.lower() for name, _ in response.headers}  # looked through once, not for each of ours
        response.headers.extend([each for name, each in _OURS if name not in chosen])
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        if request.endpoint == "static" and response.status_code in (200, 304):
            named = "v" in request.args or request.path.startswith(f"{app.static_url_path}/vendor/")
            response.headers["Cache-Control"] = KEPT if named else "public, max-age=3600"
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response
