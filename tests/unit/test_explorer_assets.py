"""The page's files: no way for text to become markup, libraries as published, one file possible."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

import modelkin.explorer
from modelkin.explorer import assets
from modelkin.schema.graph import HINT, RELATIONS, UNTYPED

ROOM = Path(modelkin.explorer.__file__).parent
SCRIPTS = pytest.mark.parametrize("name", assets.SCRIPTS)
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
    r"|setHTML|srcdoc|\beval\b|new Function|javascript:|setAttribute\(.style|importScripts"
)


def script(name: str) -> str:
    return assets.text(f"static/{name}.js")


@SCRIPTS
def test_no_script_makes_markup_of_text(name: str) -> None:
    assert not MARKUP.findall(script(name))
    assert "style:" not in script(name)
    assert '"style"' not in script(name).replace(
        'createElementNS("http://www.w3.org/2000/svg", "style")', ""
    )


def test_only_one_module_puts_text_into_the_document() -> None:
    for name in assets.SCRIPTS:
        text = re.sub(r"sheet\.textContent|code\.textContent", "", script(name))
        found = re.findall(r"\.textContent = ([^;]+)", text)
        assert name == "dom" or all("unknown" not in f and "month(" in f for f in found), name


def test_markup_has_no_style_script_or_handler_of_its_own() -> None:
    html = assets.text("static/index.html")
    assert not re.search(r"\sstyle=|<script|<style|\son\w+=", html)
    assert assets.served()["/"][0].count(b"<script") == len(assets.LIBRARIES) + 1


@SCRIPTS
def test_a_module_imports_only_those_before_it(name: str) -> None:
    before = assets.SCRIPTS[: assets.SCRIPTS.index(name)]
    for line in script(name).splitlines():
        if line.startswith("import"):
            found = re.fullmatch(r'import \{ [\w$, ]+ \} from "\./(\w+)\.js";', line)
            assert found, line
            assert found[1] in before, line
    assert len(script(name).splitlines()) <= 400


def test_every_script_and_library_is_listed() -> None:
    assert {p.stem for p in ROOM.glob("static/*.js")} == set(assets.SCRIPTS)
    assert {p.name for p in ROOM.glob("vendor/*.js")} == {f"{n}.min.js" for n in assets.LIBRARIES}


def test_no_name_is_given_twice_at_the_top_of_two_modules() -> None:
    """Else they could not stand in one file."""
    top = re.compile(
        r"^(?:export )?(?:async )?(?:const|let|function|class) (?:\{([^}]+)\}|(\S+?)\b)", re.M
    )
    names = Counter(m[2] for name in assets.SCRIPTS for m in top.finditer(script(name)) if m[2])
    assert len(names) > 60
    assert [name for name, n in names.items() if n > 1] == []


def test_libraries_are_as_published_with_their_licences() -> None:
    readme = assets.text("vendor/README.md")
    rows = re.findall(
        r"^\| (\S+\.min\.js) \| (\S+) \| ([\d.]+) \| ([\w-]+) \| ([0-9a-f]{64}) \|", readme, re.M
    )
    assert {row[0] for row in rows} == {Path(name).name for name in assets.libraries()}
    for file, package, version, licence, digest in rows:
        content = (ROOM / "vendor" / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert f"{package}/ v{version} ".encode() in content.splitlines()[0]
        said = (ROOM / "vendor" / f"{package}.LICENSE").read_text(encoding="utf-8")
        assert ("Permission to use, copy" in said) == (licence == "ISC")
        assert ("Redistribution and use" in said) == (licence == "BSD-3-Clause")


@pytest.mark.parametrize("relation", [*RELATIONS, UNTYPED, HINT])
def test_every_relation_has_a_colour_and_a_dash(relation: str) -> None:
    css = assets.text("static/app.css")
    assert f".r-{relation}" in css
    assert relation == "finetune" or f".edge.d-{relation} " in css
    assert f'"{relation}"' in script("colours")


def test_dark_is_the_same_asked_for_or_by_the_system() -> None:
    css = assets.text("static/app.css")
    blocks = re.findall(r"color-scheme: dark;\n(.*?)\n\s*\}", css, re.S)
    plain = [re.sub(r"\s+", " ", block).strip() for block in blocks]
    assert len(plain) == 2
    assert plain[0] == plain[1]
