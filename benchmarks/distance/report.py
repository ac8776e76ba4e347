"""Measures as CSV and as Markdown, with machine and versions."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distance.catalogue import PEERS, TASKS
from distance.ladder import MAIN

COLUMNS = ("task", "n", "peer", "package", "version", "seconds", "cpu", "measured_n", "runs",
           "prepare", "memory", "right", "skipped")  # fmt: skip


def save(records: Sequence[dict[str, Any]], path: Path) -> None:
    """Write all records as CSV: seconds, bytes; measured_n below n means scaled up.

    `cpu` is the processor time of the best run, all threads together.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for record in records:
            writer.writerow({"package": PEERS[record["peer"]].package, **record})


def machine() -> str:
    """Say in one line what this ran on."""
    import numba
    import numpy as np
    import psutil

    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        family = [
            line.split(":", 1)[1].strip()
            for line in lines
            if line.startswith(("cpu family", "model\t"))
        ]
        model = f"{named[0]} (family {family[0]}, model {family[1]})"
    except (OSError, IndexError):
        pass
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}; "
        f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}; "
        f"load before the start {os.getloadavg()[0]:.1f}"
    )


def markdown(records: Sequence[dict[str, Any]]) -> str:
    """Return a table for each task on the main table, and who was skipped."""
    parts = []
    for task, words in TASKS.items():
        rows = [r for r in records if r["task"] == task and r["n"] == MAIN and "seconds" in r]
        if not rows:
            continue
        right = {r["peer"]: r["right"] for r in records if r["task"] == task and "right" in r}
        ours = next((r["seconds"] for r in rows if r["peer"] == "modelkin"), None)
        parts.append(
            f"### {words[0].upper()}{words[1:]}, {MAIN:,} rows\n\n"
            "| peer | seconds | times ours | prepare | extra memory | right with gaps? |\n"
            "| --- | ---: | ---: | ---: | ---: | --- |"
        )
        for r in sorted(rows, key=lambda r: r["seconds"]):
            ratio = f"{r['seconds'] / ours:.3g}" if ours else ""
            parts[-1] += (
                f"\n| {r['peer']} {r['version']} | {_scaled(r)}{r['seconds']:.3g} | {ratio} | "
                f"{r['prepare']:.2f} | {_memory(r)} | {right.get(r['peer'], '')} |"
            )
    parts.append(skipped(records))
    return "\n\n".join(filter(None, parts))


def skipped(records: Sequence[dict[str, Any]]) -> str:
    """Name the peers that did not run, and why."""
    why = {(r["peer"], r["skipped"]): None for r in records if "skipped" in r}
    return "\n".join(f"Skipped: {peer}: {reason}" for peer, reason in why)


def _scaled(record: dict[str, Any]) -> str:
    return "" if record["measured_n"] == record["n"] else "~ "


def _memory(record: dict[str, Any]) -> str:
    return "" if record["memory"] is None else f"{record['memory'] / 2**20:,.0f} MiB"
