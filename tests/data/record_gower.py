"""Records what other packages say about a small table with gaps (see gower_origin.md).

    PEERS/bin/python tests/data/record_gower.py

PEERS has benchmarks/peers-requirements.txt; R has the packages gower and cluster. Writes
gower_gaps_rows.csv, gower_gaps_pairs.csv and gower_gaps_nearest.csv beside this file.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import faiss
import numpy as np
import pandas as pd

HERE = Path(__file__).parent
ROWS, K = 40, 6
LEVELS = {
    "type": ["bert", "gpt2", "llama", "qwen2", "t5"],
    "act": ["gelu", "silu", "relu"],
    "tied": ["yes", "no"],
    "width": [64, 128, 768, 1024, 4096, 5120],
    "depth": [2, 4, 12, 24, 32],
    "heads": [1, 2, 12, 16],
    "theta": [1e4, 5e5, 1e6],
}
NUMBERS = ("width", "depth", "heads", "theta")


def rows() -> pd.DataFrame:
    """Return made-up models: three cells in ten missing, every fifth row a copy of another."""
    rng = np.random.default_rng(7)
    cells = {name: rng.choice(values, ROWS) for name, values in LEVELS.items()}
    frame = pd.DataFrame(cells, index=pd.Index(np.arange(ROWS), name="row"))
    frame = frame.mask(rng.random(frame.shape) < 0.3)
    frame.iloc[4::5] = frame.iloc[3::5].to_numpy()
    return frame


def faiss_pairs(frame: pd.DataFrame) -> np.ndarray:
    """Return all distances of faiss, float32: numbers in [0, 1], categories below 0."""
    columns = []
    for name in frame:
        if name in NUMBERS:
            values = frame[name].astype(float)
            columns.append((values - values.min()) / (values.max() - values.min()))
        else:
            codes = frame[name].map(LEVELS[name].index, na_action="ignore").astype(float)
            columns.append(-1.0 - codes)
    matrix = np.ascontiguousarray(np.column_stack(columns), dtype=np.float32)
    return faiss.pairwise_distances(matrix, matrix, faiss.METRIC_GOWER)


def main() -> None:
    frame = rows()
    frame.to_csv(HERE / "gower_gaps_rows.csv")
    subprocess.run(["Rscript", str(HERE / "record_gower.R"), str(HERE), str(K)], check=True)
    pairs = pd.read_csv(HERE / "gower_gaps_pairs.csv")
    distance = faiss_pairs(frame)
    pairs["faiss"] = [f"{distance[i, j]:.9g}" for i, j in zip(pairs["i"], pairs["j"], strict=True)]
    pairs.to_csv(HERE / "gower_gaps_pairs.csv", index=False)
    print(f"faiss {faiss.__version__}")


if __name__ == "__main__":
    main()
