"""Ratings: the shapes in which they come, the choice of a ranking, and names without namesakes."""

from __future__ import annotations

import json
import random

import pytest

from modelkin.errors import UserError
from modelkin.loader.arena import ArenaSource
from modelkin.loader.names import ORGANIZATIONS, hub_id, match
from modelkin.loader.ratings import RatingRow
from modelkin.loader.records import Dropped, Reject
from modelkin.schema.graph import is_model_id


def written(tmp_path, text: str, name: str = "arena.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


MIRROR = (
    "Rank* (UB),Model Markup,Model,Arena Score,95% CI,Votes,Organization,License\n"
    '1,"<a href=""https://huggingface.co/Qwen/QwQ-32B"">QwQ</a>",QwQ-32B,1310,+3/-5,9000,Alibaba,x\n'
)
SHAPES = {
    "history": ("snapshot_date,arena_name,elo,ci_plus,ci_minus,votes,organization,hf_id_from_url\n"
                "2025-05-24,QwQ-32B,1310,3,5,9000,Alibaba,Qwen/QwQ-32B\n", "a.csv"),
    "mirror": (MIRROR, "leaderboard_2025-05-24.csv"),
    "quantiles": ("snapshot_date,category,arena_key,rating,rating_q025,rating_q975\n"
                  "2025-05-24,full,QwQ-32B,1310,1305,1313\n", "a.csv"),
    "notebook": ("model,elo_rating,elo_uncertainty\nQwQ-32B,1310,4\n", "a.csv"),
    "catalogue": (json.dumps({"full": {"QwQ-32B": {"rating": 1310, "rating_q025": 1305,
                                                   "rating_q975": 1313}}}),
                  "text_2025-05-24.json"),
    "list": (json.dumps([{"name": "QwQ-32B", "rating": 1310.0, "ci": "+3/-5"}]), "a.json"),
    "lines": ('{"model":"QwQ-32B","elo_score":1310,"low":1305,"high":1313}\n', "a.jsonl"),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_name_rating_and_interval(tmp_path, shape):
    text, name = SHAPES[shape]
    ratings = ArenaSource(written(tmp_path, text, name)).ratings()
    [row] = ratings.chosen
    assert (row.arena_name, row.rating, row.category) == ("QwQ-32B", 1310.0, "overall")
    assert (row.low, row.high) == ((1306, 1314) if shape == "notebook" else (1305, 1313))
    if shape in ("history", "mirror", "quantiles", "catalogue"):
        assert row.snapshot == "2025-05-24"
    if shape in ("history", "mirror"):
        assert row.links == ("Qwen/QwQ-32B",)
        assert (row.organization, row.votes) == ("Alibaba", 9000)
    assert row.properties()["arena_rating"] == 1310.0


RANKINGS = (
    "snapshot,category,model,rating,votes\n"
    "2025-01-01,overall,A,1000,5\n2025-02-01,overall,A,1010,5\n2025-02-01,overall,A,1011,9\n"
    "2025-02-01,overall,B,,5\n2025-02-01,overall,,900,5\n2025-03-01,Hard Prompts,A,990,5\n"
    "2025-02-01,overall,C,abc,5\n"
)


def test_newest_snapshot_of_the_category_is_chosen_and_every_row_accounted_for(tmp_path):
    ratings = ArenaSource(written(tmp_path, RANKINGS)).ratings()
    assert [(r.arena_name, r.rating) for r in ratings.chosen] == [("A", 1011.0)]
    assert [r.code for r in ratings.rejects] == ["no_rating", "no_name", "no_rating"]
    assert [(d.field, d.code) for d in ratings.dropped] == [("rating", "not_a_number")]
    parts = len(ratings.chosen) + len(ratings.rejects) + ratings.duplicates + ratings.other_rows
    assert ratings.rows == parts == 7


def test_category_and_snapshot_can_be_chosen_and_say_what_there_is(tmp_path):
    path = written(tmp_path, RANKINGS)
    old = ArenaSource(path, snapshot="2025-01-01").ratings()
    assert [r.rating for r in old.chosen] == [1000.0]
    hard = ArenaSource(path, category="hard-prompts").ratings()
    assert [r.rating for r in hard.chosen] == [990.0]
    with pytest.raises(UserError, match="there are hard_prompts, overall"):
        ArenaSource(path, category="coding").ratings()
    with pytest.raises(UserError, match="2 snapshots from 2025-01-01 to 2025-02-01"):
        ArenaSource(path, snapshot="2024-01-01").ratings()


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "model,votes\nA,5\n"])
def test_a_table_without_ratings_is_refused(tmp_path, text):
    with pytest.raises(UserError, match="holds no ratings"):
        ArenaSource(written(tmp_path, text)).ratings()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Qwen/QwQ-32B", "Qwen/QwQ-32B"),
        ("https://huggingface.co/Qwen/QwQ-32B/tree/main", "Qwen/QwQ-32B"),
        ('<a href="https://hf.co/a/b">x</a>', "a/b"),
        ("https://huggingface.co/spaces/a/b", None),
        ("https://huggingface.co/datasets/a", None),
        ("https://huggingface.co.evil.org/a/b", None),
        ("https://evil.org/?u=https://huggingface.co/a/b", None),
        ("https://qwenlm.github.io/blog/qwq", None),
        ("QwQ-32B", None),
        ("", None),
        (None, None),
    ],
)
def test_links_to_the_hub(cell, expected):
    assert hub_id(cell) == expected


