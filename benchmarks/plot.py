"""Pictures of what `--json` has kept: the processor time of each contestant, beside its peers'."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.goals import GOALS, Goal, Tables

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"

#: Of anyftp the one event loop that everybody has; the tables tell of the others.
_LEFT_OUT = (", uvloop", ", trio")
_MARKS = {"asyncio": ("o", "#1f77b4"), "uvloop": ("^", "#2f8f5b"), "trio": ("s", "#b07f2f")}
_OURS, _PEERS = "#1f77b4", "#b8b8b8"


def draw(figures: Path, folder: Path = PICTURES) -> list[Path]:
    """Draw a picture for each suite in a file of figures, a bar a contestant; and one of the goals.

    Raises:
        SystemExit: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise SystemExit("matplotlib is not installed: pip install --group dev") from None
    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "anyftp", "svg.fonttype": "none", "font.size": 8, "axes.titlesize": 8}
    )
    suites: dict[str, list[Panel]] = {}
    tables: Tables = json.loads(figures.read_text("utf-8"))["tables"]
    for table in tables:
        if panel := Panel.of(table):
            suites.setdefault(table["suite"], []).append(panel)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [picture(name, panels, folder) for name, panels in suites.items()]
    shares = goals_used(tables)
    return [*drawn, picture_of_goals(shares, folder)] if shares else drawn


def goals_used(tables: Tables, goals: Sequence[Goal] = GOALS) -> dict[str, dict[str, float]]:
    """How much of its bound each goal that was measured takes, loop by loop."""
    shares: dict[str, dict[str, float]] = {}
    for goal in goals:
        found = {loop: goal.figures(tables, loop) for loop in goal.loops()}
        used = {loop: goal.share(figures) for loop, figures in found.items() if figures}
        if used:
            shares[f"{goal.work} ({goal.wanted()})"] = used
    return shares


def picture_of_goals(shares: Mapping[str, Mapping[str, float]], folder: Path) -> Path:
    """A line a goal, a mark a loop; what lies left of the bound has reached it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 0.24 * (len(shares) + 4)), layout="constrained")
    axis = figure.subplots()
    names = list(shares)
    for loop, (marker, colour) in _MARKS.items():
        places = [number for number, name in enumerate(names) if loop in shares[name]]
        values = [shares[names[number]][loop] for number in places]
        axis.scatter(values, places, marker=marker, color=colour, label=loop, zorder=3, s=22)
    axis.axvline(1, color="#c0504d", linewidth=1)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.grid(axis="y", color="#dddddd", linewidth=0.5)
    axis.set_xlim(left=0)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.set_title("Used of what the goal allows; 1 is the goal", loc="left")
    figure.legend(loc="outside lower center", ncols=len(_MARKS), frameon=False)
    path = folder / "goals.svg"
    figure.savefig(path, metadata={"Date": None})
    return path


class Panel:
    """One table's bars.

    Attributes:
        title: of the table.
        unit: what the bars are in.
        bars: medians by contestant, in the order of the table.
    """

    def __init__(self, title: str, unit: str, bars: Mapping[str, float]) -> None:
        self.title = title
        self.unit = unit
        self.bars = bars

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> "Panel | None":
        """The processor time in a table; None where it tells of none, or of one contestant."""
        rows: Sequence[Mapping[str, Any]] = table["rows"]
        units = [title for row in rows for title in row if "CPU" in title]
        if not units:
            return None
        bars = {}
        for row in rows:
            samples = [sample for sample in row.get(units[0], ()) if sample is not None]
            if samples and not str(row["contestant"]).endswith(_LEFT_OUT):
                bars[str(row["contestant"])] = statistics.median(samples)
        bars = {name: value for name, value in bars.items() if not math.isnan(value)}
        return cls(table["title"], units[0], bars) if len(bars) > 1 else None


def picture(suite: str, panels: Sequence[Panel], folder: Path) -> Path:
    """Draw the panels of a suite below each other."""
    from matplotlib.figure import Figure

    heights = [len(panel.bars) + 1.6 for panel in panels]
    figure = Figure(figsize=(6.4, 0.24 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(panels), squeeze=False, gridspec_kw={"height_ratios": heights})
    for panel, (axis,) in zip(panels, axes, strict=True):
        names = [name.removesuffix(", asyncio") for name in panel.bars]
        values = list(panel.bars.values())
        colours = [_OURS if "anyftp" in name else _PEERS for name in names]
        bars = axis.barh(names, values, color=colours)
        axis.bar_label(bars, fmt=" %.2f")
        axis.invert_yaxis()
        axis.margins(x=0.12)
        axis.set_xticks([])
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.set_title(f"{panel.title}: {panel.unit}", loc="left")
    path = folder / f"cpu-{suite}.svg"
    figure.savefig(path, metadata={"Date": None})
    return path
