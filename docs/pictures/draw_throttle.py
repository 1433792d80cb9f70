"""Rates over time under a limit, drawn from what `measure_throttle` has written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt  # after the choice of what it draws with

INK, LIMIT = "#808080", "#c0504d"  # to be seen on white and on black
#: Whatever is above does not fit; how much it is stands in words.
MOST = 3.0
COLOURS = {"anyftp": "#2f8f5b", "aioftp": "#4a72b0", "curl": "#b07f2f", "lftp": "#8a5fb0"}


def draw(data: Path, picture: Path) -> None:
    """A column a limit, a row a program; 1 is the limit."""
    found = json.loads(data.read_text("utf-8"))
    names = [name for name in COLOURS if any(name in each for each in found["bytes"].values())]
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "anyftp", "font.size": 9})
    mpl.rcParams.update(dict.fromkeys(("text.color", "xtick.color", "ytick.color"), INK))
    mpl.rcParams.update({"axes.labelcolor": INK, "axes.edgecolor": INK})
    figure, rows = plt.subplots(
        len(names), len(found["limits"]), figsize=(8, 1.25 * len(names) + 0.6), squeeze=False
    )
    for row, name in zip(rows, names, strict=True):
        for axes, (title, limit) in zip(row, found["limits"].items(), strict=True):
            slots = found["bytes"][title].get(name, [])
            peak = _curve(axes, slots, limit * found["slot"], found["slot"], COLOURS[name])
            shown = f"{name}, limit {title}"
            cut = f" (cut off; {peak:,.0f} limits at its peak)" if peak > MOST else ""
            axes.set_title(shown + cut, fontsize=9, loc="left")
    for axes in rows[-1]:
        axes.set_xlabel("seconds since the first byte")
    figure.supylabel("rate, in limits (0.1 s each)", fontsize=9, color=INK)
    figure.tight_layout()
    figure.savefig(picture, transparent=True, metadata={"Date": None})


def _curve(axes: Any, slots: list[int], share: float, slot: float, colour: str) -> float:
    """Draw one program's rates; gives the highest."""
    rates = [nbytes / share for nbytes in slots]
    times = [number * slot for number in range(len(rates))]
    axes.fill_between(times, rates, step="post", color=colour, alpha=0.8, linewidth=0)
    axes.axhline(1, color=LIMIT, linewidth=0.8)
    axes.set_ylim(0, MOST)
    axes.set_xlim(0, len(rates) * slot)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return max(rates, default=0.0)
