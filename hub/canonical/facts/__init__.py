"""Tables of facts that the rules read, as TOML so that other implementations can read them too."""

import tomllib
from importlib.resources import files
from typing import Any


def load(name: str) -> dict[str, Any]:
    """The table `name`.toml of this package. Raises FileNotFoundError if there is none."""
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
