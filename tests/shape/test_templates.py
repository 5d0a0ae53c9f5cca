"""Every template keeps the rules that the content security policy and a screen reader depend on."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

FOLDER = Path(__file__).resolve().parents[2] / "hub" / "templates"
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))


def _text(name: str) -> str:
    return re.sub(r"\{#.*?#\}", "", (FOLDER / name).read_text("utf-8"), flags=re.DOTALL)


def _tags(name: str, element: str) -> list[str]:
    return re.findall(rf"<{element}\b[^>]*>", _text(name))


@pytest.mark.parametrize("name", NAMES)
def test_template_parses(name: str) -> None:
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
    environment.parse((FOLDER / name).read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_template_has_nothing_inline(name: str) -> None:
    text = _text(name)
    assert re.findall(r"\s(?:style|on[a-z]+)\s*=", text) == []
    assert re.findall(r"<style|javascript:|data:", text) == []
    assert [tag for tag in _tags(name, "script") if " src=" not in tag] == []


@pytest.mark.parametrize("name", NAMES)
def test_template_loads_nothing_from_outside(name: str) -> None:
    assert re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", _text(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_form_that_posts_carries_a_csrf_token(name: str) -> None:
    for form in re.findall(r"<form\b.*?</form>", _text(name), flags=re.DOTALL):
        if 'method="get"' not in form:
            assert "hidden_tag()" in form or "csrf_token()" in form


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_says_what_it_shows_or_that_it_need_not(name: str) -> None:
    assert [tag for tag in _tags(name, "img") if " alt=" not in tag] == []
    assert [tag for tag in _tags(name, "svg") if 'aria-hidden="true"' not in tag and "aria-label" not in tag] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_table_begins_with_a_caption(name: str) -> None:
    text = _text(name)
    assert len(re.findall(r"<table\b", text)) == len(re.findall(r"<table\b[^>]*>\s*<caption", text))


@pytest.mark.parametrize("name", NAMES)
def test_escaping_is_never_switched_off(name: str) -> None:
    told = re.findall(r"\|\s*safe\b|autoescape", _text(name))
    assert told == []
