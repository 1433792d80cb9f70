"""A few shapes, as text of SVG that can be read in the light and in the dark."""

from __future__ import annotations

from xml.sax.saxutils import escape

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #222 }
  .mono { font: 12px ui-monospace, monospace }
  .quiet { fill: #666 }
  .box { fill: #eef3fb; stroke: #4a72b0 }
  .line { stroke: #4a72b0; fill: none; stroke-width: 1.3 }
  .data { stroke: #2f8f5b; fill: none; stroke-width: 3 }
  .head { fill: #4a72b0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .quiet { fill: #999 } .box { fill: #1d2a3d; stroke: #7fa3dc }
    .line { stroke: #7fa3dc } .head { fill: #7fa3dc }
  }
"""


class Picture:
    """Shapes on a sheet.

    Args:
        title: for those who cannot see it.
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
        ]

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> None:
        """A line of text."""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """A box with round corners."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" class="box"/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str = "line") -> None:
        """A straight line."""
        self._parts.append(
            f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{kind}"/>'
        )

    def arrow(self, x1: float, x2: float, y: float, kind: str = "line") -> None:
        """A level line with a head at its end."""
        self.line(x1, y, x2, y, kind)
        back = x2 - 7 if x2 > x1 else x2 + 7
        self._parts.append(
            f'<path d="M{x2:g} {y:g} L{back:g} {y - 4:g} L{back:g} {y + 4:g} Z" class="head"/>'
        )

    def __str__(self) -> str:
        return "\n".join([*self._parts, "</svg>", ""])
