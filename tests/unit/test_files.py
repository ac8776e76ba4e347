"""Files are written whole or not at all, where they belong."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from modelkin.errors import UserError
from modelkin.output import files


def test_a_file_is_replaced_in_one_step_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = files.write_text(tmp_path / "a" / "x.csv", "one")
    files.write_text(path, "two")
    assert path.read_text() == "two"
    assert [p.name for p in path.parent.iterdir()] == ["x.csv"]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files.write_text(tmp_path / "x.csv", "old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UserError, match="No space left"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_links_are_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("safe")
    link = tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(UserError, match="link"):
        files.write_text(link, "x")
    assert target.read_text() == "safe"


def test_existing_files_need_force(tmp_path: Path) -> None:
    path = files.write_text(tmp_path / "x", "1")
    with pytest.raises(UserError, match="--force"):
        files.write_text(path, "2", force=False)


def result(output: Path, analysis: str, run: str, place: str, loads: str = "l1") -> Path:
    folder = files.result_folder(analysis, run, output)
    made = {"database": {"engine": "embedded", "address": place, "id": place}, "loads": loads}
    files.write_json(folder / "run.json", {"made": made})
    files.point_latest(folder)
    return folder


def test_latest_points_to_the_newest_whole_result(tmp_path: Path) -> None:
    old = result(tmp_path, "drift", "aaaa", "db")
    begun = files.result_folder("drift", "bbbb", tmp_path)
    assert (tmp_path / "drift" / "latest").resolve() == old.resolve()
    files.point_latest(begun)
    assert (tmp_path / "drift" / "latest").resolve() == begun.resolve()


def test_results_of_another_graph_in_one_output_are_named(tmp_path: Path) -> None:
    drift = result(tmp_path, "drift", "aaaa", "one")
    result(tmp_path, "depth", "bbbb", "one")
    assert files.of_other_databases(drift) == []
    result(tmp_path, "coherence", "cccc", "two")
    result(tmp_path, "mutations", "dddd", "one", "l2")
    files.result_folder("similarity", "eeee", tmp_path)  # begun: it has no account yet
    first, second = files.of_other_databases(drift)
    assert first.endswith("coherence/latest was made from another database: embedded two")
    assert second.endswith("mutations/latest was made from older or newer loads of this database")
    (tmp_path / "coherence" / "cccc" / "run.json").write_text("{}")
    assert len(files.of_other_databases(drift)) == 1


def test_missing_of_every_kind_is_an_empty_cell() -> None:
    frame = pd.DataFrame(
        {"a": [1.5, None], "b": ["x", None], "c": pd.to_datetime(["2024-01-02", None])}
    )
    assert files.frame_to_csv(frame) == "a,b,c\n1.5,x,2024-01-02 00:00:00\n,,\n"