def rating(name: str, organization: str = "", *links: str) -> RatingRow:
    return RatingRow(name, 1200.0, organization=organization, links=links)


GRAPH = [
    "Qwen/QwQ-32B", "unsloth/QwQ-32B", "bartowski/QwQ-32B-GGUF", "google/gemma-2-9b-it",
    "jebish7/gemma-2-9b-it", "nvidia/Llama-3_1-Nemotron-51B-Instruct",
    "meta-llama/Meta-Llama-3-8B-Instruct", "unsloth/llama-3-8b-Instruct",
    "meta-llama/Llama-2-13b-chat-hf", "codellama/CodeLlama-70b-hf", "lmsys/vicuna-7b-v1.5",
    "microsoft/Phi-3-mini-4k-instruct", "THUDM/glm-4-9b", "zai-org/glm-4-9b",
    "huggyllama/llama-13b", "huggingface/llama-13b",
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "model_id", "why"),
    [
        (rating("anything", "", "qwen/qwq-32b"), "Qwen/QwQ-32B", "link"),
        (rating("x", "", "gone/away", "Qwen/QwQ-32B"), "Qwen/QwQ-32B", "link"),
        (rating("Qwen/QwQ-32B"), "Qwen/QwQ-32B", "id"),
        (rating("QwQ-32B", "Alibaba"), "Qwen/QwQ-32B", "name"),
        (rating("Gemma-2-9B-it", "Google"), "google/gemma-2-9b-it", "name"),
        (rating("Llama-3.1-Nemotron-51B-Instruct", "Nvidia"),
         "nvidia/Llama-3_1-Nemotron-51B-Instruct", "name"),
        (rating("Llama-3-8B-Instruct", "Meta"), "meta-llama/Meta-Llama-3-8B-Instruct", "name"),
        (rating("Llama-2-13b-chat", "Meta"), "meta-llama/Llama-2-13b-chat-hf", "name"),
        (rating("Vicuna-7B", "LMSYS", "lmsys/vicuna-7b-v1.5"), "lmsys/vicuna-7b-v1.5", "link"),
    ],
)  # fmt: skip
def test_certain_names_are_assigned(row, model_id, why):
    [got] = match([row], GRAPH).assigned
    assert (got.model_id, got.why) == (model_id, why)


@pytest.mark.parametrize(
    ("row", "candidates", "why"),
    [
        (rating("QwQ-32B"), ("Qwen/QwQ-32B", "unsloth/QwQ-32B"), "its maker is not known"),
        (rating("QwQ-32B", "Stanford"), ("Qwen/QwQ-32B", "unsloth/QwQ-32B"),
         "its maker is not known"),
        (rating("LLaMA-13B", "Meta"), ("huggingface/llama-13b", "huggyllama/llama-13b"),
         "only namesakes of other makers"),
        (rating("GLM-4-9B", "Zhipu AI"), ("THUDM/glm-4-9b", "zai-org/glm-4-9b"),
         "several models of its maker"),
        (rating("CodeLlama-70B-instruct", "Meta", "codellama/CodeLlama-70b-hf"),
         ("codellama/CodeLlama-70b-hf",), "the link leads to a model that is not tuned"),
        (rating("Vicuna-13B", "LMSYS", "lmsys/vicuna-7b-v1.5"), ("lmsys/vicuna-7b-v1.5",),
         "the link leads to a model of another size"),
    ],
)  # fmt: skip
def test_uncertain_names_get_no_rating_and_name_their_candidates(row, candidates, why):
    matches = match([row], GRAPH)
    assert matches.assigned == ()
    [got] = matches.ambiguous
    assert (got.model_id, got.candidates, got.why) == (None, candidates, why)


