"""The page's own files: markup, style, scripts, and the bundled libraries in their order."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_ROOM = Path(__file__).parent

LIBRARIES = (
    "d3-dispatch", "d3-selection", "d3-drag", "d3-color", "d3-interpolate", "d3-timer", "d3-ease",
    "d3-transition", "d3-zoom", "d3-hierarchy",
)  # fmt: skip
"""Bundled libraries, each after those that it needs; they share the name ``d3``."""

SCRIPTS = (
    "text", "dom", "view", "source", "file", "forest", "layout", "colours", "picture", "keys",
    "map", "search", "card", "relate", "filters", "table", "save", "start", "panel", "main",
)  # fmt: skip
"""Our modules, each after those that it imports."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def text(name: str) -> str:
    """Return a file of the page, as "static/app.css" or "vendor/d3-zoom.min.js"."""
    return (_ROOM / name).read_text(encoding="utf-8")


def libraries() -> list[str]:
    """Return the names of the bundled libraries' files."""
    return [f"vendor/{name}.min.js" for name in LIBRARIES]


def scripts() -> list[str]:
    """Return the names of our scripts' files."""
    return [f"static/{name}.js" for name in SCRIPTS]


def page(style: str, script: str, head: str = "") -> str:
    """Return the page's markup with what stands for style and scripts put in."""
    html = text("static/index.html")
    for mark, filling in (("head", head), ("style", style), ("script", script)):
        html = html.replace(f"<!-- {mark} -->", filling)
    return html


@cache
def served() -> dict[str, tuple[bytes, str]]:
    """Return every path that the server gives without a key, with content and media type."""
    style = '<link rel="stylesheet" href="/static/app.css">'
    script = "\n".join(
        [
            *(f'<script defer src="/{name}"></script>' for name in libraries()),
            '<script type="module" src="/static/main.js"></script>',
        ]
    )
    files = {
        f"/{name}": (text(name).encode(), TYPES[Path(name).suffix])
        for name in (*libraries(), *scripts(), "static/app.css", "static/icon.svg")
    }
    head = '<link rel="icon" href="/static/icon.svg">'
    files["/"] = (page(style, script, head).encode(), TYPES[".html"])
    return files
