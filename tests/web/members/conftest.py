"""What several tests of members share."""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import Hub
from tests.web.members.led import ADA, BACK, DOMAIN, bind
from tests.web.members.provider import Provider, running


@pytest.fixture
def provider(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The provider of brand-a, whose domain is bound."""
    monkeypatch.setitem(os.environ, "AUTHLIB_INSECURE_TRANSPORT", "1")  # its server wants TLS, and loopback has none
    if "brand-a" not in hub.keys:
        hub.admit("brand-a")
        hub.person("brand-a", "owner")
    with running(BACK.format("brand-a"), **ADA) as provider:
        bind(hub, "brand-a", provider, DOMAIN)
        yield provider
