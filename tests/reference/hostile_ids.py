"""Model ids that mean something to Cypher, a shell, a terminal, a spreadsheet or a browser.

None of them is a Hub id: loads reject them, but a graph may hold what others put into it. Left
out is an id that is "$" with the name of a parameter of its query: in a map like {model_id: id}
the embedded engine takes such a value for the parameter, and finds nothing.
"""

from __future__ import annotations

HOSTILE = (
    "a'b", 'a"b', "a`b", "a\\", "a\\'", "a\\u0060b", "\\u0027 OR 1=1 //",
    "x'}) DETACH DELETE m //", 'x"}) DETACH DELETE m //', "x` SET m.owned = true //",
    "') RETURN 1; MATCH (n) DELETE n", "{model_id: 'x'}", "}", "{", "$x", "$1", "${x}", "{0}",
    "%s", "%(id)s", "//", "/*", "*/", "/* x */", "a\nb", "a\rb", "a\tb", "a\x00b",
    "a\x1b[31mred", "\u202egpj.exe", "\u2028", "\u2066x", "x" * 200, "🙂/模型", "Ⅷ/ﬁ",
    "org/\u0130stanbul", "[bold]x[/bold]", "<script>alert(1)</script>", "&amp;", "]]>", "=1+1",
    "-1", "--help-me/x", "@x", "../../etc/passwd", "C:\\con", "null", "true", " x ", ";",
)  # fmt: skip

COMMANDS = (
    ("lineage", "--", "{}"),
    ("ancestors", "--format", "json", "--", "{}"),
    ("descendants", "--format", "csv", "--", "{}"),
    ("path", "--", "{}", "{beside}"),
    ("common", "--", "{}", "{beside}"),
    ("config", "--", "{}"),
    ("diff", "--", "{}", "{beside}"),
    ("similar", "--", "{}"),
    ("export", "--as", "graphml", "--", "{}"),
    ("export", "--as", "csv", "--raw", "--", "{}"),
    ("export", "--as", "json", "--", "{}"),
    ("queries", "run", "lineage/children", "-p", "model_id={}"),
)
"""Every command that takes a model; "{}" stands for it, "{beside}" for a relative."""


def words(command: tuple[str, ...], model: str, beside: str) -> list[str]:
    """The words of a command about these models."""
    said = {"{}": model, "{beside}": beside, "model_id={}": f"model_id={model}"}
    return [said.get(word, word) for word in command]
