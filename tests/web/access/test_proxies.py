"""A client's address is its own, whatever it writes into a header; only the operator's own proxies may tell another."""

import http.client
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.app import create_app
from hub.config import SettingError, Settings
from hub.db import db
from hub.members import service as members
from hub.members.rules import MOST_ATTEMPTS
from hub.members.service import CredentialTerms
from hub.web.proxies import client_of, parsed
from tests.conftest import HTML, Hub, as_role, csrf, settings_for
from tests.web.test_nothing_sent_comes_back import served

PROXY, INNER_PROXY, STRANGER, GUEST = "10.0.0.5", "10.0.1.5", "203.0.113.9", "192.0.2.7"
TRUSTED = (ip_network("10.0.0.0/23"),)


@pytest.fixture
def behind_a_proxy(hub: Hub) -> Iterator[Hub]:
    """The same hub, which believes the proxies of one network."""
    settings = settings_for(as_role(hub.owner_url, "app"), hub.home, "")
    app = create_app(replace(settings, trusted_proxies=TRUSTED))
    yield replace(hub, app=app)
    with app.app_context():
        db.engine.dispose()


def key_of_a_network(hub: Hub) -> str:
    """A key that serves in the guest's network alone."""
    hub.admit("brand-a")
    with hub.app.app_context():
        hub.actor("brand-a")
        with hub.operator() as office:
            terms = CredentialTerms(networks=[ip_network(f"{GUEST}/32")])
            return members.credentials.issue_key(office, members.find("brand-a"), terms)


def used(hub: Hub, key: str, peer: str, forwarded: str | None) -> int:
    headers = {"Authorization": f"Bearer {key}"} | ({"X-Forwarded-For": forwarded} if forwarded else {})
    return hub.app.test_client().get("/api/v1/me", headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code


def test_key_of_a_network_is_not_served_to_who_only_says_to_be_there(hub: Hub) -> None:
    key = key_of_a_network(hub)
    assert used(hub, key, GUEST, None) == 200
    assert used(hub, key, STRANGER, GUEST) == 403
    assert used(hub, key, GUEST, STRANGER) == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        (PROXY, GUEST, 200),
        (PROXY, f"{STRANGER}, {GUEST}", 200),
        (PROXY, f"{GUEST}, {INNER_PROXY}", 200),
        (f"::ffff:{PROXY}", GUEST, 200),
        (PROXY, f"{GUEST}, {STRANGER}", 403),
        (PROXY, f"{GUEST}, {STRANGER}, {INNER_PROXY}", 403),
        (PROXY, f"{GUEST}, unknown", 403),
        (PROXY, f"{GUEST},", 403),
        (PROXY, None, 403),
        (STRANGER, GUEST, 403),
        (STRANGER, f"{GUEST}, {PROXY}", 403),
    ],
)
def test_key_of_a_network_behind_a_proxy(behind_a_proxy: Hub, peer: str, forwarded: str | None, status: int) -> None:
    assert used(behind_a_proxy, key_of_a_network(behind_a_proxy), peer, forwarded) == status


@given(written=st.lists(st.sampled_from([PROXY, INNER_PROXY, STRANGER, GUEST, "x", "", "::1", "[::1]:80"])))
def test_what_a_client_writes_into_the_header_changes_nothing(written: list[str]) -> None:
    """Whatever it sent, the first proxy appends the client's real address, and the next appends the first proxy's."""
    peer = parsed(PROXY)
    assert peer is not None
    for real in ([GUEST], [GUEST, INNER_PROXY]):
        assert str(client_of(peer, ",".join([*written, *real]), TRUSTED)) == GUEST


def test_guesser_who_writes_another_address_each_time_is_stopped_all_the_same(hub: Hub) -> None:
    statuses = []
    for n in range(MOST_ATTEMPTS + 1):
        client = hub.app.test_client()
        fields = {
            "email": "a@b.org",
            "password": "wrong",
            "csrf_token": csrf(client.get("/sign-in", headers=HTML).text),
        }
        forged = {"X-Forwarded-For": f"198.51.{n}.1", "Forwarded": f"for=198.51.{n}.1", "X-Real-IP": f"198.51.{n}.1"}
        statuses.append(client.post("/sign-in", data=fields, headers=HTML | forged).status_code)
    assert statuses == [200] * MOST_ATTEMPTS + [429]


@pytest.mark.parametrize(
    ("peer", "scheme", "secure"),
    [(PROXY, "https", True), (PROXY, "http, https", True), (PROXY, "https, http", False), (STRANGER, "https", False)],
)
def test_scheme_is_the_last_trusted_proxys_word(behind_a_proxy: Hub, peer: str, scheme: str, secure: bool) -> None:
    answer = behind_a_proxy.app.test_client().get(
        "/sign-in", headers=HTML | {"X-Forwarded-Proto": scheme}, environ_base={"REMOTE_ADDR": peer}
    )
    assert ("Strict-Transport-Security" in answer.headers) is secure


def test_web_server_itself_believes_nobody(hub: Hub, tmp_path: Path) -> None:
    """gunicorn by default takes the scheme, and more, from whoever asks from 127.0.0.1."""
    with served(hub, "", tmp_path / "web.log") as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/sign-in", headers=HTML | {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on"})
        assert connection.getresponse().getheader("Strict-Transport-Security") is None
        connection.close()


def test_proxies_are_addresses_and_networks() -> None:
    needed = {"HUB_HOME": "/nowhere", "HUB_DATABASE_APP_URL": "postgresql+psycopg://"}
    read = Settings.from_env(needed | {"HUB_TRUSTED_PROXIES": "10.0.0.5, 2001:db8::/32"}).trusted_proxies
    assert read == (ip_network("10.0.0.5/32"), ip_network("2001:db8::/32"))
    assert Settings.from_env(needed).trusted_proxies == ()
    for wrong in ("2", "*", "proxy.example", "10.0.0.5/8"):
        with pytest.raises(SettingError, match="HUB_TRUSTED_PROXIES"):
            Settings.from_env(needed | {"HUB_TRUSTED_PROXIES": wrong})
