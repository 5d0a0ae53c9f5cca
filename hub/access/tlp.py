"""FIRST TLP 2.0 labels, their order, and whom each may reach inside an alliance."""

from enum import IntEnum, StrEnum


class MemberKind(StrEnum):
    """What an organisation is to the alliance; `administration` is the alliance's own office."""

    BRAND = "brand"
    PLATFORM = "platform"
    AUTHORITY = "authority"
    AUDITOR = "auditor"
    AGENT = "agent"
    ADMINISTRATION = "administration"


class Tlp(IntEnum):
    """A higher label travels less far (FIRST TLP 2.0). RED passes to the members of the named sharing groups only."""

    CLEAR = 1
    GREEN = 2
    AMBER = 3
    AMBER_STRICT = 4
    RED = 5

    @property
    def label(self) -> str:
        """As people and JSON write it: `amber+strict`."""
        return self.name.lower().replace("_", "+")

    @classmethod
    def parse(cls, label: str) -> "Tlp":
        """The label's value; raises ValueError listing the labels there are."""
        for tlp in cls:
            if tlp.label == label.lower():
                return tlp
        raise ValueError(f"not a TLP label; use one of {', '.join(tlp.label for tlp in cls)}")


CEILING: dict[MemberKind, Tlp | None] = {
    MemberKind.BRAND: Tlp.RED,
    MemberKind.PLATFORM: Tlp.RED,
    MemberKind.AUTHORITY: Tlp.GREEN,
    MemberKind.AUDITOR: None,  # checks the record of exchanges, reads none of what was exchanged
    MemberKind.AGENT: None,  # holds no seat; what a brand may see it sees in that brand's name alone
    MemberKind.ADMINISTRATION: None,  # runs the membership, reads nothing that members share
}
"""The highest label that may reach a member of this kind; None: nothing may. Restated in SQL by the migration."""
