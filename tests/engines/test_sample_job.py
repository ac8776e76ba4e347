"""The main job on the shipped sample, through the command line, on both engines.

The rows recorded for every question (tests/data/golden_sample/) are the same on both: they notice
any change of the sample, the loaders, the measures or the queries. After a change that is meant,
``MODELKIN_RECORD=1 pytest tests/engines/test_sample_job.py -k embedded`` writes them anew; read
the difference before it is committed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import command
import networkx as nx
import pytest
from command import Run

from modelkin import __version__
from modelkin.analysis import registry
from modelkin.cypher import catalogue
from modelkin.cypher.query import Query
from modelkin.data.sample import make
from modelkin.graph.client import Graph
from modelkin.graph.values import Edge, Node

FOLDER = Path(__file__).parents[1] / "data" / "golden_sample"
RECORD = os.environ.get("MODELKIN_RECORD") == "1"
FIRST_ROWS = 15
DIGITS = 9  # engines add in different orders: the last digits of means are theirs
STAR = "mistralai/Mistral-7B-v0.1"


@pytest.fixture(scope="module")
def run(command_environ: None) -> Run:
    """Run a command in this process; gives exit code, stdout, stderr."""
    return command.run


@pytest.fixture(scope="module")
def job(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything loaded, measured and written back; gives the folder of results."""
    folder = tmp_path_factory.mktemp("job")
    paths = make.make_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        kinds = {"graph": "graph", "ecosystem": "ecosystem", "configs": "jsonl", "arena": "arena"}
        for kind, key in kinds.items():
            code, _, err = run("load", kind, str(paths[key]))
            assert code == 0, err
        for command in (["depth", "--write"], ["drift", "--write"], ["similarity", "write"],
                        ["mutations"], ["coherence"]):  # fmt: skip
            code, _, err = run(*command, "--output", str(folder / "out"))
            assert code == 0, err
    return folder


def plain(value: Any) -> Any:
    """What JSON holds: nodes as ids, edges as types, floats rounded, run ids and times masked."""
    match value:
        case Node():
            return value.model_id
        case Edge():
            return value.type
        case float():
            return float(f"{value:.{DIGITS}g}")
        case str():
            value = re.sub(r"\b[0-9a-f]{16}\b|\b[0-9a-f]{64}\b", "<run>", value)
            return re.sub(r"^20\d\d-\d\d-\d\dT[\d:]{8}\+00:00$", "<time>", value)
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def answer(graph: Graph, query: Query) -> dict[str, Any]:
    """What is recorded of an answer: how many rows, and the first of them."""
    given = {p.name: p.example for p in query.params if p.example is not None}
    values = catalogue.bind(query, given)
    rows = [plain(list(row.values())) for row in graph.fetch(query, **values)]
    return {"params": given, "columns": list(query.returns), "n_rows": len(rows),
            "rows": rows[:FIRST_ROWS]}  # fmt: skip


def spelled(found: dict[str, Any]) -> str:
    """JSON with one row a line."""
    head = {key: value for key, value in found.items() if key != "rows"}
    rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in found["rows"])
    lines = [f' "{key}": {json.dumps(value)},' for key, value in head.items()]
    return "\n".join(["{", *lines, ' "rows": [', f"  {rows}", " ]", "}", ""])


@pytest.mark.parametrize("query", catalogue.questions(), ids=lambda q: q.name)
def test_rows_on_the_sample(graph: Graph, job: Path, query: Query) -> None:
    file = FOLDER / f"{query.name.replace('/', '-')}.json"
    found = answer(graph, query)
    if RECORD and graph.engine == "embedded":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(spelled(found), encoding="utf-8")
    assert found == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("query", catalogue.questions(), ids=lambda q: q.name)
def test_examples_give_rows(graph: Graph, job: Path, query: Query) -> None:
    if query.name.startswith("audit/"):
        return  # that an audit finds nothing is good news
    assert answer(graph, query)["rows"]


def test_every_recording_is_of_a_question() -> None:
    names = {q.name.replace("/", "-") for q in catalogue.questions()}
    assert {file.stem for file in FOLDER.glob("*.json")} == names


def answers(graph: Graph) -> list[dict[str, Any]]:
    """The answers to all questions, times left out."""
    return [answer(graph, query) for query in catalogue.questions()]


def test_the_same_load_again_changes_nothing(run: Run, job: Path, graph: Graph) -> None:
    before = answers(graph)
    code, _, err = run("load", "graph", str(job / "ai_ecosystem_graph.pkl"))
    assert code == 0
    assert "complete before" in err
    assert answers(graph) == before


