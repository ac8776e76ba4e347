"""What Neo4j Browser is given: style, guide, saved queries; and who may fetch them."""

from __future__ import annotations

import http.client
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from modelkin.cypher import catalogue, guide
from modelkin.errors import UserError
from modelkin.explorer.browser import BrowserFiles
from modelkin.schema.graph import EDGES, LABELS

PAGE = "http://localhost:7474/browser/"


@pytest.fixture
def files() -> Iterator[BrowserFiles]:
    made = BrowserFiles(PAGE)
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def ask(
    files: BrowserFiles, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", files.server_port, timeout=10)
    sent = {"Host": f"localhost:{files.server_port}", "Origin": "http://localhost:7474", **headers}
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in sent.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


def test_the_style_is_what_browser_can_read() -> None:
    """Its parser knows no comments, no properties in selectors, no : or ; within a value."""
    text = guide.style()
    rules = re.findall(r"([\w.]+) \{\n((?:  [\w-]+: [^:;\n]+;\n)+)\}\n", text)
    assert "".join(f"{head} {{\n{body}}}\n" for head, body in rules) == text
    heads = [head for head, _ in rules]
    assert {h.partition(".")[2] for h in heads if h.startswith("node.")} == set(LABELS)
    assert {h.partition(".")[2] for h in heads if h.startswith("relationship.")} == set(EDGES)
    order = [heads.index(f"node.{label}") for label in ("Model", "Configured", "Stub", "Root")]
    assert order == sorted(order)  # the later rule wins
    looks = {re.search(r"color: (#\w+)", body)[1] for head, body in rules if head != "node"}  # type: ignore[index] # each has one
    assert len(looks) >= 6


def slides() -> list[str]:
    text = guide.guide("http://localhost:1/style.grass", "http://localhost:1/queries.zip")
    return re.findall(r"<slide>(.*?)</slide>", text, re.S)


def test_the_guide_begins_with_the_style() -> None:
    assert 'data-exec="style http://localhost:1/style.grass"' in slides()[0]
    assert len(slides()) >= 9


@pytest.mark.parametrize(("slide", "step"), list(zip(slides()[1:], guide.TOUR, strict=True)))
def test_a_slide_has_the_catalogues_own_query(slide: str, step: guide.Step) -> None:
    blocks = [
        unescape(b) for b in re.findall(r'<pre class="[^"]*runnable">(.*?)</pre>', slide, re.S)
    ]
    query = catalogue.get(step.query)
    assert blocks[-1] == query.text
    assert len(blocks) == 1 + bool(query.params)
    if query.params:
        assert blocks[0] == catalogue.params_line(query, guide.examples(query))
    assert query.mode == "read"


def test_saved_queries_are_every_question() -> None:
    packed = zipfile.ZipFile(io.BytesIO(guide.saved_queries()))
    assert len(packed.namelist()) == len(catalogue.questions())
    for query in catalogue.questions():
        text = packed.read(f"modelkin {query.name}.cypher").decode()
        assert text.startswith(f"// {query.question}\n")
        assert text.endswith(query.text)
    guide.saved_queries.cache_clear()
    assert zipfile.ZipFile(io.BytesIO(guide.saved_queries())).namelist() == packed.namelist()


def test_browser_gets_what_it_asks_for(files: BrowserFiles) -> None:
    asked = {"Access-Control-Request-Headers": "cache-control, pragma, sentry-trace"}
    status, headers, body = ask(files, "/style.grass", "OPTIONS", **asked)
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == "http://localhost:7474"
    assert headers["access-control-allow-headers"] == "cache-control, pragma, sentry-trace"
    status, headers, body = ask(files, "/guide.html")
    assert status == 200
    assert files.url("style.grass").encode() in body
    assert ask(files, "/queries.zip")[2] == guide.saved_queries()
    assert ask(files, "/guide.html", Origin="http://127.0.0.1:7474")[1][
        "access-control-allow-origin"
    ]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:7475", ""])
def test_pages_of_others_cannot_read(files: BrowserFiles, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        assert (
            "access-control-allow-origin" not in ask(files, "/guide.html", method, Origin=origin)[1]
        )


def test_other_names_methods_and_paths_are_refused(files: BrowserFiles) -> None:
    assert ask(files, "/guide.html", Host="evil.example")[0] == 421
    assert ask(files, "/guide.html", Host="localhost")[0] == 421
    for method in ("POST", "PUT", "DELETE", "HEAD"):
        assert ask(files, "/guide.html", method)[0] == 405
    for path in ("/", "/../guide.py", "/style.grass/x", "/etc/passwd"):
        assert ask(files, path)[0] == 404
    headers = ask(files, "/style.grass", "OPTIONS", **{"Access-Control-Request-Headers": "a;b"})[1]
    assert "access-control-allow-headers" not in headers


def test_the_address_fills_in_everything_but_the_password(files: BrowserFiles) -> None:
    address = files.address("bolt://127.0.0.1:7687", "neo4j", "neo4j")
    given = parse_qs(urlsplit(address).query)
    assert address.startswith(PAGE + "?dbms=bolt://neo4j@127.0.0.1:7687&")
    assert given == {
        "dbms": ["bolt://neo4j@127.0.0.1:7687"], "db": ["neo4j"], "cmd": ["guide"],
        "arg": [files.url("guide.html")],
    }  # fmt: skip


def test_what_is_no_address_of_a_browser_is_refused() -> None:
    with pytest.raises(UserError, match="no address of Neo4j Browser"):
        BrowserFiles("localhost:7474")
