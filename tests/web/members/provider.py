"""A real OpenID provider on loopback, made of Authlib's server side, which can be told to say what is not so."""

import base64
import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

SECRET = "a-secret-of-the-client"
Said = dict[str, Any]


@dataclass
class Provider:
    """What it knows, what it will say, and how often it was asked for what."""

    issuer: str = ""
    client_id: str = "hub"
    secret: str = SECRET
    redirect_uri: str = ""
    person: Said = field(default_factory=dict)
    """The claims of whoever comes to sign in."""
    keys: dict[str, Any] = field(default_factory=lambda: {"k1": ECKey.generate_key("P-256")})
    signs: str = "k1"
    alg: str = "ES256"
    twist: Callable[[Said, Said], None] | None = None
    """Changes header and claims of the next ID tokens before they are signed."""
    forged: Callable[[Said, Said], str] | None = None
    """Makes the next ID tokens, of header and claims."""
    published: Said = field(default_factory=dict)
    """What the discovery document says instead."""
    down: bool = False
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Any] = field(default_factory=dict)

    @property
    def jwks(self) -> Said:
        """The public halves of its keys."""
        return {"keys": [{**key.as_dict(private=False), "kid": kid, "use": "sig"} for kid, key in self.keys.items()]}


class _Client(ClientMixin):
    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def get_client_id(self) -> str:
        return self.provider.client_id

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.provider.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.provider.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class _Code(AuthorizationCodeMixin):
    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    person: Said

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int | None:
        return self.person.get("auth_time")

    def get_acr(self) -> str | None:
        return self.person.get("acr")

    def get_amr(self) -> list[str] | None:
        return self.person.get("amr")


def _grants(provider: Provider) -> tuple[type[AuthorizationCodeGrant], OpenIDCode]:  # noqa: C901 - two small classes
    class Grant(AuthorizationCodeGrant):
        def save_authorization_code(self, code: str, request: Any) -> None:
            asked = request.payload.data
            provider.codes[code] = _Code(
                *(code, request.payload.redirect_uri, request.payload.scope, asked.get("nonce")),
                *(asked["code_challenge"], asked["code_challenge_method"], dict(request.user)),
            )

        def query_authorization_code(self, code: str, client: Any) -> _Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: _Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: _Code) -> Said:
            return authorization_code.person

    class Code(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def get_client_algorithm(self, client: Any) -> str:
            return provider.alg

        def get_client_claims(self, client: Any) -> Said:
            return {"iss": provider.issuer}

        def get_encode_header(self, client: Any) -> Said:
            return {"alg": provider.alg, "kid": provider.signs}

        def resolve_client_private_key(self, client: Any) -> Any:
            return provider.keys[provider.signs]

        def generate_user_info(self, user: Said, scope: str) -> UserInfo:
            return UserInfo({name: value for name, value in user.items() if name not in {"auth_time", "acr", "amr"}})

        def encode_id_token(self, token: Said, request: Any) -> str:
            with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # of EdDSA, an older name
                said = super().encode_id_token(token, request)
                header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in said.split(".")[:2])
                if provider.twist is not None:
                    provider.twist(header, claims)
                if provider.forged is not None:
                    return provider.forged(header, claims)
                return jwt.encode(header, claims, provider.keys[provider.signs], [provider.alg])

    return Grant, Code(require_nonce=True)


def _application(provider: Provider) -> Flask:
    app = Flask("provider")
    server = AuthorizationServer(app, lambda _: _Client(provider), lambda *_: None)
    grant, code = _grants(provider)
    server.register_grant(grant, [CodeChallenge(required=True), code])

    class Named(IssuerParameter):
        def get_issuer(self) -> str:
            return provider.issuer

    server.register_extension(Named())

    @app.before_request
    def count() -> Response | None:
        from flask import request

        provider.asked.append(request.path)
        return Response(status=503) if provider.down else None

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        base = provider.issuer
        told = {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/jwks",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }
        return jsonify(told | provider.published)

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(provider.jwks)

    @app.get("/authorize")
    def authorize() -> Any:
        user = dict(provider.person)
        found = server.get_consent_grant(end_user=user)
        return server.create_authorization_response(grant_user=user, grant=found)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def running(return_address: str, **person: Any) -> Iterator[Provider]:
    """A provider on a port of its own, at which a person with these claims is signed in."""
    provider = Provider(redirect_uri=return_address, person=person)
    server = make_server("127.0.0.1", 0, _application(provider), threaded=True, request_handler=_Quiet)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def unsigned(header: Said, claims: Said) -> str:
    """A token that nobody signed (RFC 7519 §6)."""
    parts = (json.dumps({**header, "alg": "none"}), json.dumps(claims))
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts) + "."


def signed_with_public_key(provider: Provider) -> Callable[[Said, Said], str]:
    """Makes tokens whose HMAC is keyed with what everybody can read."""

    def forge(header: Said, claims: Said) -> str:
        key = OctKey.import_key(
            {"kty": "oct", "k": base64.urlsafe_b64encode(json.dumps(provider.jwks).encode()).decode()}
        )
        return jws.serialize_compact({**header, "alg": "HS256"}, json.dumps(claims), key, ["HS256"])

    return forge


def signed_with_secret(provider: Provider) -> Callable[[Said, Said], str]:
    """Makes tokens whose HMAC is keyed with the client's secret."""

    def forge(header: Said, claims: Said) -> str:
        key = OctKey.import_key(provider.secret.encode())
        return jws.serialize_compact({**header, "alg": "HS256"}, json.dumps(claims), key, ["HS256"])

    return forge


def signed_by_stranger(header: Said, claims: Said) -> str:
    """A token under the right key's name and another key."""
    return jwt.encode(header, claims, ECKey.generate_key("P-256"), ["ES256"])


KEYS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: RSAKey.generate_key(2048),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


def now() -> int:
    """The moment, in whole seconds."""
    return int(time.time())
