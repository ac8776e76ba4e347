"""What the Hub's listing says of a model: downloads, likes, task, library, licence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.lineage import Lineage
from modelkin.data.synth.params import RELATIONS, Params
from modelkin.data.synth.prototypes import TYPES

LICENSES: tuple[str, ...] = ("apache-2.0", "mit", "llama3", "cc-by-nc-4.0", "other")
LANGUAGES: tuple[str, ...] = ("English", "Chinese", "French", "German", "Japanese")
DATASETS: tuple[str, ...] = ("org000001/instructions", "org000002/pairs", "org000003/pages")

_BARE_SHARE = 1 / 200  # models of the early Hub, without an organisation
_BLANK_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Listing:
    """Columns of the listing, shape (n,) each; what a stub would have, a stub lacks.

    Attributes
    ----------
    organization : ndarray of int64
        Number of the organisation, 0 for a bare name.
    downloads, likes, trending : ndarray of float64
        Counts of 30 days, of all time, and the Hub's trending score.
    pipeline_tag, library_name, license : ndarray of object
        str, or None where the Hub knows none.
    languages, datasets : ndarray of int64
        Position in `LANGUAGES` and `DATASETS`, -1 for an empty list.
    """

    organization: NDArray[np.int64]
    downloads: NDArray[np.float64]
    likes: NDArray[np.float64]
    trending: NDArray[np.float64]
    pipeline_tag: NDArray[np.object_]
    library_name: NDArray[np.object_]
    license: NDArray[np.object_]
    languages: NDArray[np.int64]
    datasets: NDArray[np.int64]


def list_models(p: Params, lineage: Lineage, kind: NDArray[np.int64]) -> Listing:
    """Return the listing of all models; nothing in it depends on configurations."""
    n = len(kind)
    rng = p.stream("popularity")
    appeal = 2.0 * rng.standard_normal(n)
    children = np.bincount(lineage.source[lineage.source >= 0], minlength=n)
    appeal += np.log1p(children)
    # The last entry is None: what number -1 stands for.
    tasks = np.array([*(t.task for t in TYPES), None], dtype=object)
    libraries = np.array(["transformers", "peft", None], dtype=object)
    adapter = (lineage.made_by == RELATIONS.index("adapter")).astype(np.int64)
    blank = p.stream("blank").random((2, n)) < _BLANK_SHARE
    licences = p.stream("license").integers(-1, len(LICENSES), n)
    lists = p.stream("lists")
    return Listing(
        organization=_organizations(p, n),
        downloads=np.floor(np.exp(3.0 + appeal)),
        likes=np.floor(np.exp(0.5 * appeal) * rng.random(n) * 2.0),
        trending=np.floor(10.0 * np.exp(appeal - 2.0) * rng.random(n)) / 10.0,
        pipeline_tag=tasks[np.where(blank[0], -1, kind)],
        library_name=libraries[np.where(blank[1], -1, adapter)],
        license=np.array([*LICENSES, None], dtype=object)[licences],
        languages=lists.integers(-1, len(LANGUAGES), n),
        datasets=np.where(lists.random(n) < 0.2, lists.integers(0, len(DATASETS), n), -1),
    )


def _organizations(p: Params, n: int) -> NDArray[np.int64]:
    """Return the organisation of each model: sizes are Zipf, none above a twentieth of all."""
    rng = p.stream("organizations")
    sizes = np.minimum(rng.zipf(p.org_zipf, n), max(n // 20, 1))
    enough = int(np.searchsorted(np.cumsum(sizes), n)) + 1
    numbers = np.repeat(np.arange(1, enough + 1), sizes[:enough])[:n]
    return np.where(rng.random(n) < _BARE_SHARE, 0, rng.permutation(numbers))
