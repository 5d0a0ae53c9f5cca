"""What kinds of IP rights there are, and which offices grant which, where: tables. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.applications.rules import RIGHTS
from hub.canonical.country import COUNTRIES


class RightType(StrEnum):
    """What protects a brand's goods; the words for each are those of an application."""

    TRADE_MARK = "trade-mark"
    DESIGN = "design"
    PATENT = "patent"
    COPYRIGHT = "copyright"
    GEOGRAPHICAL_INDICATION = "geographical-indication"

    @property
    def words(self) -> str:
        """What people call it."""
        return RIGHTS[self.value]


EU = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
EPC = EU | frozenset(["AL", "CH", "GB", "IS", "LI", "MC", "ME", "MK", "NO", "RS", "SM", "TR"])
"""Contracting states of the European Patent Convention."""
EAPC = frozenset({"AM", "AZ", "BY", "KG", "KZ", "RU", "TJ", "TM"})
"""Contracting states of the Eurasian Patent Convention."""
OAPI = frozenset(("BF", "BJ", "CF", "CG", "CI", "CM", "GA", "GN", "GQ", "GW", "KM", "ML", "MR", "NE", "SN", "TD", "TG"))
"""Member states of the African Intellectual Property Organization; they register nothing of their own."""
GROUPS: Mapping[str, frozenset[str]] = {"EU": EU, "BX": frozenset({"BE", "NL", "LU"})}
"""What may be designated as one, and the countries that it stands for."""
_ALL = frozenset(RightType) - {RightType.COPYRIGHT}
_USUAL = _ALL - {RightType.GEOGRAPHICAL_INDICATION}
_COPYRIGHT = frozenset({RightType.COPYRIGHT})
_MARKS_AND_DESIGNS = frozenset({RightType.TRADE_MARK, RightType.DESIGN})


@dataclass(frozen=True)
class Office:
    """Who grants or registers rights: where its day begins, and where what it grants is in force."""

    name: str
    zone: str
    """IANA time zone: a right's last day ends there."""
    jurisdictions: frozenset[str]
    """ISO 3166-1 alpha-2."""
    types: frozenset[RightType] = _USUAL
    designated: bool = False
    """Whether the owner names some of the jurisdictions; else all of them are the right's."""


