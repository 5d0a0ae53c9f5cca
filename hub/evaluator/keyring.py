"""The keys that one evaluator answers for."""

from collections.abc import Collection
from functools import lru_cache

from hub.tokens import EvaluationKey, KeyId, Seed

_KEPT_KEYS = 256  # deriving one takes 0.1 ms; the bound keeps made-up epoch names from filling the memory


class UnknownKeyError(LookupError):
    """A key id that is none of this evaluator's."""


class Keyring:
    """The keys of one alliance: every well-formed epoch, and the identifier types in `types`.

    Derives each key when it is first asked for, and keeps the 256 last used.
    """

    def __init__(self, seed: Seed, types: Collection[str]) -> None:
        self._seed = seed
        self._types = frozenset(types)
        self._derive = lru_cache(maxsize=_KEPT_KEYS)(self._derive_key)

    def key(self, text: str) -> EvaluationKey:
        """Return the key that `text` names, `alliance.epoch.type`. Raises UnknownKeyError for a foreign or bad name."""
        try:
            key_id = KeyId.parse(text)
        except ValueError as error:
            raise UnknownKeyError(str(error)) from error
        if key_id.alliance != self._seed.alliance:
            raise UnknownKeyError(f"this evaluator serves the alliance {self._seed.alliance} only")
        if key_id.type not in self._types:
            raise UnknownKeyError(f"the identifier type {key_id.type} has no key")
        return self._derive(key_id)

    def _derive_key(self, key_id: KeyId) -> EvaluationKey:
        return EvaluationKey.derive(self._seed.secret, key_id)