def test_depths_agree_with_networkx(run: Run, job: Path, graph: Graph) -> None:
    edges = graph.fetch(catalogue.get("fetch/edges"))
    world = nx.DiGraph((e["parent"], e["child"]) for e in edges if e["parent"] != e["child"])
    stored = {r["model_id"]: r for r in graph.fetch(catalogue.get("fetch/forest"))}
    roots = [v for v in world if world.in_degree(v) == 0]
    depth = dict.fromkeys(roots, 0)
    for layer, found in enumerate(nx.bfs_layers(world, roots)):
        depth.update(dict.fromkeys(found, layer))
    assert nx.is_directed_acyclic_graph(world), "the sample holds no cycle"
    for v in world:
        assert stored[v]["depth_min"] == depth[v]
        assert stored[v]["n_children"] == world.out_degree(v)
        assert stored[v]["n_descendants"] == len(nx.descendants(world, v))
        assert stored[v]["root"] == (v in roots)
    assert max(r["depth_max"] for r in stored.values() if r["depth_max"] is not None) == (
        nx.dag_longest_path_length(world)
    )


def test_lineage_commands(run: Run, job: Path) -> None:
    code, tree, _ = run("lineage", STAR, "--down", "--wide", "0")
    assert code == 0
    code, text, _ = run("descendants", STAR, "--format", "json")
    rows = json.loads(text)
    assert code == 0
    assert {r["model_id"] for r in rows} <= {line.split("] ")[-1].replace(" ↑ shown above", "")
                                             for line in tree.splitlines()}  # fmt: skip
    code, text, _ = run("descendants", STAR, "--relation", "merge", "--format", "jsonl")
    merges = [json.loads(line) for line in text.splitlines()]
    assert all("merge" in r["relations"] for r in merges)
    assert 0 < len(merges) < len(rows)
    deepest = max(rows, key=lambda r: r["hops"])
    code, text, _ = run("path", STAR, deepest["model_id"], "--format", "csv")
    steps = list(csv.DictReader(io.StringIO(text)))
    assert len(steps) == deepest["hops"]
    assert steps[0]["parent"] == STAR
    assert steps[-1]["child"] == deepest["model_id"]
    code, text, _ = run("ancestors", deepest["model_id"], "--format", "json")
    assert STAR in {r["model_id"] for r in json.loads(text)}


def test_a_wrong_id_is_answered_with_the_closest(run: Run, job: Path) -> None:
    code, out, err = run("lineage", "mistral/Mistral-7B-v01")
    assert code == 2
    assert out == ""
    assert f"closest: {STAR}" in err


def test_config_diff_and_similar(run: Run, job: Path) -> None:
    code, text, _ = run("config", STAR, "--format", "json")
    card = {r["attribute"]: r for r in json.loads(text)}
    assert code == 0
    assert card["hidden_size"]["value"] == 4096
    assert card["hidden_size"]["evidence"] in {"weight-shapes", "catalog", "config.json"}
    assert card["gqa_ratio"]["value"] == 4
    code, text, _ = run("diff", STAR, "mistralai/Mistral-7B-v0.3", "--format", "json")
    states = {r["attribute"]: r["state"] for r in json.loads(text)}
    assert states["vocab_size"] == "changed"
    code, text, _ = run("similar", STAR, "--format", "json")
    near = json.loads(text)
    assert code == 0
    assert len(near) == 10
    distances = [r["distance"] for r in near]
    assert distances == sorted(distances)


