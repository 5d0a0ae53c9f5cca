"""`make assets`: copy the few browser files the pages need from node_modules to static/vendor, which is committed.

A newcomer, the tests and production read static/vendor only. Two things are changed on the way, both so that the
content security policy can stay at `img-src 'self'` without `data:` and without inline SVG from a package:

- pictures that Tabler's style sheet carries as `data:` URIs become files beside it;
- the icons in `ICONS`, and no others, become one SVG sprite.

The same node_modules gives the same bytes. `digests.json` holds the SHA-256 of every file written;
tests/shape/test_vendored_assets.py holds the folder to it. What came from outside is pinned by package-lock.json.
"""

import hashlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"

ICONS = (
    "alert-triangle",
    "arrows-join",
    "ban",
    "check",
    "chevron-left",
    "chevron-right",
    "circle-check",
    "clock",
    "contrast",
    "download",
    "history",
    "hourglass-low",
    "inbox",
    "info-circle",
    "layout-dashboard",
    "list-check",
    "logout",
    "menu-2",
    "notebook",
    "shield-check",
    "x",
)


@dataclass(frozen=True)
class Source:
    """One package: where it lies in node_modules, what it is called in static/vendor, which files are copied."""

    package: str
    folder: str
    files: Mapping[str, str]


SOURCES = (
    Source("@tabler/core", "tabler-core", {"dist/css/tabler.min.css": "tabler.min.css"}),
    Source("@tabler/icons", "tabler-icons", {"LICENSE": "LICENSE"}),
    Source(
        "@fontsource-variable/ibm-plex-sans",
        "ibm-plex-sans",
        {
            "files/ibm-plex-sans-latin-wght-normal.woff2": "latin.woff2",
            "files/ibm-plex-sans-latin-ext-wght-normal.woff2": "latin-ext.woff2",
            "LICENSE": "LICENSE",
        },
    ),
    Source(
        "@fontsource/ibm-plex-mono",
        "ibm-plex-mono",
        {"files/ibm-plex-mono-latin-400-normal.woff2": "latin-400.woff2", "LICENSE": "LICENSE"},
    ),
    Source(  # no page loads them: the PDF of a test buy embeds what it uses of them
        "dejavu-fonts-ttf",
        "dejavu-fonts",
        {
            "ttf/DejaVuSans.ttf": "DejaVuSans.ttf",
            "ttf/DejaVuSans-Bold.ttf": "DejaVuSans-Bold.ttf",
            "LICENSE": "LICENSE",
        },
    ),
)

_DATA_PICTURE = re.compile(r'url\("data:image/svg\+xml,([^"]*)"\)')
_SOURCE_MAP = re.compile(r"\n?/\*# sourceMappingURL=[^*]*\*/\s*$")
_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def lift_pictures(sheet: str) -> tuple[str, dict[str, bytes]]:
    """The style sheet with every `data:` picture replaced by `url("<digest>.svg")`, and those files by name.

    Raises ValueError when a `data:` address of another form is left, so that a new version cannot bring one in unseen.
    """
    pictures: dict[str, bytes] = {}

    def lift(found: re.Match[str]) -> str:
        content = unquote(found[1]).encode()
        name = f"picture-{_sha256(content)[:12]}.svg"
        pictures[name] = content
        return f'url("{name}")'

    lifted = _SOURCE_MAP.sub("\n", _DATA_PICTURE.sub(lift, sheet))
    if "data:" in lifted:
        raise ValueError("the style sheet holds a data: address of an unknown form: extend _DATA_PICTURE")
    return lifted, pictures


def sprite(drawings: Mapping[str, str]) -> str:
    """One SVG with a `<symbol id=NAME>` per icon, drawn in the colour of the text around its `<use>`."""
    # on each symbol, not on the outer svg: a <use> from another document copies the symbol alone
    style = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    symbols = []
    for name, drawing in sorted(drawings.items()):
        found = _DRAWING.search(drawing)
        if found is None:
            raise ValueError(f"icon {name} is not an <svg> with content")
        paths = " ".join(found[1].split()).replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" /> ', "")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24" {style}>{paths}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _built(modules: Path) -> Iterator[tuple[str, bytes]]:
    """(path below static/vendor, content) of every file, sheets lifted and icons joined."""
    for source in SOURCES:
        home = modules / source.package
        version = json.loads((home / "package.json").read_text("utf-8"))["version"]
        folder = f"{source.folder}-{version}"
        for origin, name in source.files.items():
            content = (home / origin).read_bytes()
            if name.endswith(".css"):
                sheet, pictures = lift_pictures(content.decode("utf-8"))
                yield from ((f"{folder}/{picture}", drawn) for picture, drawn in sorted(pictures.items()))
                content = sheet.encode()
            yield f"{folder}/{name}", content
        if source.folder == "tabler-icons":
            drawings = {name: (home / "icons" / "outline" / f"{name}.svg").read_text("utf-8") for name in ICONS}
            yield f"{folder}/sprite.svg", sprite(drawings).encode()


def vendor(modules: Path, target: Path) -> dict[str, str]:
    """Replace the folder `target` by what SOURCES and ICONS name, and return its SHA-256 digests by path.

    A crash leaves the old folder, or none and the new one beside it: run it again.
    """
    fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=target.parent))
    fresh.chmod(0o755)
    try:
        digests: dict[str, str] = {}
        for path, content in _built(modules):
            file = fresh / path
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
            digests[path] = _sha256(content)
        (fresh / "digests.json").write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n", "utf-8")
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return digests


def main() -> int:
    """Vendor into static/vendor of this checkout; 0 when done, 1 with what to do when npm has not run."""
    try:
        digests = vendor(ROOT / "node_modules", VENDOR)
    except FileNotFoundError as missing:
        sys.stderr.write(f"{missing.filename} is missing: run `npm ci`, or mend its name in hub/manage/assets.py\n")
        return 1
    sys.stdout.write(f"{len(digests)} files in {VENDOR.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
