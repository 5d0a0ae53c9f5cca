"""Country codes: ISO 3166-1 alpha-2."""

from phonenumbers import SUPPORTED_REGIONS

from hub.canonical.refusal import refused

COUNTRIES: frozenset[str] = frozenset(SUPPORTED_REGIONS)
"""Every country that has telephones; the codes are those of ISO 3166-1."""

_ALSO = {"UK": "GB", "EL": "GR"}


def country_code(text: str | None) -> str | None:
    """The two-letter code for `text`, or None for None and blank. Raises RefusedError `unknown_country`."""
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > 16:
        raise refused("unknown_country")
    code = text.strip().upper()
    if not code:
        return None
    code = _ALSO.get(code, code)
    if code not in COUNTRIES:
        raise refused("unknown_country")
    return code
