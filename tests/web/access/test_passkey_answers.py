"""What an authenticator answered counts once, also of an authenticator that does not count, as synced passkeys do."""

import html
import json
import re
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from flask.testing import FlaskClient
from webauthn.helpers import bytes_to_base64url, encode_cbor

from hub import clock
from hub.access.guard import read_as
from hub.db import db
from hub.members import service as members
from hub.members.rules import CHALLENGE_LASTS, FRESH
from tests.conftest import HTML, Hub, csrf, hub_on
from tests.web.pages.browsers import moved

COOKIE, URL = "alliance_hub", "http://localhost"
VERIFIED, MADE = 0x05, 0x45
"""Flags of an authenticator's data: the person is there and was verified; and that a passkey follows."""

Sent = tuple[str, str, dict[str, str]]
"""A form as a browser sent it: its cookie, the address, the fields."""


class Authenticator:
    """One passkey for the hub at URL, whose signature counter stays at zero (Web Authentication §6.1.1)."""

    def __init__(self) -> None:
        self._key, self._handle = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(32)

    def made(self, challenge: str) -> str:
        """The answer to being asked for a new passkey."""
        point = self._key.public_key().public_numbers()
        cose = encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        passkey = bytes(16) + len(self._handle).to_bytes(2, "big") + self._handle + cose
        attested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": self._state(MADE) + passkey})
        told = self._told("webauthn.create", challenge)
        return self._answer({"clientDataJSON": told, "attestationObject": attested})

    def shown(self, challenge: str) -> str:
        """The answer to being asked for a passkey."""
        told, state = self._told("webauthn.get", challenge), self._state(VERIFIED)
        signature = self._key.sign(state + sha256(told).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": told, "authenticatorData": state, "signature": signature})

    def _told(self, what: str, challenge: str) -> bytes:
        return json.dumps({"type": what, "challenge": challenge, "origin": URL}).encode()

    def _state(self, flags: int) -> bytes:
        return sha256(b"localhost").digest() + bytes([flags]) + bytes(4)

    def _answer(self, response: Mapping[str, bytes]) -> str:
        handle = bytes_to_base64url(self._handle)
        spoken = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": handle, "rawId": handle, "type": "public-key", "response": spoken})


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    moved(hub, URL)
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    return hub


@pytest.fixture
def passkey(alliance: Hub) -> Authenticator:
    """Ana's."""
    made = Authenticator()
    sent(alliance, answered(alliance.signed_in("ana"), "/passkeys/new", made.made, "/passkeys/new"))
    return made


def answered(client: FlaskClient, page: str, answer: Callable[[str], str], address: str) -> Sent:
    """The form that a page's passkey is sent with, once the authenticator has answered what the page asks."""
    text = client.get(page, headers=HTML).text
    found = re.search(r'data-passkey="([^"]+)"', text)
    assert found is not None
    challenge = json.loads(html.unescape(found[1]))["challenge"]
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    fields = {"name": "Phone", "credential": answer(challenge), "csrf_token": csrf(text)}
    return str(cookie.value), address, fields


def sent(hub: Hub, form: Sent) -> FlaskClient:
    """A browser that has sent the form with the cookie that belongs to it."""
    cookie, address, fields = form
    client = hub.app.test_client()
    client.set_cookie(COOKIE, cookie)
    client.post(address, data=fields, headers=HTML)
    return client


def is_in(client: FlaskClient) -> bool:
    return client.get("/", headers=HTML).status_code == 200


def signing_in(hub: Hub, passkey: Authenticator) -> Sent:
    return answered(hub.app.test_client(), "/sign-in", passkey.shown, "/passkeys/sign-in")


def test_sign_in_sent_again_with_the_cookie_it_was_sent_with_signs_nobody_in(
    alliance: Hub, passkey: Authenticator
) -> None:
    form = signing_in(alliance, passkey)
    assert [is_in(sent(alliance, form)) for _ in range(2)] == [True, False]


def test_sign_in_sent_again_after_the_sign_out_signs_nobody_in(alliance: Hub, passkey: Authenticator) -> None:
    form = signing_in(alliance, passkey)
    client = sent(alliance, form)
    token = csrf(client.get("/sessions", headers=HTML).text)
    assert client.post("/sign-out", data={"csrf_token": token}, headers=HTML).status_code == 303
    assert not is_in(sent(alliance, form))


def test_sign_in_sent_to_two_workers_at_once_signs_in_once(alliance: Hub, passkey: Authenticator) -> None:
    form = signing_in(alliance, passkey)
    with hub_on(alliance.owner_url, alliance.home, "http://127.0.0.1:9") as other:
        moved(other, URL)
        with ThreadPoolExecutor(4) as together:
            browsers = list(together.map(lambda n: sent((alliance, other)[n % 2], form), range(4)))
        assert sum(is_in(each) for each in browsers) == 1


@pytest.mark.parametrize("after", [timedelta(0), CHALLENGE_LASTS, CHALLENGE_LASTS + timedelta(seconds=1)])
def test_answer_is_refused_for_as_long_as_its_challenge_could_live(
    alliance: Hub, passkey: Authenticator, after: timedelta
) -> None:
    now = clock.now().replace(microsecond=0)
    with time_machine.travel(now, tick=False):
        form = signing_in(alliance, passkey)
        assert is_in(sent(alliance, form))
    with time_machine.travel(now + after, tick=False):
        assert not is_in(sent(alliance, form))


@pytest.mark.parametrize("later", [timedelta(0), FRESH + timedelta(seconds=1)])
def test_second_step_sent_again_as_a_sign_in_signs_nobody_in(
    alliance: Hub, passkey: Authenticator, later: timedelta
) -> None:
    client = alliance.signed_in("ana") if later else alliance.with_password("ana")
    with time_machine.travel(clock.now() + later):
        cookie, _, fields = form = answered(client, "/verify", passkey.shown, "/passkeys/proof")
        assert is_in(sent(alliance, form))
        assert not is_in(sent(alliance, (cookie, "/passkeys/sign-in", fields)))


def test_passkey_made_is_not_taken_again_once_it_was_removed(alliance: Hub) -> None:
    client, challenge = alliance.signed_in("ana"), secrets.token_bytes(32)
    answer = members.Answer(Authenticator().made(bytes_to_base64url(challenge)), challenge, members.Party(URL))
    with client.session_transaction() as kept:
        key = kept["key"]
    with alliance.app.app_context():
        me = members.holder_of_session(key)
        assert me is not None
        read_as(db.session, me)
        members.add_passkey(me, "Phone", answer)
        members.remove_factor(me, members.own_factors(me)[-1].id)
        with pytest.raises(members.WrongCodeError):
            members.add_passkey(me, "Phone", answer)
