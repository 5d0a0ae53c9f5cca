"""OpenID Connect with a member's provider: the authorization code flow with PKCE, and what its answer must hold.

OpenID Connect Core 1.0 §3.1, Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer in the answer), RFC 9700 (best practice).
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from flask import current_app
from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError

from hub import clock, outside
from hub.log import log
from hub.members import rules
from hub.outside import Answer, OutOfReachError

KEPT_SECONDS = 600
DOWN_SECONDS = 15
"""How long a provider that does not answer is not asked again."""
LONGEST_ADDRESS = 2000
MOST_KEPT = 500
FEWEST_BITS = 2048
"""Of an RSA key."""


class ProviderDownError(Exception):
    """The provider does not answer, or not as a provider does."""


class NotBelievedError(Exception):
    """The answer is not one that this browser's question leads to, or it says too little; nobody is told more."""


@dataclass(frozen=True)
class Client:
    """The hub as a client of one member's provider."""

    member: str
    issuer: str
    client_id: str
    secret: str
    return_address: str


@dataclass(frozen=True)
class Pending:
    """What a browser was led away with, and must come back with."""

    member: str
    state: str
    nonce: str
    verifier: str
    begun_at: int
    again: bool
    """Whether the person was to show anew who it is."""
    onward: str
    """Where the person was going."""


@dataclass(frozen=True)
class Word:
    """What a provider says of a person, once it is believed."""

    subject: str
    email: str
    name: str
    claims: Mapping[str, Any]
    shown_at: int | None
    """When the person showed who it is, if the provider says so."""

    def values(self, claim: str) -> list[str]:
        """The words of a claim, whether it holds one or several."""
        held = self.claims.get(claim)
        return [each for each in (held if isinstance(held, list) else [held]) if isinstance(each, str)]


class _Algorithms(jws.JWSRegistry):
    """Those that are taken, and no warning of EdDSA: providers say it still, for what RFC 9864 names by its curve."""

    def get_alg(self, name: str) -> Any:
        """The algorithm, if it is taken."""
        if name not in rules.ALGORITHMS:
            raise ValueError("an algorithm that is not taken")
        return self.algorithms[name]


def lead(client: Client, onward: str, *, again: bool = False) -> tuple[str, Pending]:
    """Where to lead a browser, and what to keep of it meanwhile. Raises ProviderDownError."""
    where = str(_configuration(client)["authorization_endpoint"])
    plain = len(where) <= LONGEST_ADDRESS and all("!" <= each <= "~" for each in where)
    if not plain or urlsplit(where).scheme not in ({"https", "http"} if _is_local() else {"https"}):
        raise ProviderDownError("its address for people is none")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    pending = Pending(client.member, state, nonce, verifier, int(clock.now().timestamp()), again, onward)
    address = prepare_grant_uri(
        where,
        client.client_id,
        "code",
        redirect_uri=client.return_address,
        scope="openid email profile",
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        max_age="0" if again else None,
    )
    return str(address), pending


def listen(client: Client, pending: Pending, given: Mapping[str, str]) -> Word:
    """What the provider says, from what the browser brings back. Raises NotBelievedError, ProviderDownError."""
    age = clock.now().timestamp() - pending.begun_at
    if client.member != pending.member or age > rules.SIGN_IN_LASTS:
        raise NotBelievedError("it was asked elsewhere, or too long ago")
    if not hmac.compare_digest(given.get("state", "").encode(), pending.state.encode()):
        raise NotBelievedError("it is the answer to another question")
    known = _configuration(client)
    names_itself = known.get("authorization_response_iss_parameter_supported") is True
    if given.get("iss", None if names_itself else client.issuer) != client.issuer:
        raise NotBelievedError("it is the answer of another provider")
    if "error" in given or not 1 <= len(given.get("code", "")) <= rules.LONGEST_CODE:
        raise NotBelievedError("the provider did not let the person in")
    return _word(client, pending, *_exchange(client, pending, given["code"], known))


def _exchange(client: Client, pending: Pending, code: str, known: Mapping[str, Any]) -> tuple[str, str]:
    """The ID token that the code is good for, once, and the access token that it came with."""
    methods = known.get("token_endpoint_auth_methods_supported")
    posts = isinstance(methods, list) and "client_secret_basic" not in methods
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.return_address,
        "code_verifier": pending.verifier,
    }
    headers: dict[str, str] = {}
    if posts:
        form |= {"client_id": client.client_id, "client_secret": client.secret}
    else:
        ClientAuth(client.client_id, client.secret).prepare("POST", "", headers, "")
    answer = _asked(str(known["token_endpoint"]), form=form, authorization=headers.get("Authorization", ""))
    token = answer.body.get("id_token")
    if answer.status != 200 or not isinstance(token, str):
        raise NotBelievedError("the provider did not take the code")
    return token, str(answer.body.get("access_token", ""))


