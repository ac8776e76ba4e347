"""Known defects of earlier analyses that must not come back; tests/pitfalls.md lists all of them.

Most have their test beside the code that could have them. Here are those that belong to no one
module, and the check that every test named in the list exists.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import warnings
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lineage_worlds import from_synth, tiny
from matplotlib.patches import Polygon, Rectangle
from source_code import MODULES, ROOT, calls, parsed, spelled

from modelkin.analysis import mutations, registry
from modelkin.analysis.inputs import Inputs
from modelkin.analysis.result import Figure, Panel, Result
from modelkin.cypher import catalogue
from modelkin.cypher.rules import strip
from modelkin.data.synth.world import make
from modelkin.loader.configs import ConfigTableSource
from modelkin.loader.records import ModelRow
from modelkin.output import draw
from modelkin.output.results import save
from modelkin.schema.derive import CONTEXT_BOUNDS, SIZE_BOUNDS
from modelkin.schema.families import FAMILIES, OTHER, UNKNOWN, family_of

PAGE = ROOT / "tests" / "pitfalls.md"
PROVE = os.environ.get("MODELKIN_PROVE") == "1"
OPTIONS: dict[str, dict[str, Any]] = {
    "coherence": {"permutations": 49},
    "depth": {"permutations": 49},
}


# The list itself


def rows() -> list[list[str]]:
    """Cells of the table: number, defect, whether it applies, tests."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [
        [c.strip() for c in line.strip("|").split(" | ")] for line in lines if line[:3] == "| D"
    ]


def named(cell: str) -> list[tuple[str, str]]:
    """Files and tests that a cell names."""
    return [tuple(name.split("::", 1)) for name in re.findall(r"`([^`]+::[^`]+)`", cell)]  # type: ignore[misc]


def test_the_list_holds_every_defect_once_with_its_test() -> None:
    assert [row[0] for row in rows()] == [f"D{n}" for n in range(1, 40)]
    for number, defect, applies, tests in rows():
        assert len(defect) > 20, number
        assert re.match(r"(yes|in part|with a later analysis)\b", applies), number
        assert bool(named(tests)) is not applies.startswith("with"), number


def test_every_named_test_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    places = named(text)
    assert len(places) > 60
    for file, test in places:
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        found = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
        assert test in found, f"{file}::{test}"


# Code that runs, on its own and in any order (D1 to D5, D20)


def test_every_module_compiles_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in MODULES:
            compile(path.read_text(encoding="utf-8"), str(path), "exec")