def test_unknown_names():
    rows = [rating("GPT-4o", "OpenAI"), rating("Nemotron", "Nvidia", "nvidia/Nemotron")]
    got = match(rows, GRAPH).unknown
    assert [(r.candidates, r.why) for r in got] == [
        ((), "no model of this name in the graph"),
        (("nvidia/Nemotron",), "the linked model is not in the graph"),
    ]


def test_one_model_never_gets_two_ratings():
    link = "microsoft/Phi-3-mini-4k-instruct"
    own, later = (rating(f"Phi-3-Mini-4k-Instruct{x}", "Microsoft", link) for x in ("", "-June-24"))
    matches = match([later, own], GRAPH)
    assert [r.arena_name for r in matches.assigned] == ["Phi-3-Mini-4k-Instruct"]
    assert [r.arena_name for r in matches.ambiguous] == ["Phi-3-Mini-4k-Instruct-June-24"]
    matches = match([rating("A", "", link), rating("B", "", link)], GRAPH)
    assert matches.assigned == ()
    assert len(matches.ambiguous) == 2


def test_matching_loses_no_row_and_does_not_depend_on_order():
    rng = random.Random(5)
    names = [i.partition("/")[2] for i in GRAPH] + ["GPT-4o", "QwQ-32B"]
    rows = [
        rating(rng.choice(names), rng.choice(["Alibaba", "Meta", "Google", "", "Zhipu AI"]),
               *rng.sample(GRAPH, rng.choice([0, 0, 1])))
        for _ in range(60)
    ]  # fmt: skip
    first = match(rows, GRAPH)
    assert len(first.assigned) + len(first.ambiguous) + len(first.unknown) == len(rows)
    assert len({r.model_id for r in first.assigned}) == len(first.assigned)
    again = match(rows[::-1], reversed(GRAPH))
    assert set(again.assigned) == set(first.assigned)
    assert set(again.ambiguous) == set(first.ambiguous)


def test_links_of_another_file_help_names_without_a_maker(tmp_path):
    links = written(
        tmp_path,
        "arena_name,hf_id,evidence\nGemma-2-9B-it,google/gemma-2-9b-it,arena_url\n"
        "QwQ-32B,unsloth/QwQ-32B,upstream_name_join\n",
        "links.csv",
    )
    makers = written(
        tmp_path,
        json.dumps([{"name": "QwQ", "model_api_name": "qwq-32b", "organization": "Alibaba"}]),
        "makers.json",
    )
    keys = written(tmp_path, "arena_key,rating\ngemma-2-9b-it,1200\nqwq-32b,1300\n")

    def assigned(links_file):
        source = ArenaSource(keys, links=links_file)
        assert len(str(source.parameters["links"])) == 64
        return [r.model_id for r in match(source.ratings().chosen, GRAPH).assigned]

    assert assigned(links) == ["google/gemma-2-9b-it"]
    assert assigned(makers) == ["Qwen/QwQ-32B"]
    with pytest.raises(UserError, match="links no arena names"):
        ArenaSource(keys, links=keys)


def test_every_account_of_the_table_is_one():
    assert all(key.isalnum() and key == key.lower() for key in ORGANIZATIONS)
    assert all(is_model_id(f"{a}/x") for accounts in ORGANIZATIONS.values() for a in accounts)


def test_hostile_names_are_rejected(tmp_path):
    path = written(tmp_path, json.dumps([{"model": "a\x1b[31m", "elo": 1}]), "a.json")
    ratings = ArenaSource(path)
    [row] = ratings.read()
    [reject] = ratings.normalise(row)
    assert isinstance(reject, Reject)
    assert "\x1b" not in reject.excerpt
    assert not isinstance(reject, Dropped)


def test_broken_rows_and_other_documents(tmp_path):
    path = written(tmp_path, "model,elo\nA,1000\nB\n")
    assert [r.code for r in ArenaSource(path).ratings().rejects] == ["ragged_row"]
    with pytest.raises(UserError, match="neither a list of rows nor"):
        ArenaSource(written(tmp_path, "[1]", "a.json")).ratings()
    plain = ArenaSource(written(tmp_path, '{"full": {"A": 1000}}', "b.json")).ratings()
    assert [r.rating for r in plain.chosen] == [1000.0]
