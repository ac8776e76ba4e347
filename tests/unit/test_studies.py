"""What holds for every analysis of the registry that only reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lineage_worlds import from_synth, tiny

from modelkin import cli
from modelkin.analysis import registry
from modelkin.analysis.inputs import Inputs
from modelkin.data.synth.world import make
from modelkin.errors import UserError

QUICK = {"permutations": 9, "resamples": 9}
STUDIES = pytest.mark.parametrize("study", registry.STUDIES, ids=lambda a: a.name)


@pytest.fixture(scope="module")
def world() -> Inputs:
    return from_synth(make("dirty", n_models=300, seed=12))


def run(study: registry.Analysis, inputs: Inputs):
    options = study.options(**QUICK)
    return study.compute(Inputs(inputs.models, inputs.edges, inputs.forest, options))


@STUDIES
def test_tables_and_figures_are_those_of_the_registry(
    study: registry.Analysis, world: Inputs
) -> None:
    result = run(study, world)
    assert result.name == study.name
    assert tuple(t.name for t in result.tables) == study.tables
    drawn = {f.name: tuple(p.name for p in f.panels) for f in result.figures}
    assert drawn == dict(study.figures)
    assert all(len(set(names)) == len(names) for names in drawn.values())
    assert [t.main for t in result.tables].count(True) == 1
    assert result.tables[0].main
    assert result.findings
    assert not result.writes
    assert set(result.parameters) == set(study.options())


@STUDIES
def test_every_table_and_figure_tells_its_coverage(study: registry.Analysis, world: Inputs) -> None:
    result = run(study, world)
    scope = result.coverage.n_scope
    for table in result.tables:
        assert 0 <= table.coverage.n_used <= table.coverage.n_scope == scope
    for figure in result.figures:
        assert figure.caption.startswith(f"models {scope:,} → configured"), figure.name


@STUDIES
@pytest.mark.parametrize(
    "models",
    [{"a/x": {"has_row": False}}, {"a/x": {"num_hidden_layers": 2}}],
    ids=["nothing configured", "one field of one model"],
)
def test_a_graph_that_knows_next_to_nothing_is_no_error(
    study: registry.Analysis, models: dict
) -> None:
    result = run(study, tiny(models, []))
    assert tuple(t.name for t in result.tables) == study.tables
    assert [f.name for f in result.figures] == list(study.figures)


def test_analyze_and_a_measure_s_own_command_ask_for_the_same() -> None:
    from modelkin.commands.demo import OPTIONS

    for measure in registry.MEASURES:
        own = measure.options() | OPTIONS[measure.name]
        assert json.dumps(own, sort_keys=True) == json.dumps(measure.options(), sort_keys=True)


def test_an_unknown_analysis_is_named_with_those_there_are() -> None:
    with pytest.raises(UserError, match="Choose from depth, drift"):
        registry.get("drifts")


def test_the_list_needs_no_database(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELKIN_HOME", str(tmp_path / "none"))
    assert cli.run(["analyze", "--list", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["analysis"] for row in rows] == [a.name for a in registry.ANALYSES]
    assert cli.run(["analyze"]) == 2
    assert "--list" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
