"""Which model an arena name means; a rating never goes to a mere namesake.

The Hub has dozens of copies under every well-known name: re-uploads, quantizations, merges.
So a name alone decides nothing. Evidence, strongest first: a link of the row to the Hub; a
name that is a full id; a name that is unique within the organization that the row states.
All else is reported with its candidates and gets no rating.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import urlsplit

from modelkin.loader.ratings import RatingRow
from modelkin.schema.graph import is_model_id

ORGANIZATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "01ai": ("01-ai",),
        "ai2": ("allenai",),
        "ai21labs": ("ai21labs",),
        "alibaba": ("Qwen",),
        "allenai": ("allenai",),
        "allenaiuw": ("allenai",),
        "apple": ("apple",),
        "cognitivecomputations": ("cognitivecomputations",),
        "cohere": ("CohereForAI", "CohereLabs"),
        "databricks": ("databricks",),
        "deepseek": ("deepseek-ai",),
        "deepseekai": ("deepseek-ai",),
        "google": ("google",),
        "huggingface": ("HuggingFaceH4", "HuggingFaceTB"),
        "ibm": ("ibm-granite",),
        "internlm": ("internlm",),
        "lmsys": ("lmsys",),
        "meta": ("meta-llama", "codellama"),
        "microsoft": ("microsoft",),
        "minimax": ("MiniMaxAI",),
        "mistral": ("mistralai",),
        "moonshot": ("moonshotai",),
        "mosaicml": ("mosaicml",),
        "nexusflow": ("Nexusflow",),
        "nomicai": ("nomic-ai",),
        "nousresearch": ("NousResearch",),
        "nvidia": ("nvidia",),
        "openai": ("openai",),
        "openassistant": ("OpenAssistant",),
        "openchat": ("openchat",),
        "princeton": ("princeton-nlp",),
        "rekaai": ("RekaAI",),
        "rwkv": ("BlinkDL", "RWKV"),
        "snowflake": ("Snowflake",),
        "stabilityai": ("stabilityai",),
        "stepfun": ("stepfun-ai",),
        "tencent": ("tencent",),
        "tii": ("tiiuae",),
        "togetherai": ("togethercomputer",),
        "tsinghua": ("THUDM", "zai-org"),
        "ucberkeley": ("berkeley-nest",),
        "upstageai": ("upstage",),
        "xai": ("xai-org",),
        "zai": ("zai-org", "THUDM"),
        "zhipu": ("THUDM", "zai-org"),
        "zhipuai": ("THUDM", "zai-org"),
    }
)
"""Organization as leaderboards write it (letters and digits) -> its accounts on the Hub."""

MAX_CANDIDATES = 10
_HUB_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
_NO_MODELS = frozenset(
    {"spaces", "datasets", "collections", "docs", "blog", "papers", "posts", "models", "api"}
)
_URL = re.compile(r"https?://[^\s\"'<>)]+")
_TUNED = frozenset({"instruct", "chat", "it"})
_SIZE = re.compile(r"(?<![a-z0-9.])[0-9]+(?:\.[0-9]+)?b(?![a-z0-9])")
_PREFIXES = ("meta-", "c4ai-", "nvidia-", "nv-")  # vendors' names before a name


@dataclass(frozen=True, slots=True)
class Matches:
    """Every rating in exactly one of three lists.

    Attributes
    ----------
    assigned : tuple of RatingRow
        With `model_id`; no model twice.
    ambiguous : tuple of RatingRow
        With `candidates` in the graph, none of them certain.
    unknown : tuple of RatingRow
        No model in the graph has the name; `candidates` may name a linked model that is
        not there.
    """

    assigned: tuple[RatingRow, ...]
    ambiguous: tuple[RatingRow, ...]
    unknown: tuple[RatingRow, ...]


def hub_id(cell: object) -> str | None:
    """Return the model that a cell names: a full id, or a link to a model's page on the Hub.

    >>> hub_id("https://huggingface.co/Qwen/QwQ-32B"), hub_id("https://qwenlm.github.io/a/b")
    ('Qwen/QwQ-32B', None)
    """
    text = str(cell or "").strip()
    if "/" in text and is_model_id(text):
        return text
    for url in _URL.findall(text):
        parts = urlsplit(url)
        path = [part for part in parts.path.split("/") if part]
        if parts.hostname in _HUB_HOSTS and len(path) >= 2 and path[0] not in _NO_MODELS:
            found = f"{path[0]}/{path[1]}"
            return found if is_model_id(found) else None
    return None


def match(rows: Sequence[RatingRow], known_ids: Iterable[str]) -> Matches:
    """Find the model of each rating.

    Parameters
    ----------
    rows : sequence of RatingRow
        Ratings of one category and snapshot.
    known_ids : iterable of str
        Models of the graph.

    Returns
    -------
    Matches
        Where two ratings claim one model, the one whose name is the model's keeps it and
        the other becomes ambiguous; where neither or both are, both do.
    """
    index = _Index(known_ids)
    decided = [index.decide(row) for row in rows]
    claims: dict[str, list[RatingRow]] = defaultdict(list)
    for row in decided:
        if row.model_id:
            claims[row.model_id].append(row)
    assigned, ambiguous, unknown = [], [], []
    for row in decided:
        if row.model_id and _holds(row, claims[row.model_id]):
            assigned.append(row)
        elif row.model_id:
            why = "another rating claims the same model"
            ambiguous.append(replace(row, model_id=None, candidates=(row.model_id,), why=why))
        elif row.candidates and row.candidates[0] in index.known:
            ambiguous.append(row)
        else:
            unknown.append(row)
    return Matches(tuple(assigned), tuple(ambiguous), tuple(unknown))


class _Index:
    """The graph's models by id and by plain name."""

    def __init__(self, known_ids: Iterable[str]) -> None:
        self.known = frozenset(known_ids)
        self.by_lower = {i.lower(): i for i in sorted(self.known, reverse=True)}
        self.by_name: dict[str, list[str]] = defaultdict(list)
        self.by_stem: dict[str, list[str]] = defaultdict(list)
        for model_id in sorted(self.known):
            name = plain_name(model_id)
            self.by_name[name].append(model_id)
            self.by_stem[_stem(name)].append(model_id)

    def decide(self, row: RatingRow) -> RatingRow:
        """Return the row with its model, or with candidates and the reason."""
        for link in row.links:
            model_id = self.by_lower.get(link.lower())
            if model_id is None:
                continue
            if contradiction := _contradiction(row.arena_name, model_id):
                return replace(row, candidates=(model_id,), why=contradiction)
            return replace(row, model_id=model_id, why="link")
        if row.links:
            return replace(row, candidates=row.links, why="the linked model is not in the graph")
        if "/" in row.arena_name and (model_id := self.by_lower.get(row.arena_name.lower())):
            return replace(row, model_id=model_id, why="id")
        return self._by_maker(row)

    def _by_maker(self, row: RatingRow) -> RatingRow:
        """Decide by the name within the accounts of the maker that the row states."""
        name = plain_name(row.arena_name)
        same = [self.by_name.get(name, []), self.by_stem.get(_stem(name), [])]
        key = re.sub(r"[^a-z0-9]", "", row.organization.lower())
        accounts = ORGANIZATIONS.get(key, ())
        # The very name comes before the name without a vendor's prefix or "-hf".
        for hits in same:
            own = [i for i in hits if i.partition("/")[0] in accounts]
            if len(own) == 1:
                return replace(row, model_id=own[0], why="name")
            if own:
                few = tuple(own[:MAX_CANDIDATES])
                return replace(row, candidates=few, why="several models of its maker")
        candidates = tuple(dict.fromkeys((*same[0], *same[1])))[:MAX_CANDIDATES]
        why = "no model of this name in the graph"
        if candidates:
            why = "only namesakes of other makers" if accounts else "its maker is not known"
        return replace(row, candidates=candidates, why=why)