OFFICES: Mapping[str, Office] = {
    "WIPO": Office(
        "World Intellectual Property Organization (Madrid, Hague, Lisbon)",
        "Europe/Zurich",
        COUNTRIES,
        _ALL - {RightType.PATENT},
        designated=True,
    ),
    "EUIPO": Office("European Union Intellectual Property Office", "Europe/Madrid", EU, _ALL - {RightType.PATENT}),
    "EPO": Office("European Patent Office", "Europe/Berlin", EPC, frozenset({RightType.PATENT}), designated=True),
    "EC": Office(
        "European Commission (register of geographical indications)",
        "Europe/Brussels",
        EU,
        frozenset({RightType.GEOGRAPHICAL_INDICATION}),
    ),
    "OAPI": Office("African Intellectual Property Organization", "Africa/Douala", OAPI, _ALL),
    "EAPO": Office(
        "Eurasian Patent Organization", "Europe/Moscow", EAPC, frozenset({RightType.PATENT}), designated=True
    ),
    "BOIP": Office("Benelux Office for Intellectual Property", "Europe/Amsterdam", GROUPS["BX"], _MARKS_AND_DESIGNS),
    "CGPDTM": Office("Indian Patent Office", "Asia/Kolkata", frozenset({"IN"}), _ALL),
    "CIPC": Office(
        "Companies and Intellectual Property Commission (South Africa)", "Africa/Johannesburg", frozenset({"ZA"})
    ),
    "CIPO": Office(
        "Canadian Intellectual Property Office",
        "America/Toronto",
        frozenset({"CA"}),
        _USUAL | _COPYRIGHT,
    ),
    "CNIPA": Office("China National Intellectual Property Administration", "Asia/Shanghai", frozenset({"CN"}), _ALL),
    "DGIP": Office(
        "Directorate General of Intellectual Property (Indonesia)", "Asia/Jakarta", frozenset({"ID"}), _ALL | _COPYRIGHT
    ),
    "DIP": Office("Department of Intellectual Property (Thailand)", "Asia/Bangkok", frozenset({"TH"}), _ALL),
    "DKPTO": Office("Danish Patent and Trademark Office", "Europe/Copenhagen", frozenset({"DK"})),
    "DPDT": Office("Department of Patents, Designs and Trademarks (Bangladesh)", "Asia/Dhaka", frozenset({"BD"}), _ALL),
    "DPMA": Office("German Patent and Trade Mark Office", "Europe/Berlin", frozenset({"DE"}), _ALL),
    "EGIPA": Office("Egyptian Intellectual Property Authority", "Africa/Cairo", frozenset({"EG"})),
    "HIPO": Office("Hungarian Intellectual Property Office", "Europe/Budapest", frozenset({"HU"}), _ALL),
    "HKIPD": Office("Intellectual Property Department (Hong Kong)", "Asia/Hong_Kong", frozenset({"HK"})),
    "ILPO": Office("Israel Patent Office", "Asia/Jerusalem", frozenset({"IL"}), _ALL),
    "IMPI": Office("Mexican Institute of Industrial Property", "America/Mexico_City", frozenset({"MX"}), _ALL),
    "INAPI": Office("National Institute of Industrial Property (Chile)", "America/Santiago", frozenset({"CL"}), _ALL),
    "INDECOPI": Office(
        "National Institute for the Defence of Competition and Intellectual Property (Peru)",
        "America/Lima",
        frozenset({"PE"}),
        _ALL | _COPYRIGHT,
    ),
    "INPI": Office("National Institute of Industrial Property (France)", "Europe/Paris", frozenset({"FR"}), _ALL),
    "INPI-AR": Office(
        "National Institute of Industrial Property (Argentina)", "America/Argentina/Buenos_Aires", frozenset({"AR"})
    ),
    "INPI-BR": Office(
        "National Institute of Industrial Property (Brazil)", "America/Sao_Paulo", frozenset({"BR"}), _ALL
    ),
    "INPI-PT": Office("National Institute of Industrial Property (Portugal)", "Europe/Lisbon", frozenset({"PT"}), _ALL),
    "IPA": Office("IP Australia", "Australia/Sydney", frozenset({"AU"})),
    "IPI": Office("Swiss Federal Institute of Intellectual Property", "Europe/Zurich", frozenset({"CH", "LI"}), _ALL),
    "IPO-PK": Office(
        "Intellectual Property Organization of Pakistan", "Asia/Karachi", frozenset({"PK"}), _ALL | _COPYRIGHT
    ),
    "IPOI": Office("Intellectual Property Office of Ireland", "Europe/Dublin", frozenset({"IE"})),
    "IPONZ": Office("Intellectual Property Office of New Zealand", "Pacific/Auckland", frozenset({"NZ"}), _ALL),
    "IPOPHL": Office(
        "Intellectual Property Office of the Philippines", "Asia/Manila", frozenset({"PH"}), _ALL | _COPYRIGHT
    ),
    "IPOS": Office("Intellectual Property Office of Singapore", "Asia/Singapore", frozenset({"SG"}), _ALL),
    "IPVN": Office("Intellectual Property Office of Viet Nam", "Asia/Ho_Chi_Minh", frozenset({"VN"}), _ALL),
    "JPO": Office("Japan Patent Office", "Asia/Tokyo", frozenset({"JP"})),
    "KIPI": Office("Kenya Industrial Property Institute", "Africa/Nairobi", frozenset({"KE"})),
    "KIPO": Office("Korean Intellectual Property Office", "Asia/Seoul", frozenset({"KR"}), _ALL),
    "MOE-AE": Office(
        "Ministry of Economy (United Arab Emirates)", "Asia/Dubai", frozenset({"AE"}), _USUAL | _COPYRIGHT
    ),
    "MYIPO": Office(
        "Intellectual Property Corporation of Malaysia", "Asia/Kuala_Lumpur", frozenset({"MY"}), _ALL | _COPYRIGHT
    ),
    "NIPO": Office("Norwegian Industrial Property Office", "Europe/Oslo", frozenset({"NO"})),
    "NIPO-LK": Office("National Intellectual Property Office of Sri Lanka", "Asia/Colombo", frozenset({"LK"})),
    "OBI": Office("Hellenic Industrial Property Organisation (Greece)", "Europe/Athens", frozenset({"GR"})),
    "OEPA": Office("Austrian Patent Office", "Europe/Vienna", frozenset({"AT"})),
    "OEPM": Office("Spanish Patent and Trademark Office", "Europe/Madrid", frozenset({"ES"})),
    "OMPIC": Office("Moroccan Office of Industrial and Commercial Property", "Africa/Casablanca", frozenset({"MA"})),
    "OSIM": Office("State Office for Inventions and Trademarks (Romania)", "Europe/Bucharest", frozenset({"RO"}), _ALL),
    "PRH": Office("Finnish Patent and Registration Office", "Europe/Helsinki", frozenset({"FI"})),
    "PRV": Office("Swedish Intellectual Property Office", "Europe/Stockholm", frozenset({"SE"})),
    "QAZPATENT": Office(
        "National Institute of Intellectual Property (Kazakhstan)", "Asia/Almaty", frozenset({"KZ"}), _ALL
    ),
    "ROSPATENT": Office("Federal Service for Intellectual Property (Russia)", "Europe/Moscow", frozenset({"RU"}), _ALL),
    "SAIP": Office("Saudi Authority for Intellectual Property", "Asia/Riyadh", frozenset({"SA"})),
    "SIC": Office("Superintendence of Industry and Commerce (Colombia)", "America/Bogota", frozenset({"CO"}), _ALL),
    "TIPO": Office("Taiwan Intellectual Property Office", "Asia/Taipei", frozenset({"TW"})),
    "TPDR": Office("Trademarks, Patents and Designs Registry (Nigeria)", "Africa/Lagos", frozenset({"NG"})),
    "TURKPATENT": Office("Turkish Patent and Trademark Office", "Europe/Istanbul", frozenset({"TR"}), _ALL),
    "UANIPIO": Office(
        "Ukrainian National Office for Intellectual Property and Innovations",
        "Europe/Kyiv",
        frozenset({"UA"}),
        _ALL | _COPYRIGHT,
    ),
    "UIBM": Office("Italian Patent and Trademark Office", "Europe/Rome", frozenset({"IT"})),
    "UKIPO": Office("UK Intellectual Property Office", "Europe/London", frozenset({"GB"})),
    "UPRP": Office("Patent Office of the Republic of Poland", "Europe/Warsaw", frozenset({"PL"})),
    "UPV": Office("Industrial Property Office of the Czech Republic", "Europe/Prague", frozenset({"CZ"}), _ALL),
    "USCO": Office(
        "United States Copyright Office", "America/New_York", frozenset({"US"}), frozenset({RightType.COPYRIGHT})
    ),
    "USPTO": Office("United States Patent and Trademark Office", "America/New_York", frozenset({"US"})),
}
