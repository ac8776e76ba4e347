"""Exact mixed-type distance: modelkin beside its peers, on the same tables in one run.

    python benchmarks/gower_peers.py [--full] [--python PEERS/bin/python] [--only WORD]

Peers are not among modelkin's requirements: install `benchmarks/peers-requirements.txt` into an
environment of its own and name its interpreter (or set MODELKIN_PEERS_PYTHON), and R with
`apt-get install r-base-core r-cran-gower r-cran-cluster`. What is missing is named as skipped.
Writes results/gower_peers.csv, .md and .png beside this file; goals for two million models are
read from what gower_scale.py wrote there.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # PYTHONSAFEPATH keeps it off

from distance import first_use, goals, picture, report, roof
from distance.catalogue import PEERS
from distance.ladder import MAIN, Ladder, climb
from distance.runner import Runner

RESULTS = Path(__file__).parent / "results"
NEAREST = (1_000, 2_000, 4_000, MAIN, 50_000, 100_000)
ALL_PAIRS = (1_000, 2_000, 4_000, MAIN)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="up to 15 minutes for every answer")
    parser.add_argument("--seconds", type=float, help="time for the answers of a peer to a task")
    parser.add_argument("--python", default=os.environ.get("MODELKIN_PEERS_PYTHON", sys.executable))
    parser.add_argument("--only", default="", help="peers with this word in their name")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    full = asked.full or os.environ.get("MODELKIN_BENCH_FULL") == "1"
    seconds = asked.seconds or (900.0 if full else 8.0)
    runner = Runner(sys.executable, asked.python, seconds, max(300.0, 3 * seconds))
    chosen = [name for name in PEERS if asked.only in name]
    print(where := report.machine())
    records: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        sizes = {"nearest": NEAREST, "matrix": ALL_PAIRS, "means": (*ALL_PAIRS, 100_000)}
        for record in climb(Ladder(Path(folder), sizes), runner, chosen):
            records.append(record)
            print(_line(record), flush=True)
        first = first_use.measured(Path(folder))
    asked.output.mkdir(exist_ok=True)
    best = roof.pair_fields_per_second(os.cpu_count() or 1)
    reached = goals.table(records, asked.output / "gower_scale.csv", first, best)
    tables = f"{report.markdown(records)}\n\n{reached}"
    report.save(records, asked.output / "gower_peers.csv")
    (asked.output / "gower_peers.md").write_text(f"{where}\n\n{tables}\n", encoding="utf-8")
    picture.draw(records, asked.output / "gower_peers.png")
    print(f"\n{tables}")


def _line(record: dict[str, Any]) -> str:
    """Say one measure while the rest is still running."""
    head = f"{record['task']:8} {record['n']:7,} {record['peer']:34}"
    if "skipped" in record:
        return f"{head} skipped: {record['skipped']}"
    scaled = "~" if record["measured_n"] < record["n"] else " "
    return f"{head} {scaled}{record['seconds']:10.3f} s  {record.get('right', '')}"


if __name__ == "__main__":
    main()
