"""Which model stands for all that have the same configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.inputs import Models


def priority(models: Models) -> NDArray[np.int64]:
    """Rank all models, 0 first: most downloads, then earliest, then smallest id.

    Unknown downloads and dates come last.
    """
    downloads = models.frame["downloads"].to_numpy(dtype=float)
    created = models.frame["created_at"].to_numpy(dtype="datetime64[ns]")
    made = np.where(np.isnat(created), np.iinfo(np.int64).max, created.astype(np.int64))
    order = np.lexsort((made, -np.nan_to_num(downloads, nan=-1.0)))
    return np.argsort(order)


def representatives(models: Models) -> NDArray[np.bool_]:
    """Mark the model that stands for each configuration.

    Parameters
    ----------
    models : Models
        Configurations are those of ``config_hash``.

    Returns
    -------
    ndarray of bool, shape (n,)
        One True for each hash: most downloads, then earliest, then smallest id; unknown
        downloads and dates come last. False for models without a configuration.
    """
    hashes = models.frame["config_hash"]
    best = np.argsort(priority(models))
    best = best[hashes.notna().to_numpy()[best]]
    _, first = np.unique(hashes.to_numpy(dtype=object)[best].astype(str), return_index=True)
    found = np.zeros(models.n, dtype=bool)
    found[best[first]] = True
    return found
