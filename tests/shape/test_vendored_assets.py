"""static/vendor holds what `make assets` wrote and nothing else; what we wrote finds what it names."""

import hashlib
import json
import re
from pathlib import Path

from hub.manage.assets import ICONS, VENDOR, lift_pictures
from hub.web.error_pages import PAGES
from hub.web.filters import STATES
from hub.web.frame import WAYS

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = ROOT / "hub" / "templates"
ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")


def _digests() -> dict[str, str]:
    found: dict[str, str] = json.loads((VENDOR / "digests.json").read_text("utf-8"))
    return found


def test_every_vendored_file_has_the_digest_on_record() -> None:
    held = {
        file.relative_to(VENDOR).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.rglob("*")
        if file.is_file() and file.name != "digests.json"
    }
    assert held == _digests()


def test_vendored_versions_are_those_of_the_lock() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    locked = {entry["version"] for path, entry in lock.items() if path}
    assert {path.partition("/")[0].rpartition("-")[2] for path in _digests()} <= locked


def test_the_lock_names_no_address_a_package_came_from() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")


def test_no_style_sheet_carries_data_or_reaches_outside() -> None:
    for sheet in STATIC.rglob("*.css"):
        addresses = ADDRESS.findall(sheet.read_text("utf-8"))
        assert not [address for address in addresses if ":" in address or address.startswith("//")], sheet.name


def test_every_address_in_a_style_sheet_is_a_file() -> None:
    for sheet in STATIC.rglob("*.css"):
        missing = [a for a in ADDRESS.findall(sheet.read_text("utf-8")) if not (sheet.parent / a).is_file()]
        assert missing == [], sheet.name


def test_every_vendored_icon_is_used_and_every_used_icon_vendored() -> None:
    text = "".join(template.read_text("utf-8") for template in TEMPLATES.rglob("*.html"))
    named = {mark.icon for mark in (*STATES.values(), *PAGES.values(), *WAYS)}
    quoted = set(re.findall(r"'([a-z0-9-]+)'", text))
    called = set(re.findall(r"\b(?:icon|empty)\('([a-z0-9-]+)'", text))
    assert set(ICONS) - quoted - named == set(), "vendored but not used"
    assert (called | named) - set(ICONS) == set(), "used but not vendored"


def test_pictures_lifted_out_of_a_sheet_are_files_beside_it() -> None:
    sheet, pictures = lift_pictures("a{background:url(\"data:image/svg+xml,%3csvg fill='%23fff'/%3e\")}")
    (name,) = pictures
    assert sheet == f'a{{background:url("{name}")}}'
    assert pictures[name] == b"<svg fill='#fff'/>"
