"""What commands say of a small graph: every format, every reason for an empty answer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import command
import pytest
from command import Run

from modelkin.cypher import catalogue
from modelkin.graph import hints
from modelkin.graph.client import Graph
from modelkin.graph.walk import Step

WHOLE = {
    "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "vocab_size": 32000,
    "num_attention_heads": 32, "intermediate_size": 11008, "hidden_act": "silu",
}  # fmt: skip
CONFIGS = {
    "a/base": WHOLE,
    "a/tuned": WHOLE,
    "a/grown": WHOLE | {"vocab_size": 32001},
    "b/wide": WHOLE | {"hidden_size": 8192},
    "b/gapped": {k: v for k, v in WHOLE.items() if k != "hidden_act"},
    "b/poor": {"hidden_size": 4096, "num_hidden_layers": 32},
}
EDGES = [("a/base", "a/tuned", "finetune"), ("a/tuned", "a/grown", "merge"),
         ("a/base", "a/grown", "merge"), ("a/base", "a/lora", "adapter")]  # fmt: skip


@pytest.fixture(scope="module")
def run(command_environ: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run a command on the small graph in this process; gives exit code, stdout, stderr."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("answers"))
        lines = [json.dumps({"model_id": m, **c}) + "\n" for m, c in CONFIGS.items()]
        Path("configs.jsonl").write_text("".join(lines))
        Path("edges.csv").write_text(
            "parent,child,relation\n" + "".join(",".join(edge) + "\n" for edge in EDGES)
        )
        for line in ("load graph edges.csv", "load configs configs.jsonl"):
            code, _, err = command.run(*line.split())
            assert code == 0, err
        yield command.run


@pytest.fixture(scope="module")
def unwritten(run: Run) -> str:
    """What `similar` says before any similarity is stored."""
    return run("similar", "a/base")[2]


@pytest.fixture(scope="module")
def written(run: Run, unwritten: str) -> Run:
    """The same after everything was computed and stored."""
    for line in ("depth --write", "drift --write", "similarity write"):
        code, _, err = run(*line.split())
        assert code == 0, err
    return run


def test_lineage_is_a_tree_with_its_drift_explained(written: Run) -> None:
    code, out, err = written("lineage", "a/base")
    assert code == 0
    assert out.splitlines()[0] == "ancestors of a/base: none"
    assert "├─ [merge, drift 0.143] a/grown" in out
    assert "[finetune, drift 0] a/tuned" in out
    assert "├─ [adapter] a/lora" in out, "an unknown drift is not shown"
    assert "drift: distance from the parent's configuration" in err


def test_lineage_in_every_format_has_every_edge(written: Run, tmp_path: Path) -> None:
    code, text, _ = written("lineage", "a/tuned", "--format", "json")
    rows = json.loads(text)
    assert code == 0
    assert [(r["direction"], r["hops"], r["parent"], r["child"]) for r in rows] == [
        ("up", 1, "a/base", "a/tuned"), ("down", 1, "a/tuned", "a/grown"),
    ]  # fmt: skip
    assert [r["model_id"] for r in rows] == ["a/base", "a/grown"]
    assert rows[0]["drift"] == 0
    _, text, _ = written("lineage", "a/base", "--down", "--format", "jsonl")
    edges = {(r["parent"], r["child"], r["relation"]) for r in map(json.loads, text.splitlines())}
    assert edges == set(EDGES)
    _, text, _ = written("lineage", "a/base", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(EDGES)
    _, text, _ = written("lineage", "a/base", "--format", "table")
    assert len(text.splitlines()) == 2 + len(EDGES)
    target = tmp_path / "lineage.csv"
    assert written("lineage", "a/base", "-o", str(target))[0] == 0
    assert target.read_text().startswith("direction,hops,model_id")
    drawn = tmp_path / "lineage.txt"
    assert written("lineage", "a/base", "-o", str(drawn))[0] == 0
    assert "└─ " in drawn.read_text()
    assert written("lineage", "a/base", "--format", "xml")[0] == 2


def test_a_small_drift_is_not_shown_as_none() -> None:
    from modelkin.commands.lineage import edge_words

    shown = {
        drift: edge_words(Step("a", "b", "merge", ("merge", "untyped"), drift))
        for drift in (None, 0.0, 1e-6, 0.0004, 0.0006, 0.25, 1.0)
    }
    words = ["", ", drift 0", ", drift <0.001", ", drift <0.001", ", drift 0.001",
             ", drift 0.250", ", drift 1.000"]  # fmt: skip
    assert list(shown.values()) == [f"[merge+untyped{w}]" for w in words]


def test_diff_names_the_models_and_keeps_its_keys(written: Run) -> None:
    code, out, _ = written("diff", "a/base", "b/wide")
    assert code == 0
    assert out.split()[:3] == ["attribute", "a/base", "b/wide"]
    row = json.loads(written("diff", "a/base", "b/wide", "--format", "json")[1])[0]
    assert list(row) == [
        "attribute", "first_id", "first", "second_id", "second", "state", "compared",
    ]  # fmt: skip
    assert (row["first_id"], row["first"]) == ("a/base", 4096)
    assert (row["second_id"], row["second"]) == ("b/wide", 8192)
    assert "no difference is known" in written("diff", "a/base", "a/tuned")[2]
    code, _, err = written("diff", "a/base", "A/Base")
    assert code == 2
    assert "Both models are a/base" in err


def test_a_path_says_which_model_is_the_older(written: Run) -> None:
    _, forward, said = written("path", "a/base", "a/grown")
    assert "a/grown descends from a/base: 1 hop" in said
    code, backward, turned = written("path", "a/grown", "a/base")
    assert code == 0
    assert backward == forward
    assert "a/grown descends from a/base, not the other way round" in turned
    assert written("path", "a/base", "a/base")[0] == 2


@pytest.mark.parametrize("style", ["table", "csv", "json", "jsonl"])
def test_no_path_is_an_answer(written: Run, style: str) -> None:
    code, out, err = written("path", "a/base", "b/wide", "--format", style)
    assert code == 0
    assert "neither of a/base and b/wide descends from the other within 50 hops" in err
    assert "b/wide" not in out
    if style == "json":
        assert json.loads(out) == []
    if style == "csv":
        assert out.split() == ["parent,relations,child,drift"]


def test_common_names_the_models(written: Run) -> None:
    code, out, _ = written("common", "a/tuned", "a/lora")
    assert code == 0
    assert "hops from a/tuned   hops from a/lora" in out.splitlines()[0]
    row = json.loads(written("common", "a/tuned", "a/lora", "--format", "json")[1])[0]
    assert row == {"ancestor": "a/base", "hops_from_first": 1, "hops_from_second": 1}
    assert "have no common ancestor within 50 hops" in written("common", "a/base", "b/wide")[2]


def test_similar_says_why_there_is_nothing(unwritten: str, written: Run) -> None:
    assert "none are stored yet; `modelkin similarity write`" in unwritten
    code, _, err = written("similar", "a/lora")
    assert code == 0
    assert "the configuration of a/lora is not known" in err
    code, _, err = written("similar", "b/poor")
    assert code == 0
    assert "b/poor knows 2 of the 16 compared fields, and at least 6 are asked for" in err
    assert "--min-shared 2" in err


def test_similar_says_what_distance_0_and_unknown_are(written: Run) -> None:
    code, out, err = written("similar", "b/gapped")
    assert code == 0
    first = out.splitlines()[2].split()
    assert first[2] == "0"
    assert first[-1] == "unknown"
    assert "distance 0: equal in every field that both know" in err
    assert "related unknown" in err
    rows = json.loads(written("similar", "b/gapped", "--format", "json")[1])
    assert rows[0]["related"] is None
    assert len(written("similar", "b/gapped", "--limit", "1", "--format", "jsonl")[1]
               .splitlines()) == 1  # fmt: skip


def test_lists_leave_out_what_serves_commands(run: Run) -> None:
    def names(*arguments: str) -> set[str]:
        return {r["name"] for r in json.loads(run("queries", *arguments, "--format", "json")[1])}

    steps = {q.name for q in catalogue.questions() if q.serves}
    assert steps == {"lineage/candidates", "lineage/resolve", "lineage/step_down",
                     "lineage/step_up"}  # fmt: skip
    assert not names("list") & steps
    assert names("list") == {q.name for q in catalogue.questions()} - steps
    assert names("list", "--all") == {q.name for q in catalogue.every() if q.mode == "read"}
    assert not names("search", "frontier")
    assert names("search", "frontier", "--all") == {"lineage/step_down", "lineage/step_up"}


def test_a_questions_own_limit_raises_that_of_the_rows(written: Run) -> None:
    query = catalogue.get("children")
    text = ("queries", "run", query.name, "model_id=a/base", "--limit", "1", "--format", "json")
    assert len(json.loads(written(*text)[1])) == 1
    code, out, err = written(*text, "limit=3")
    assert code == 0
    assert len(json.loads(out)) == 3
    assert "there are more" not in err


def test_a_question_refuses_relations_that_are_none(run: Run) -> None:
    code, out, err = run("queries", "run", "children", "model_id=a/base", "relations=mrge")
    assert (code, out) == (2, "")
    assert "Unknown relation 'mrge'" in err
    assert "hint" in err
    text = ("queries", "run", "children", "model_id=a/base", "--format", "json")
    assert {r["child"] for r in json.loads(run(*text, "relations=LoRA")[1])} == {"a/lora"}
    assert json.loads(run(*text, "relations=hint")[1]) == []


def test_headings_are_the_names_of_columns_in_every_format(written: Run) -> None:
    question = ("queries", "run", "children", "model_id=a/base")
    table, csv_text = (written(*question, "--format", f)[1] for f in ("table", "csv"))
    assert table.splitlines()[0].split() == csv_text.splitlines()[0].split(",")


def test_parameters_of_a_question_need_no_option(run: Run) -> None:
    code, bare, _ = run("queries", "run", "children", "model_id=a/base", "--format", "json")
    assert code == 0
    assert len(json.loads(bare)) == 3
    assert run("queries", "run", "children", "-p", "model_id=a/base", "--format", "json")[1] == bare
    assert "model_id: 'a/base'" in run("queries", "show", "children", "model_id=a/base")[1]
    assert run("queries", "run", "children", "model_id=A/BASE", "--format", "json")[1] == bare
    code, _, err = run("queries", "run", "children", "model_id=a/bass")
    assert code == 2
    assert "closest: a/base" in err
    code, _, err = run("queries", "run", "children", "a/base")
    assert code == 2
    assert "name=VALUE" in err


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("MATCH (m:Modell) RETURN m", "no label Modell: did you mean Model?"),
        ("MATCH (m) WHERE m:Confgured RETURN count(m) AS n", "did you mean Configured?"),
        ("MATCH ()-[e:PARENTOF]->() RETURN e", "no relationship PARENTOF: did you mean PARENT_OF?"),
        ("MATCH (m:Model) RETURN m.hiddensize AS h", "no property hiddensize: did you mean hidden"),
        ("MATCH (m:Model {modelid: 'a/base'}) RETURN m", "no property modelid: did you mean model"),
    ],
)  # fmt: skip
def test_free_cypher_hints_at_unknown_names(run: Run, text: str, hint: str) -> None:
    code, _, err = run("cypher", text)
    assert code == 0
    assert any(line.startswith("hint: ") and hint in line for line in err.splitlines())


def test_no_hint_names_what_the_graph_has(written: Run, graph: Graph) -> None:
    for query in catalogue.every():
        assert hints.hints(query.text) == [], query.name
    text = (
        "MATCH (n) UNWIND keys(n) AS k RETURN DISTINCT k UNION "
        "MATCH ()-[e]->() UNWIND keys(e) AS k RETURN DISTINCT k"
    )
    stored = {row[0] for row in graph.ask(text).rows}
    assert len(stored) > 40
    for name in sorted(stored):
        assert hints.hints(f"MATCH (m:Model) RETURN m.{name} AS x") == [], name
    own = (
        "WITH {one: 1} AS r, [x IN [1] WHERE x > 0 | x] AS l RETURN r.one, $p.any, 1.5, date.x('a')"
    )
    assert hints.hints(own) == []


def test_an_export_as_csv_is_two_tables(written: Run, tmp_path: Path) -> None:
    target = tmp_path / "family.csv"
    code, out, err = written("export", "a/base", "--as", "csv", "-o", str(target))
    assert (code, out) == (0, "")
    models = tmp_path / "family.models.csv"
    assert str(models) in err
    edges = list(csv.DictReader(target.read_text().splitlines()))
    nodes = {row["model_id"]: row for row in csv.DictReader(models.read_text().splitlines())}
    assert {(e["parent_id"], e["child_id"], e["relation"]) for e in edges} == set(EDGES)
    assert set(nodes) == {"a/base", "a/tuned", "a/grown", "a/lora"}
    assert nodes["a/base"]["hidden_size"] == "4096"
    assert nodes["a/lora"]["hidden_size"] == ""
    target.unlink()
    assert written("export", "a/base", "--as", "csv", "-o", str(target))[0] == 2
    assert not target.exists(), "both files or none"
    assert written("export", "a/base", "--as", "csv", "-o", str(target), "--force")[0] == 0
    _, out, err = written("export", "a/base", "--as", "csv")
    assert len(out.splitlines()) == 1 + len(EDGES)
    assert "only the edges are printed" in err