def plain_name(name: str) -> str:
    """Return a name without its account, case, dots and underscores.

    >>> plain_name("nvidia/Llama-3_1-Nemotron-51B-Instruct")
    'llama-3-1-nemotron-51b-instruct'
    """
    return re.sub(r"[\s._-]+", "-", name.rpartition("/")[2].strip().lower())


def _stem(name: str) -> str:
    """Return a plain name without a vendor's prefix and the "-hf" of converted weights."""
    stem = next((name.removeprefix(p) for p in _PREFIXES if name.startswith(p)), name)
    return stem.removesuffix("-hf")


def _contradiction(arena_name: str, model_id: str) -> str:
    """Return why a link cannot mean the name: a base model for a tuned one, another size."""
    said, linked = plain_name(arena_name), plain_name(model_id)
    if _TUNED & set(said.split("-")) and not _TUNED & set(linked.split("-")):
        return "the link leads to a model that is not tuned"
    sizes = [set(_SIZE.findall(n.lower())) for n in (arena_name, model_id.rpartition("/")[2])]
    if all(sizes) and not sizes[0] & sizes[1]:
        return "the link leads to a model of another size"
    return ""


def _holds(row: RatingRow, claims: Sequence[RatingRow]) -> bool:
    """Tell whether a rating keeps the model that `claims` claim."""
    if len(claims) == 1:
        return True
    own = [
        c for c in claims if _stem(plain_name(c.arena_name)) == _stem(plain_name(c.model_id or ""))
    ]
    return len(own) == 1 and own[0] is row
