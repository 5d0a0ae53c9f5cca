"""The hub's own source, parsed once, for the tests that read it instead of running it."""

import ast
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

Modules = Mapping[str, ast.Module]
"""Path from the root, as in `hub/clock.py` → what stands in it."""


@lru_cache
def modules(*folders: str) -> Modules:
    """Every module of the folders."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


@lru_cache
def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def contract(beginning: str) -> dict[str, Any]:
    """The import contract whose name begins so."""
    (found,) = [each for each in project()["tool"]["importlinter"]["contracts"] if each["name"].startswith(beginning)]
    return dict(found)


def domains() -> list[str]:
    """The folders of hub that are nouns."""
    return sorted(each.removeprefix("hub.") for each in contract("Inside a domain")["containers"])


def seeded(path: str, text: str) -> Modules:
    """One module that exists in a test only."""
    return {path: ast.parse(text)}


def origins(module: ast.Module) -> dict[str, str]:
    """Local name → what it was imported as, in full: `sqlalchemy.text`."""
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for each in node.names:
                top = each.name.partition(".")[0]
                found[each.asname or top] = each.name if each.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def references(module: ast.Module) -> list[tuple[int, str]]:
    """Line and full name of everything imported that the module mentions: `datetime.datetime.now`."""
    known = origins(module)
    found = []
    for node in ast.walk(module):
        head, _, tail = _dotted(node).partition(".")
        if head in known and isinstance(node, ast.expr):
            found.append((node.lineno, f"{known[head]}.{tail}".rstrip(".")))
    return sorted(found)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""