def test_exports_are_read_back_with_equal_counts(run: Run, job: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.graphml"
    code, _, err = run("export", STAR, "--as", "graphml", "-o", str(target))
    assert code == 0, err
    world = nx.read_graphml(target)
    code, text, _ = run("export", STAR, "--as", "json")
    data = json.loads(text)
    code, table, _ = run("export", STAR, "--as", "csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert world.number_of_nodes() == len(data["nodes"]) == nx.node_link_graph(
        data, edges="edges"
    ).number_of_nodes()  # fmt: skip
    assert world.number_of_edges() == len(data["edges"]) == len(rows)
    assert world.nodes[STAR]["family"] == "Mistral"
    assert run("export", STAR, "-o", str(target))[0] == 2, "no overwriting without --force"


@pytest.mark.parametrize("analysis", registry.ANALYSES, ids=lambda a: a.name)
def test_the_registry_names_every_table_and_figure(
    graph: Graph, job: Path, analysis: registry.Analysis
) -> None:
    folder = job / "out" / analysis.name / "latest"
    account = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert set(analysis.tables) == set(account["tables"])
    assert set(analysis.figures) == set(account["figures"])
    drawn = {f"{figure}.{panel}.csv" for figure, names in analysis.figures.items()
             for panel in names}  # fmt: skip
    written = {path.name for path in folder.glob("*.csv")}
    assert written == drawn | {f"{table}.csv" for table in analysis.tables}


def test_results_are_files_with_their_account(job: Path) -> None:
    for name, table, figure, panel in (
        ("drift", "config_drift_pairs", "config_drift_analysis", "by_relation"),
        ("mutations", "config_mutation_rates", "mutational_landscape", "rates"),
        ("coherence", "subgraph_similarity_stats", "subgraph_similarity_analysis", "lineages"),
        ("depth", "config_drift_by_depth", "drift_by_depth", "steps"),
        ("similarity", "config_similarity_summary", "similarity_graph", "degrees"),
    ):
        folder = job / "out" / name / "latest"
        account = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert account["funnel"][0][1] >= account["funnel"][-1][1]
        assert (folder / f"{table}.csv").stat().st_size > 100
        assert (folder / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
        assert (folder / f"{figure}.{panel}.csv").stat().st_size > 10
        for about in account["tables"].values():
            assert about["n_used"] <= about["n_scope"]


def test_a_rerun_gives_the_same_bytes(run: Run, job: Path, tmp_path: Path) -> None:
    code, _, err = run("drift", "--output", str(tmp_path))
    assert code == 0, err
    for path in sorted((tmp_path / "drift" / "latest").iterdir()):
        same = job / "out" / "drift" / "latest" / path.name
        if path.name == "run.json":
            first, second = (json.loads(p.read_text(encoding="utf-8")) for p in (path, same))
            assert first.pop("made") | {"at": ""} == second.pop("made") | {"at": ""}
            assert first == second
        else:
            assert path.read_bytes() == same.read_bytes(), path.name


def test_the_account_says_from_what_it_was_made(graph: Graph, job: Path) -> None:
    text = (job / "out" / "drift" / "latest" / "run.json").read_text(encoding="utf-8")
    made = json.loads(text)["made"]
    counts = graph.fetch(catalogue.get("fetch/counts"))[0]
    assert made["version"] == __version__
    assert made["database"]["engine"] == graph.engine
    assert (made["models"], made["edges"]) == (counts["models"], counts["edges"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", made["at"])
    assert "password" not in text


def test_a_measure_says_of_how_much_it_wrote_what(run: Run, job: Path) -> None:
    _, _, err = run("drift", "--write", "--output", str(job / "out"))
    assert re.search(r"written: drift of 942 of 1,422 edges", err)
    assert f"tables and figures: {job / 'out' / 'drift'}" in err
    assert "another database" not in err


def test_audits_count_what_the_sample_holds(run: Run, job: Path) -> None:
    code, text, _ = run("audit", "--format", "json")
    found = {r["audit"]: r["found"] for r in json.loads(text)}
    assert code == 0
    assert found["audit/self_loops"] == 5
    assert found["audit/stubs"] == 42
    assert found["audit/unfinished_runs"] == 0


def test_free_cypher_reads_and_does_not_write(run: Run, job: Path) -> None:
    text = "MATCH (m:Configured) RETURN m.family AS family, count(*) AS n ORDER BY n DESC LIMIT 3"
    code, out, _ = run("cypher", text, "--format", "csv")
    assert code == 0
    assert out.splitlines()[0] == "family,n"
    for hostile in ("CREATE (n:Model {model_id: 'x'})", "MATCH (n) DETACH DELETE n",
                    "LOAD CSV FROM 'file:///etc/passwd' AS l RETURN l"):  # fmt: skip
        code, out, err = run("cypher", hostile)
        assert (code, out) == (2, "")
        assert "error:" in err


def test_an_edge_prints_as_a_chain_and_no_engine_id_is_shown(run: Run, job: Path) -> None:
    text = "MATCH p = (m:Model {model_id: $id})-[e:PARENT_OF]->() RETURN m, e, p LIMIT 1"
    code, out, _ = run("cypher", text, "-p", f"id={STAR}", "--format", "csv")
    assert code == 0
    assert f"{STAR} -[" in out
    code, out, _ = run("cypher", text, "-p", f"id={STAR}", "--format", "json")
    assert "element" not in out
    assert json.loads(out)[0]["m"]["labels"][0] in {"Configured", "Model"}


def test_a_removed_similarity_leaves_no_edge(run: Run, job: Path, graph: Graph) -> None:
    code, _, err = run("similarity", "remove")
    assert code == 0
    assert "SIMILAR_TO edges removed" in err
    assert graph.fetch(catalogue.get("fetch/counts"))[0]["similar"] == 0
    assert run("similarity", "write", "--output", str(job / "out"))[0] == 0
    assert graph.fetch(catalogue.get("fetch/counts"))[0]["similar"] > 0