def test_no_name_is_undefined_or_used_before_it_is_there() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "E9,F63,F7,F82"]
    done = subprocess.run([*command, "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_error_is_swallowed_and_no_warning_switched_off() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        tree = parsed(path)
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = spelled(node.type) if node.type else ""
            reraised = any(isinstance(n, ast.Raise) for n in ast.walk(node))
            reason = re.search(r"# noqa: BLE001 .*\w", lines[node.lineno - 1])
            assert node.type is not None, f"{path.name}:{node.lineno}"
            if caught in {"Exception", "BaseException"}:
                assert reraised or reason, f"{path.name}:{node.lineno}"
        silenced = {spelled(call.func).rpartition(".")[2] for call in calls(tree)}
        assert not silenced & {"filterwarnings", "simplefilter"}, path
        for call in calls(tree):  # numpy's own way of saying that a mean is of nothing
            if spelled(call.func).endswith("errstate"):
                assert {k.arg for k in call.keywords} <= {"invalid", "divide"}, path


def test_every_random_number_has_a_seed() -> None:
    for path in MODULES:
        for call in calls(parsed(path)):
            name = spelled(call.func)
            if name.startswith(("np.random.", "numpy.random.", "random.")):
                made = name.rpartition(".")[2]
                assert made in {"default_rng", "SeedSequence", "Random"}, f"{path}: {name}"
                assert call.args or call.keywords, f"{path}: {name} without a seed"


@pytest.fixture(scope="module")
def world() -> Inputs:
    return from_synth(make("dirty", n_models=300, seed=4))


def computed(inputs: Inputs, name: str) -> Result:
    options = OPTIONS.get(name, {})
    return registry.get(name).compute(Inputs(inputs.models, inputs.edges, inputs.forest, options))


@pytest.fixture(scope="module")
def results(world: Inputs) -> dict[str, Result]:
    return {analysis.name: computed(world, analysis.name) for analysis in registry.ANALYSES}


def test_no_analysis_changes_its_inputs_or_depends_on_what_ran_before(
    world: Inputs, results: dict[str, Result]
) -> None:
    untouched = from_synth(make("dirty", n_models=300, seed=4))
    pd.testing.assert_frame_equal(world.models.frame, untouched.models.frame)
    for part in ("parent", "child", "bits", "relation"):
        np.testing.assert_array_equal(getattr(world.edges, part), getattr(untouched.edges, part))
    for name in reversed(results):
        again = computed(untouched, name)
        assert again.findings == results[name].findings
        for one, other in zip(again.tables, results[name].tables, strict=True):
            pd.testing.assert_frame_equal(one.frame, other.frame)


def test_the_working_directory_decides_only_where_results_go(
    results: dict[str, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []
    panel = Panel("bars", pd.DataFrame({"a": ["x", "y"], "v": [1.0, 2.0]}), "a", "v")
    result = replace(results["depth"], figures=(Figure("small", "t", (panel,), "c"),))
    for name in ("one", "other"):
        here = tmp_path / name
        here.mkdir()
        monkeypatch.chdir(here)
        folder = save(result, tmp_path / f"{name} out" / "deep", "run", {})
        assert list(here.iterdir()) == [], "nothing is dropped where somebody happens to stand"
        held.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert held[0] == held[1]
    assert len(held[0]) > 5


IN_ANY_PROCESS = """
import hashlib, sys
from lineage_worlds import from_synth
from listed_source import wood
from memory_graph import MemoryGraph
from modelkin.analysis import registry
from modelkin.analysis.inputs import Inputs
from modelkin.data.synth.world import make
from modelkin.loader.load import load
from modelkin.output.files import frame_to_csv

graph = MemoryGraph()
load(graph, wood(60, 50), "s")
said = [repr(graph.store.dump())]
world = from_synth(make("dirty", n_models=150, seed=4, multi_share=0.5))
for analysis in registry.ANALYSES:
    result = analysis.compute(
        Inputs(world.models, world.edges, world.forest, {"permutations": 9})
    )
    frames = [t.frame for t in result.tables] + [w.frame for w in result.writes]
    frames += [p.data for f in result.figures for p in f.panels]
    said += [frame_to_csv(frame) for frame in frames]
    said += [repr(p.options) for f in result.figures for p in f.panels]
    said += [f.caption for f in result.figures] + list(result.findings)
print(hashlib.sha256("\\n".join(said).encode()).hexdigest(), len(said))
"""


def test_the_seed_of_hashing_does_not_show(tmp_path: Path) -> None:
    """Sets of text have another order in every process: neither numbers nor the graph may follow.

    That equal numbers are drawn as equal bytes is a test of drawing.
    """
    path = os.pathsep.join([str(ROOT / "tests" / "reference"), *sys.path])
    started = [
        subprocess.Popen(
            [sys.executable, "-c", IN_ANY_PROCESS],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        )
        for seed in ("0", "1", "2", "3", "4")[: 5 if PROVE else 2]
    ]  # fmt: skip
    said = [process.communicate()[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    assert len(set(said)) == 1
    assert int(said[0].split()[1]) > 60


# Types, from the file to the measure (D10, D11, D28, D34)

CELLS = ("hidden_size", "num_hidden_layers", "vocab_size", "num_attention_heads", "rope_theta",
         "tie_word_embeddings", "transformers_version")  # fmt: skip


@pytest.fixture
def spellings(tmp_path: Path) -> Inputs:
    """A parent and twelve children whose table spells the same numbers in another way.

    What really differs: a flag held as text, and a version that as a number would be equal.
    """
    parent = ("4096", "32", "32000", "32", "10000", "False", "4.1.0")
    child = ("4096.0", "32.0", "32000.0", "32", "10000.0", "True", "4.10.0")
    path = tmp_path / "configs.csv"
    lines = [",".join(["modelId", *(f"config_{name}" for name in CELLS)])]
    lines += [",".join([f"a/m{k:02}", *(child if k else parent)]) for k in range(13)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = ConfigTableSource(path)
    outcomes = [o for row in source.read() for o in source.normalise(row)]
    assert all(isinstance(o, ModelRow) for o in outcomes)
    models = {o.model_id: dict(o.properties) for o in outcomes if isinstance(o, ModelRow)}
    return tiny(models, [("a/m00", f"a/m{k:02}") for k in range(1, 13)])


def test_a_flag_held_as_text_is_compared_as_a_flag(spellings: Inputs) -> None:
    drift = registry.get("drift").compute(spellings).writes[0].frame
    assert drift["changed"].tolist() == [["tie_word_embeddings"]] * 12
    assert drift["drift"].tolist() == pytest.approx([1 / 6] * 12)
    assert drift["n_compared"].tolist() == [6] * 12


def test_numbers_are_one_in_every_spelling_and_versions_are_no_numbers(spellings: Inputs) -> None:
    result = mutations.compute(spellings)
    rates = next(t.frame for t in result.tables if t.name == "config_mutation_rates")
    changed = dict(zip(rates["feature"], rates["n_changed"], strict=True))
    assert {name for name, n in changed.items() if n} == {
        "tie_word_embeddings",
        "transformers_version",
    }
    assert set(spellings.models.frame["transformers_version"]) == {"4.1", "4.10"}


# Relations: an edge is taken by every one that it claims (D27, D38)


@pytest.mark.parametrize("name", ["drift", "mutations"])
def test_a_filter_takes_an_edge_by_every_relation_that_it_claims(name: str) -> None:
    shapes = {
        f"a/m{k:02}": {"model_type": "llama", "hidden_size": 8 + k, "num_hidden_layers": 2}
        for k in range(13)
    }
    claims = [("finetune",), ("finetune", "quantized"), ("quantized", "merge"), ("adapter",)] * 3
    edges = [("a/m00", f"a/m{k:02}", *relations) for k, relations in enumerate(claims, 1)]
    scope = {}
    for relation in ("finetune", "quantized", "merge", "adapter"):
        result = registry.get(name).compute(tiny(shapes, edges, relations=[relation]))
        scope[relation] = result.coverage.n_scope
    assert scope == {"finetune": 6, "quantized": 6, "merge": 3, "adapter": 3}
    assert registry.get(name).compute(tiny(shapes, edges)).coverage.n_scope == 12


# Classes and families (D14, D15, D32)


def test_a_model_type_has_one_family_and_unknown_is_none_of_them() -> None:
    lines = Counter(chain.from_iterable(types.split() for types in FAMILIES.values()))
    assert [model_type for model_type, n in lines.items() if n > 1] == []
    assert not {OTHER, UNKNOWN} & set(FAMILIES)
    assert (family_of(None), family_of("no-such-type")) == (UNKNOWN, OTHER)
    for family, types in FAMILIES.items():
        assert {family_of(t) for t in types.split()} == {family}
        assert {family_of(t.upper()) for t in types.split()} == {family}


def test_a_bound_belongs_to_the_lower_class_everywhere() -> None:
    """But for one word: a context is long from 32,768 tokens on, and a column says `long`."""
    bounds = {str(int(bound)) for bound in CONTEXT_BOUNDS} | {f"{b:g}e9" for b in SIZE_BOUNDS}
    long = re.compile(r"sum\(CASE WHEN \S+ >= 32768 THEN 1 ELSE 0 END\) AS n_long\b")
    for query in catalogue.every():
        text = long.sub("", strip(query.text))
        for sign, number in re.findall(r"(>=|<|<=|>)\s*(\d[\de]*)", text):
            assert number not in bounds or sign in {">", "<="}, query.name
    adoption = strip(catalogue.get("overview/adoption").text)
    assert long.search(adoption)
    assert "n_long" not in long.sub("", adoption.split("RETURN")[1])


# Figures and tables (D35 to D37)


def panel_of(panel: Panel) -> Any:
    picture = draw.draw(Figure("f", "f", (panel,), "c", 1))
    picture.draw_without_rendering()
    return picture.axes[0]


def test_bins_of_a_logarithmic_axis_are_equally_wide_on_it() -> None:
    values = pd.DataFrame({"v": 10.0 ** np.linspace(0, 6, 600)})
    axes = panel_of(Panel("histogram", values, "v", options={"log_x": True, "bins": 12}))
    bars = [p for p in axes.patches if isinstance(p, Rectangle)]
    assert axes.get_xscale() == "log"
    assert [bar.get_height() for bar in bars] == pytest.approx([50] * 12, abs=1)
    widths = np.diff(np.log10([bar.get_x() for bar in bars]))
    assert widths == pytest.approx([0.5] * 11)
    assert not [p for p in axes.patches if isinstance(p, Polygon) and p not in bars]


@pytest.mark.parametrize("order", [[], ["w", "u"]])
def test_the_words_in_a_cell_belong_to_its_labels(order: list[str]) -> None:
    cells = pd.DataFrame(
        [(x, y, i + 10 * j, f"{x}{y}") for i, x in enumerate("abc") for j, y in enumerate("uvw")],
        columns=["x", "y", "value", "text"],
    ).sample(frac=1, random_state=3)
    axes = panel_of(Panel("heatmap", cells, "x", "y", options={"order": order}))
    across = [label.get_text() for label in axes.get_xticklabels()]
    down = [label.get_text() for label in axes.get_yticklabels()]
    written = {t.get_position(): t.get_text() for t in axes.texts}
    shown = axes.images[0].get_array()
    told = {row.text: row.value for row in cells.itertuples()}
    assert len(written) == 9
    for column, x in zip(axes.get_xticks(), across, strict=True):
        for row, y in zip(axes.get_yticks(), down, strict=True):
            assert written[column, row] == f"{x}{y}"
            assert shown[int(row), int(column)] == told[f"{x}{y}"]


def test_numbers_of_tables_are_numbers_and_shares_have_one_basis(
    results: dict[str, Result],
) -> None:
    for result in results.values():
        for table in result.tables:
            frame = table.frame
            for name in frame.columns:
                words = [v for v in frame[name] if isinstance(v, str)]
                assert not [w for w in words if re.fullmatch(r"[-+]?[\d.,]+\s*%", w)], name
                if name not in {"from", "to"}:  # values of any field: versions are text
                    assert not [w for w in words if re.fullmatch(r"[-+]?\d[\d.,]*", w)], name
                if re.search(r"(^|_)(rate|share|similarity)(_|$)", str(name)):
                    numbers = pd.to_numeric(frame[name], errors="coerce").dropna()
                    assert numbers.between(-1e-9, 1 + 1e-9).all(), f"{table.name}.{name}"
            assert 0 <= table.coverage.n_used <= table.coverage.n_scope


def test_no_sentence_holds_a_written_out_line_break(results: dict[str, Result]) -> None:
    for result in results.values():
        words = [*result.findings, *(t.about for t in result.tables)]
        words += [w for f in result.figures for w in (f.title, f.caption)]
        words += [
            w for f in result.figures for p in f.panels for w in (p.title, p.xlabel, p.ylabel)
        ]
        assert not [w for w in words if "\\n" in w]
