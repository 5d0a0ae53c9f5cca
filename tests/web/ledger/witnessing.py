"""A member's witness in a test: its key, and what it hands in."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub import clock
from hub.tree.note import COSIGNATURE_V1, Signer, split_note
from hub.tree.witness import possession, witness_name
from tests.conftest import Hub

LOG = "/audit/log"


def now() -> int:
    """Seconds since 1970."""
    return int(clock.now().timestamp())


@dataclass
class Cosigner:
    """The witness of a member."""

    hub: Hub
    member: str
    signer: Signer

    def enrol(self) -> Any:
        """Show the hub that it holds its key."""
        note = possession(self.signer, self.hub.origin, self.member, now())
        return self.hub.client(self.member).post("/audit/witnesses", json={"note": note})

    def line(self, note: str) -> str:
        """Its cosignature of a checkpoint."""
        return self.signer.line(split_note(note)[0], now())

    def hand_in(self, size: int, lines: str) -> Any:
        """Lines for a published size."""
        return self.hub.client(self.member).post("/audit/cosignatures", json={"size": size, "lines": lines})

    def cosign(self, which: str = "checkpoint/offered") -> int:
        """Take a checkpoint and hand in the cosignature of it; returns its size."""
        note = self.hub.app.test_client().get(f"{LOG}/{which}").text
        size = int(note.split("\n")[1])
        answer = self.hand_in(size, self.line(note))
        assert (answer.status_code, answer.json) == (200, {"size": size}), answer.text
        return size


def cosigner(hub: Hub, member: str, seed: int) -> Cosigner:
    """A witness that is not enrolled yet."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    name = witness_name(hub.origin, key.public_key().public_bytes_raw())
    return Cosigner(hub, member, Signer(name, key, COSIGNATURE_V1))


def enrolled(hub: Hub, *members: str) -> list[Cosigner]:
    """An enrolled witness of each member."""
    made = [cosigner(hub, member, seed) for seed, member in enumerate(members, 101)]
    for each in made:
        answer = each.enrol()
        assert answer.status_code == 200, answer.text
    return made
