"""The ecosystem table: metadata, five parent columns as one set of edges, lists as text or real."""

from __future__ import annotations

import csv

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelkin.errors import UserError
from modelkin.loader.ecosystem import EcosystemSource
from modelkin.loader.records import Dropped, EdgeRow, ModelRow, Reject

COLUMNS = [
    "model_id", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag",
    "library_name", "createdAt", "regions", "licenses", "arxiv_papers", "datasets", "parent_model",
    "finetune_parent", "quantized_parent", "adapter_parent", "merge_parent", "languages",
]  # fmt: skip
BASE = {
    "model_id": "org/m",
    "likes": 3,
    "trendingScore": 0.0,
    "private": False,
    "downloads": 12,
    "tags": ["transformers", "en"],
    "pipeline_tag": "text-generation",
    "library_name": None,
    "createdAt": "2025-07-11T00:55:12.000Z",
    "regions": ["us"],
    "licenses": ["apache-2.0"],
    "arxiv_papers": [],
    "datasets": [],
    "parent_model": [],
    "finetune_parent": [],
    "quantized_parent": [],
    "adapter_parent": [],
    "merge_parent": [],
    "languages": ["English"],
}
MODEL = ModelRow(
    "org/m",
    {
        "likes": 3,
        "downloads": 12,
        "pipeline_tag": "text-generation",
        "created_at": "2025-07-11T00:55:12Z",
        "license": "apache-2.0",
        "languages": ["English"],
    },
    "hub-api",
    "2025-07-11",
)


def as_csv(tmp_path, rows: list[dict]):
    path = tmp_path / "ai_ecosystem.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
    return path


def as_parquet(tmp_path, rows: list[dict]):
    path = tmp_path / "ai_ecosystem.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def outcomes(path, **options) -> list[list]:
    source = EcosystemSource(path, **options)
    return [list(source.normalise(row)) for row in source.read()]


@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_lists_written_as_text_and_real_lists_are_one(tmp_path, write):
    rows = [
        BASE,
        {
            **BASE,
            "model_id": "org/n",
            "parent_model": ["a/x", "a/y"],
            "merge_parent": ["a/x", "a/y"],
        },
    ]
    got = outcomes(write(tmp_path, rows))
    assert got[0] == [MODEL]
    assert got[1][1:] == [EdgeRow("a/x", "org/n", "merge"), EdgeRow("a/y", "org/n", "merge")]


def test_typed_parents_are_not_repeated_by_the_untyped_column(tmp_path):
    row = {
        **BASE,
        "parent_model": ["a/base", "a/only-named"],
        "finetune_parent": ["a/base"],
        "merge_parent": ["a/base", "a/other", "a/other"],
        "quantized_parent": None,
    }
    [got] = outcomes(as_csv(tmp_path, [row]))
    assert sorted((o.parent_id, o.relation) for o in got if isinstance(o, EdgeRow)) == [
        ("a/base", "finetune"),
        ("a/base", "merge"),
        ("a/only-named", "untyped"),
        ("a/other", "merge"),
    ]


def test_parents_that_are_no_ids_are_dropped_and_the_model_is_kept(tmp_path):
    row = {
        **BASE,
        "parent_model": ["not an id", "org/m"],
        "adapter_parent": "['a' 'b']",
        "finetune_parent": "__import__('os').system('true')",
    }
    [got] = outcomes(as_csv(tmp_path, [row]))
    assert got[0] == MODEL
    assert {(o.field, o.code) for o in got if isinstance(o, Dropped)} == {
        ("parent_model", "bad_id"),
        ("adapter_parent", "bad_list"),
        ("finetune_parent", "bad_id"),
    }
    assert [o for o in got if isinstance(o, EdgeRow)] == [EdgeRow("org/m", "org/m", "untyped")]


def test_snapshot_is_the_newest_date_unless_it_is_given(tmp_path):
    rows = [BASE, {**BASE, "createdAt": "2025-07-12T17:14:00.000Z"}, {**BASE, "createdAt": "zzz"}]
    path = as_csv(tmp_path, rows)
    assert {o.snapshot for row in outcomes(path) for o in row if isinstance(o, ModelRow)} == {
        "2025-07-12"
    }
    assert outcomes(path, snapshot="2025-07-01")[0][0].snapshot == "2025-07-01"


def test_older_exports_spell_licence_and_language_otherwise(tmp_path):
    path = tmp_path / "old.csv"
    path.write_text(
        "model_id,license,region,arxiv_id,language,parent_model\norg/m,mit,us,,en,a/base\n"
    )
    [got] = outcomes(path)
    assert got == [
        ModelRow("org/m", {"license": "mit", "languages": ["en"]}, "hub-api", ""),
        EdgeRow("a/base", "org/m", "untyped"),
    ]


def test_rows_without_an_id_are_rejected_and_columns_counted(tmp_path):
    source = EcosystemSource(as_csv(tmp_path, [{**BASE, "model_id": ""}, BASE]))
    got = [list(source.normalise(row)) for row in source.read()]
    assert isinstance(got[0][0], Reject)
    assert source.ledger.ignored_columns == {
        "trendingScore": 1,
        "private": 1,
        "tags": 1,
        "regions": 1,
    }


def test_a_table_without_parents_is_no_ecosystem(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("model_id,likes\na/b,1\n")
    with pytest.raises(UserError, match="has no column of parents"):
        EcosystemSource(path)


def test_broken_and_unstorable_rows_are_rejected(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text(
        "model_id,likes,parent_model\na/b,1\na/c,99999999999999999999,[]\na/d,1,['a/p']\n"
    )
    got = outcomes(path)
    assert [type(row[0]) for row in got] == [Reject, Reject, ModelRow]
    assert [row[0].code for row in got[:2]] == ["ragged_row", "beyond_64_bits"]
