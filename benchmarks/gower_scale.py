"""Two million synthetic models from a data frame to their ten nearest configurations.

    python benchmarks/gower_scale.py [--full] [--n 2000000]

1, 5 and 25 % distinct rows (100 % with --full), each in a process of its own: seconds of every
phase, peak memory, pairs left out, a sample checked against the definition; then growth against
the number of rows; then the configured models of MODELKIN_REAL_DATA, if that names a folder.
Writes results/gower_scale.csv and .md beside this file.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))  # PYTHONSAFEPATH keeps it off

from distance import real_table
from distance.report import machine
from distance.runner import told

RESULTS = Path(__file__).parent / "results"
GROWTH = (16, 8, 4, 2, 1)
"""Parts of the table that growth is measured on, at 25 % distinct rows."""

PHASES = ("encode", "nearest", "group means", "pairs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="100 % distinct rows as well")
    parser.add_argument("--n", type=int, default=2_000_000)
    parser.add_argument("--patience", type=float, default=900.0, help="seconds for one table")
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    full = asked.full or os.environ.get("MODELKIN_BENCH_FULL") == "1"
    shares = [0.01, 0.05, 0.25, *([1.0] if full else [])]
    wanted = [(asked.n // part, 0.25) for part in GROWTH if part > 1]
    wanted += [(asked.n, share) for share in shares]
    parts = [machine()]
    print(parts[0])
    records = []
    for n, share in wanted:
        command = [sys.executable, "-m", "distance.scale_task", str(n), str(share)]
        with tempfile.TemporaryDirectory() as folder:
            found, _ = told(command, Path(folder), asked.patience)
        records.append({"n": n, "share": share, **found})
        print(_line(records[-1]), flush=True)
    parts += [_table(records), _growth([r for r in records if r["share"] == 0.25])]
    if os.environ.get("MODELKIN_REAL_DATA"):
        frame = real_table.configured(Path(os.environ["MODELKIN_REAL_DATA"]))
        parts.append(_real(real_table.described(frame)))
    asked.output.mkdir(exist_ok=True)
    _save(records, asked.output / "gower_scale.csv")
    report = "\n\n".join(parts)
    (asked.output / "gower_scale.md").write_text(f"{report}\n", encoding="utf-8")
    print("\n" + "\n\n".join(parts[1:]))


def _line(record: dict[str, Any]) -> str:
    """Say one measure while the rest is still running."""
    head = f"{record['n']:9,} rows, {record['share']:4.0%} distinct: "
    if "skipped" in record:
        return f"{head}{record['skipped']}"
    return head + ", ".join(f"{phase} {record[phase]:.2f} s" for phase in PHASES)


def _table(records: Sequence[dict[str, Any]]) -> str:
    """Return all records as a Markdown table."""
    lines = [
        "| rows | distinct | encode, s | nearest, s | (processor, s) | both, s | peak, GiB "
        "| of it the frame | pairs left out | group means, s | 2 M pairs, s | error |",
        "| ---: " * 12 + "|",
    ]
    for r in records:
        if "skipped" in r:
            lines.append(f"| {r['n']:,} | {r['share']:.0%} | {r['skipped']} " + "| " * 9 + "|")
            continue
        left = "" if r["evaluated"] is None else f"{1 - r['evaluated']:.1%}"
        lines.append(
            f"| {r['n']:,} | {r['distinct']:,} ({r['share']:.0%}) | {r['encode']:.2f} "
            f"| {r['nearest']:.2f} | {r['nearest cpu']:.2f} | {r['encode'] + r['nearest']:.2f} "
            f"| {r['peak_memory'] / 2**30:.2f} | {r['frame_memory'] / 2**30:.2f} | {left} "
            f"| {r['group means']:.2f} | {r['pairs']:.2f} | {r['error']:.0e} |"
        )
    return "\n".join(lines)


def _growth(records: Sequence[dict[str, Any]]) -> str:
    """Return the exponents with which time grows, at 25 % distinct rows."""
    known = sorted((r for r in records if "nearest" in r), key=lambda r: r["n"])
    if len(known) < 3:
        return "Growth: too few tables."
    n = np.log([r["n"] for r in known])
    told_of = ", ".join(
        f"{phase} n^{np.polyfit(n, np.log([max(r[phase], 1e-6) for r in known]), 1)[0]:.2f}"
        for phase in PHASES[:3]
    )
    return (
        f"Growth from {known[0]['n']:,} to {known[-1]['n']:,} rows, 25 % distinct: {told_of} "
        "(all pairs would be n^2)."
    )


def _real(found: dict[str, Any]) -> str:
    """Say what the real configurations are like."""
    return (
        f"Real configurations: {found['models']:,} configured models, {found['distinct']:,} "
        f"distinct ({found['distinct'] / found['models']:.1%}); {found['with a copy']:.1%} of the "
        f"models have an exact copy, one configuration stands for {found['most copies']:,}; "
        f"{found['fields']} fields, {found['missing']:.0%} missing, {found['patterns']:,} patterns "
        f"of presence; {found['below 6 known']:.0%} know fewer than 6 fields, "
        f"{found['with 10 neighbours']:.0%} have ten neighbours with 6 shared fields. "
        f"Encoding {found['encode']:.2f} s, ten nearest {found['nearest']:.2f} s."
    )


def _save(records: Sequence[dict[str, Any]], path: Path) -> None:
    """Write all records as CSV: seconds, bytes."""
    columns = list(dict.fromkeys(name for record in records for name in record))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


if __name__ == "__main__":
    main()
