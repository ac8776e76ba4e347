"""Reading tables: formats, damage, ragged rows, headers, our own export read back."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelkin.errors import UserError
from modelkin.loader.formats import sniff
from modelkin.loader.models import ModelsSource
from modelkin.loader.records import Dropped, ModelRow, RawRow, Reject
from modelkin.loader.tables import BROKEN, broken, open_table, unguard
from modelkin.output.show import guard, to_csv


def written(tmp_path, name: str, content: str | bytes):
    path = tmp_path / name
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def rows(path) -> list[tuple[str, dict]]:
    return [(row.where, dict(row.values)) for row in open_table(path).rows()]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "table.anything"])
def test_csv_is_text_with_spreadsheet_row_numbers(tmp_path, name):
    path = written(tmp_path, name, 'model_id,likes\na/b,007\n\n"c/d","1\n2"\n')
    assert rows(path) == [
        ("row 2", {"model_id": "a/b", "likes": "007"}),
        ("row 3", {"model_id": "c/d", "likes": "1\n2"}),
    ]
    assert list(open_table(path).column("likes")) == ["007", "1\n2"]


def test_compression_is_seen_by_content_not_by_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(b"model_id\na/b\n"))
    assert rows(path) == [("row 2", {"model_id": "a/b"})]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_delimiter_and_byte_order_mark(tmp_path, delimiter):
    path = written(tmp_path, "t.csv", f"\ufeffmodel_id{delimiter}likes\na/b{delimiter}3\n")
    assert rows(path) == [("row 2", {"model_id": "a/b", "likes": "3"})]


def test_json_lines_keep_types_and_number_lines(tmp_path):
    path = written(tmp_path, "t.jsonl.gz", '{"model_id":"a/b","likes":3}\n\n{"model_id":"c/d"}\n')
    assert rows(path) == [
        ("line 1", {"model_id": "a/b", "likes": 3}),
        ("line 3", {"model_id": "c/d"}),
    ]


def test_parquet_keeps_types(tmp_path):
    path = tmp_path / "t.parquet"
    table = pa.table({"model_id": ["a/b", "c/d"], "tags": [["x"], []], "likes": [1, None]})
    pq.write_table(table, path)
    assert rows(path) == [
        ("row 1", {"model_id": "a/b", "tags": ["x"], "likes": 1}),
        ("row 2", {"model_id": "c/d", "tags": [], "likes": None}),
    ]
    assert list(open_table(path).column("likes")) == [1, None]


def test_broken_rows_are_rejected_with_their_number_and_the_rest_is_read(tmp_path):
    text = 'model_id,likes\na/b,1\nc/d\ne/f,1,2\n"g"h,1\ni/j,5\n'
    source = ModelsSource(written(tmp_path, "t.csv", text))
    outcomes = [o for row in source.read() for o in source.normalise(row)]
    assert [(o.where, o.code) for o in outcomes if isinstance(o, Reject)] == [
        ("row 3", "ragged_row"),
        ("row 4", "ragged_row"),
        ("row 5", "bad_csv"),
    ]
    assert [o.model_id for o in outcomes if isinstance(o, ModelRow)] == ["a/b", "i/j"]
    assert next(o for o in outcomes if isinstance(o, Reject)).message == (
        "1 cells, the header names 2"
    )


def test_bad_json_lines_are_rejected_and_the_rest_is_read(tmp_path):
    deep = "[" * 100_000
    text = f'{{"model_id":"a/b"}}\n{{"model_id":\n[1]\n{deep}\n{{"model_id":"c/d","likes":1e999}}\n'
    source = ModelsSource(written(tmp_path, "t.jsonl", text))
    outcomes = [o for row in source.read() for o in source.normalise(row)]
    assert [getattr(o, "code", "stored") for o in outcomes] == [
        "stored", "bad_json", "no_object", "bad_json", "infinite",
    ]  # fmt: skip


def test_a_foreign_key_cannot_pose_as_a_broken_row():
    assert broken(RawRow("model", "line 1", {BROKEN: ["code", "message", ""]})) is None
    assert broken(RawRow("model", "line 1", {BROKEN: ("code", "message", "")})) is not None


def test_bytes_that_are_not_utf8_spoil_their_own_row_only(tmp_path):
    data = b"model_id,pipeline_tag\na/b,caf\xe9\nc/d,ok\n"
    source = ModelsSource(written(tmp_path, "t.csv", data))
    outcomes = [o for row in source.read() for o in source.normalise(row)]
    assert isinstance(outcomes[0], Reject)
    assert outcomes[0].code == "lone_surrogate"
    assert outcomes[0].excerpt == "caf\\udce9"
    assert isinstance(outcomes[1], ModelRow)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "it is empty"),
        ("t.csv", "model_id,a,a\n", "repeats a column - a"),
        ("t.csv", "name,likes\nx,1\n", "its columns are name, likes"),
        ("t.xlsx", b"PK\x03\x04rest", "a spreadsheet"),
        ("t.csv", "model_id\na/b\n".encode("utf-16"), "UTF-16"),
        ("t.csv", b"\xffmodel_id\n", "not UTF-8"),
        ("t.csv", 'model_id,x\na/b,"never closed\nc/d,1\n', "a quote is opened and never closed"),
        ("t.parquet", b"PAR1 and then nonsense", "Parquet data is damaged"),
        ("t.json", '{"a": 1}', "it is one JSON document"),
        ("t.jsonl", "not json\n", "no line of it is a JSON object"),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path, name, content, said):
    path = written(tmp_path, name, content)
    with pytest.raises(UserError) as caught:
        list(open_table(path, ("model_id",)).rows())
    assert said in str(caught.value)


def test_missing_key_names_what_was_found_and_what_to_do(tmp_path):
    path = written(tmp_path, "t.csv", "name,likes\nx,1\n")
    with pytest.raises(UserError) as caught:
        open_table(path, ("model_id", "modelId"))
    assert str(caught.value) == (
        "t.csv has no column model_id or modelId: its columns are name, likes. "
        "Is this the right file for the command?"
    )


def test_truncated_compression_is_one_clear_error(tmp_path):
    lines = "".join(f"a/b{i},{i}\n" for i in range(20_000))
    whole = gzip.compress(("model_id,likes\n" + lines).encode())
    path = tmp_path / "t.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="damaged or cut short"):
        rows(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        sniff(tmp_path / "none.csv")
    with pytest.raises(UserError, match="no regular file"):
        sniff(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", "x\n", "csv"),
        ("a.json", '{"a":1}\n{"a":2}\n', "json"),
        ("a", '{"a":1}\n{"a":2}\n', "jsonl"),
        ("a", '{"a":\n1}\n', "json"),
        ("a.ndjson", '{"a":1}\n', "jsonl"),
        ("a.pkl", b"(dp0\n.", "pickle"),
        ("a", b"\x80\x04.", "pickle"),
        ("a.json.gz", "[1]", "json"),
    ],
)
def test_formats_are_told_by_content(tmp_path, name, content, form):
    assert sniff(written(tmp_path, name, content)) == form


HOSTILE = [
    "=1+1", "+1", "-1", "@x", "\tx", "'=x", "''=x", "'tis", "''", "'", "a'b", "=HYPERLINK(\"x\")",
    "plain", "a,b", 'a"b', "a\nb", "'+", "'-'", "@", "'a=b", "",
]  # fmt: skip


def test_our_own_export_reads_back_exactly(tmp_path):
    texts = [left + right for left in HOSTILE for right in HOSTILE if "\r" not in left + right]
    table = [{"model_id": f"o/m{i}", "text": text} for i, text in enumerate(texts)]
    path = written(tmp_path, "t.csv", to_csv(["model_id", "text"], table))
    assert [values["text"] for _where, values in rows(path)] == texts
    assert all(unguard(guard(text)) == text for text in texts)


def test_a_cell_of_a_megabyte_is_read(tmp_path):
    path = written(tmp_path, "t.csv", f"model_id,card\na/b,{'x' * 2**20}\n")
    assert len(rows(path)[0][1]["card"]) == 2**20


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(n: int) -> int:
        path = written(tmp_path, f"{n}.csv", "model_id,x\n" + f"a/b,{'y' * 90}\n" * n)
        tracemalloc.start()
        for _row in open_table(path).rows():
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(10)
    assert peak(20_000) < 2 * peak(2_000)


def test_metadata_rows_keep_their_own_snapshot(tmp_path):
    lines = [
        {"model_id": "a/b", "downloads": 5, "snapshot": "2025-06", "source": "x"},
        {"model_id": "a/b", "downloads": 7, "created_at": "2024-02-08 22:36:43+00:00"},
        {"model_id": " c/d ", "likes": "3.0", "unheard_of": 1, "license": ["mit"]},
        {"model_id": "not an id", "likes": 3},
        {"model_id": "e/f", "likes": -3, "downloads": "many"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    source = ModelsSource(written(tmp_path, "m.jsonl", text), snapshot="2025-07-12")
    outcomes = [list(source.normalise(row)) for row in source.read()]
    assert outcomes[0] == [ModelRow("a/b", {"downloads": 5}, "hub-api", "2025-06")]
    assert outcomes[1] == [
        ModelRow(
            "a/b", {"created_at": "2024-02-08T22:36:43Z", "downloads": 7}, "hub-api", "2025-07-12"
        )
    ]
    assert outcomes[2] == [ModelRow("c/d", {"likes": 3, "license": "mit"}, "hub-api", "2025-07-12")]
    assert [o.code for o in outcomes[3]] == ["bad_id"]
    assert {(o.field, o.code) for o in outcomes[4] if isinstance(o, Dropped)} == {
        ("likes", "out_of_band"),
        ("downloads", "not_a_number"),
    }
    assert source.ledger.ignored_columns == {"unheard_of": 1}
    assert source.parameters == {"snapshot": "2025-07-12"}


def test_a_snapshot_that_is_no_date_is_refused(tmp_path):
    path = written(tmp_path, "m.csv", "model_id\na/b\n")
    with pytest.raises(UserError, match="is no snapshot date"):
        ModelsSource(path, snapshot="July")