def _word(client: Client, pending: Pending, token: str, access: str) -> Word:
    """The claims of an ID token whose signature and every bound hold (OpenID Connect Core §3.1.3.7)."""
    now = int(clock.now().timestamp())
    try:
        header = jws.extract_compact(token.encode()).headers()
        decoded = jwt.decode(token, _key(client, header), registry=_Algorithms())
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"essential": True, "value": client.issuer}},
            {"nonce": pending.nonce, "client_id": client.client_id, "max_age": pending.again, "access_token": access},
        )
        claims.validate(now, rules.CLOCK_DRIFT)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise NotBelievedError(f"its ID token does not hold ({type(error).__name__})") from None
    email, shown_at, since = claims.get("email"), claims.get("auth_time"), pending.begun_at - rules.CLOCK_DRIFT
    for holds, why in (
        (claims["aud"] in (client.client_id, [client.client_id]), "it is for somebody else too"),
        (_whole(claims["iat"]) and claims["iat"] >= since, "it is older than the question"),
        (_whole(claims["exp"]), "its end is no moment"),
        (isinstance(claims["sub"], str) and 1 <= len(claims["sub"]) <= 255, "its subject is none"),
        (isinstance(email, str) and claims.get("email_verified") is True, "no e-mail address is verified"),
        (shown_at is None or (_whole(shown_at) and shown_at <= now + rules.CLOCK_DRIFT), "its moment is to come"),
        (not pending.again or (shown_at or 0) >= since, "nobody showed it anew"),
    ):
        if not holds:
            raise NotBelievedError(why)
    name = claims.get("name")
    return Word(claims["sub"], str(email), name if isinstance(name, str) else "", claims, shown_at)


def _key(client: Client, header: Mapping[str, Any]) -> Any:
    """The provider's key that a header names; looked for anew, once, where the keys at hand have none."""
    address = str(_configuration(client)["jwks_uri"])
    for anew in (False, True):
        found = [key for key in map(_usable, _keys(address, anew=anew)) if key and key.kid == header.get("kid")]
        if len(found) == 1:
            return found[0]
    raise ValueError("no such key")


def _usable(held: object) -> Any:
    """A public key that signs; None for any other, and for one too short."""
    if not isinstance(held, dict) or held.get("kty") not in {"RSA", "EC", "OKP"} or held.get("use", "sig") != "sig":
        return None
    if held["kty"] == "RSA" and len(str(held.get("n", ""))) * 6 < FEWEST_BITS:
        return None
    try:
        return jwk.import_key(held)
    except (JoseError, ValueError, TypeError):
        return None


def _keys(address: str, *, anew: bool) -> list[object]:
    keys = _kept(address, anew=anew).get("keys")
    return keys if isinstance(keys, list) else []


def _configuration(client: Client) -> Mapping[str, Any]:
    """What the provider publishes of itself (Discovery §4). Raises ProviderDownError."""
    known = _kept(client.issuer.rstrip("/") + "/.well-known/openid-configuration")
    named = all(isinstance(known.get(name), str) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
    if known.get("issuer") != client.issuer or not named:
        raise ProviderDownError("what it publishes is not of this issuer")
    return known


def _kept(address: str, *, anew: bool = False) -> Mapping[str, Any]:
    """What stands at an address, at most ten minutes old. Raises ProviderDownError."""
    kept: dict[str, tuple[float, Mapping[str, Any] | None]] = current_app.extensions.setdefault("providers_said", {})
    now = clock.now().timestamp()
    at, known = kept.get(address, (0.0, None))
    if not anew and known is not None and now - at < KEPT_SECONDS:
        return known
    if known is None and now - at < DOWN_SECONDS:
        raise ProviderDownError("it did not answer just now")
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[address] = (now, None)
    answer = _asked(address)
    if answer.status != 200:
        raise ProviderDownError(f"it answers {answer.status}")
    kept[address] = (now, answer.body)
    return answer.body


def _asked(address: str, **what: Any) -> Answer:
    try:
        return outside.ask(address, local=_is_local(), **what)
    except OutOfReachError as error:
        log.warning("provider out of reach", where=str(error))
        raise ProviderDownError(str(error)) from None


def _is_local() -> bool:
    return bool(current_app.extensions["settings"].is_local)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
