"""Write the parts of docs/ that come from the code: schema, queries, analyses.

Run by ``make docs``; a test fails when a page is not what this script would write.
"""

from __future__ import annotations

from pathlib import Path

from modelkin.analysis.registry import ANALYSES
from modelkin.cypher import catalogue
from modelkin.schema.attributes import ATTRIBUTES
from modelkin.schema.families import FAMILIES
from modelkin.schema.graph import (
    EDGES,
    HINT,
    HINT_WORDS,
    LABELS,
    RELATION_WORDS,
    RELATIONS,
    UNTYPED,
)

HERE = Path(__file__).parent
NOTE = "<!-- Made by docs/generate.py from the code: change the code, then run `make docs`. -->\n"


def schema() -> str:
    """Return the page on labels, relations and attributes."""
    out = [
        "# Schema\n\n" + NOTE,
        "\nWhat stands in the graph. The hand-written words are in [glossary.md](glossary.md).\n",
        "\n## Labels\n\n| label | meaning |\n| --- | --- |\n",
        *(f"| `:{label}` | {about} |\n" for label, about in LABELS.items()),
        "\n## Relationships\n\n| relationship | meaning |\n| --- | --- |\n",
        *(f"| `{kind}` | {about} |\n" for kind, about in EDGES.items()),
        "\n## Relations of `PARENT_OF`\n\n",
        "One edge for each (parent, child). `claims` says which run claims which relation, "
        "`relations` holds all of them, `relation` the primary one. Filters test membership in "
        "`relations`.\n\n| relation | words of the Hub that mean it |\n| --- | --- |\n",
    ]
    for relation in (*RELATIONS, UNTYPED):
        words = [f"`{w}`" for w, r in RELATION_WORDS.items() if r == relation and w]
        out.append(f"| {relation} | {', '.join(words)} |\n")
    hints = ", ".join(f"`{word}`" for word in sorted(HINT_WORDS))
    out.append(f"| {HINT} | {hints} (loaded only with `--hints`, in no measure) |\n")
    out.append(
        "\n## Attributes of `Model`\n\n"
        "The aliases are other keys of config.json and other column names (`config_` before a "
        "name is taken off). Outside its band a value is impossible.\n\n"
        "| attribute | kind | meaning | compared in | weight | band | aliases |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    for a in ATTRIBUTES:
        band = "" if a.low is None and a.high is None else f"{_n(a.low)} … {_n(a.high)}"
        aliases = ", ".join(f"`{alias}`" for alias in a.aliases)
        out.append(
            f"| `{a.name}` | {a.kind} | {a.about} | {', '.join(a.sets)} | "
            f"{a.weight:g} | {band} | {aliases} |\n"
        )
    out.append(
        "\n## Families\n\nBy `model_type`: a partition. A known type in none of them is "
        "`other`; a model without type and architecture is `unknown`.\n\n"
        "| family | model types |\n| --- | --- |\n"
    )
    out += [f"| {family} | {types} |\n" for family, types in FAMILIES.items()]
    return "".join(out)


def queries() -> str:
    """Return the page on the catalogue."""
    out = [
        "# Questions\n\n" + NOTE,
        "\nEach is a file under `cypher/`. `modelkin queries run NAME name=VALUE` runs it; "
        "`modelkin queries show NAME` prints it with a `:param` line for Neo4j Browser.\n",
    ]
    for folder in catalogue.QUESTIONS:
        out.append(f"\n## {folder}\n\n| query | question | parameters |\n| --- | --- | --- |\n")
        for query in catalogue.every(folder):
            if query.serves:
                continue
            params = ", ".join(f"`{p.name}`" for p in query.params)
            out.append(f"| `{query.name}` | {query.question} | {params} |\n")
    return "".join(out)


def analyses() -> str:
    """Return the page on the registry."""
    out = ["# Analyses\n\n" + NOTE]
    for a in ANALYSES:
        out.append(
            f"\n## {a.name}\n\n{a.question}\n\n"
            f"- needs: {', '.join(a.needs)}\n"
            f"- writes to the graph: {a.writes or 'nothing'}\n"
            f"- tables: {', '.join(f'`{t}.csv`' for t in a.tables)}\n"
            f"- figures: {', '.join(f'`{f}.png`' for f in a.figures)}\n"
        )
    return "".join(out)


def _n(value: float | None) -> str:
    """Spell a bound."""
    return "" if value is None else f"{value:,.0f}" if value < 1e9 else f"{value:g}"


PAGES = {"schema.md": schema, "queries.md": queries, "analyses.md": analyses}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
