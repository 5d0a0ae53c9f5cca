"""One vocabulary: what has a name in code is explained where people look, and what is explained exists."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import click
import pytest

from hub import app
from hub.access.grants import GRANTS, ROLES
from hub.access.permissions import WORDS, Permission
from hub.access.tlp import MemberKind
from hub.client.cli import alliance
from hub.client.errors import EXIT_CODES
from hub.db import Model
from hub.ledger.events import OTHERWISE, SENTENCES, Event
from hub.manage.cli import main as hub
from hub.web.problems import TYPES
from tests.shape.source import ROOT, Modules, modules, seeded

SETTING = re.compile(r"(HUB|ALLIANCE)_[A-Z_]+")


def documented(page: str) -> list[str]:
    """The things that a page explains: what the first column of its tables holds in backticks."""
    return first_columns((ROOT / "docs" / page).read_text("utf-8"))


def first_columns(text: str) -> list[str]:
    """The words in backticks at the beginning of each row that explains something."""
    return re.findall(r"^\| `([^`]+)`[^|]*\|[^\n]*\w[^\n]*\|$", text, flags=re.MULTILINE)


def test_a_row_without_an_explanation_documents_nothing() -> None:
    assert first_columns("| thing | means |\n|---|---|\n| `a` | something |\n| `b` | |\n") == ["a"]


def test_every_event_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Event)


def test_every_sentence_says_something() -> None:
    assert [event for event, words in [*SENTENCES.items(), *OTHERWISE.items()] if len(words.split()) < 3] == []


def test_an_event_is_a_thing_and_what_happened() -> None:
    assert [event for event in Event if not re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", event)] == []


def test_a_permission_is_a_thing_and_a_verb() -> None:
    assert [each for each in Permission if not re.fullmatch(r"[a-z]+:[a-z]+(-[a-z]+)*", each)] == []


def test_no_permission_has_two_names() -> None:
    assert [name for name, each in Permission.__members__.items() if name != each.name] == []


def test_every_permission_is_granted_to_some_kind_of_member() -> None:
    assert set(Permission) - frozenset().union(*GRANTS.values()) == set()


def test_every_permission_is_granted_to_some_role() -> None:
    assert set(Permission) - frozenset().union(*ROLES.values()) == set()


def test_what_the_administration_alone_may_is_to_administer_and_to_see_to_applications() -> None:
    others = frozenset().union(*(granted for kind, granted in GRANTS.items() if kind is not MemberKind.ADMINISTRATION))
    told = {each for each in Permission if each.endswith(":administer") or each.startswith("application:")}
    assert set(Permission) - others == told


def test_every_permission_has_words() -> None:
    assert set(WORDS) == set(Permission)


def unnamed(tables: Iterable[str], glossary: str) -> list[str]:
    """The tables that the glossary does not name."""
    return [table for table in tables if f"`{table}`" not in glossary]


def test_every_table_is_named_in_the_glossary() -> None:
    assert app.APIS, "imports every model"
    assert unnamed(Model.metadata.tables, (ROOT / "GLOSSARY.md").read_text("utf-8")) == []


def test_a_table_that_the_glossary_does_not_name_is_noticed() -> None:
    assert unnamed(["member", "question"], "| member | an organisation | `member` |") == ["question"]


def settings(found: Modules) -> set[str]:
    """The environment variables that some module names in a string of its own."""
    return {
        node.value
        for module in found.values()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETTING.fullmatch(node.value)
    }


def test_a_setting_that_code_names_is_noticed() -> None:
    assert settings(seeded("hub/a.py", "NAME = 'HUB_COLOUR'\n'HUB_PORT is taken'\n")) == {"HUB_COLOUR"}


def commands(command: click.Command, name: str) -> Iterator[str]:
    """Every command below, as typed; a group alone does nothing."""
    if isinstance(command, click.Group):
        for word, each in command.commands.items():
            yield from commands(each, f"{name} {word}")
    else:
        yield name


def test_a_command_in_a_group_is_found() -> None:
    group = click.Group("member", {"admit": click.Command("admit")})
    assert [*commands(click.Group("hub", {"member": group}), "hub")] == ["hub member admit"]


EXPLAINED = {
    "problems.md": lambda: TYPES,
    "settings.md": lambda: settings(modules("hub")),
    "permissions.md": lambda: list(Permission),
    "commands.md": lambda: [
        *commands(hub, "hub"),
        *commands(alliance, "alliance"),
        *(f"{code:d}" for code in EXIT_CODES),
    ],
}


@pytest.mark.parametrize("page", EXPLAINED)
def test_a_page_explains_all_there_is_and_nothing_there_is_not(page: str) -> None:
    assert sorted(documented(page)) == sorted(EXPLAINED[page]())


def test_a_problem_is_documented_with_its_status() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (\d+) \|", (ROOT / "docs" / "problems.md").read_text("utf-8"), re.MULTILINE)
    assert {slug: int(status) for slug, status in rows} == {each.slug: each.status for each in TYPES.values()}


def test_a_permission_is_documented_with_the_kinds_of_member_that_have_it() -> None:
    told = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", (ROOT / "docs" / "permissions.md").read_text("utf-8"), re.M)
    every = ", ".join(MemberKind)
    granted = {each: ", ".join(kind for kind in MemberKind if each in GRANTS[kind]) for each in Permission}
    assert dict(told) == {each.value: "all" if kinds == every else kinds for each, kinds in granted.items()}


def records() -> dict[str, str]:
    """File name → title of each decision on record."""
    return {path.name: path.read_text("utf-8").partition("\n")[0] for path in sorted((ROOT / "docs" / "adr").glob("*"))}


def test_decisions_are_numbered_one_after_the_other() -> None:
    assert [int(name[:4]) for name in records()] == [*range(1, len(records()) + 1)]


def test_a_decision_has_the_same_number_in_its_name_and_title() -> None:
    told = {name: re.match(r"# (\d{4})\. \S", title) for name, title in records().items()}
    assert [name for name, title in told.items() if title is None or not name.startswith(f"{title[1]}-")] == []


def test_no_two_events_or_permissions_share_their_words() -> None:
    shared = Counter([*WORDS.values(), *SENTENCES.values()])
    assert [words for words, times in shared.items() if times > 1] == []
