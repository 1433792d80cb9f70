"""A flame graph as SVG: time runs right, calls go down; a box tells its name and its time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

WIDTH, LINE, HEAD = 560, 13, 18
NARROWEST = 1.4
PER_LETTER = 4.9
Stacks = Mapping[tuple[str, ...], float]

STYLE = """
text { font: 8px ui-monospace, monospace; fill: #111 }
.head { font-size: 10px; fill: #808080 }
rect { stroke: #fff; stroke-width: .4 }
.ours { fill: #8fb8e8 } .streams { fill: #7fc9a4 } .files { fill: #c9b3e6 }
.anyio { fill: #f0c27b } .ssl { fill: #e8a0a0 } .else { fill: #cfcfcf }
"""


@dataclass(slots=True)
class Box:
    """A function under its callers; milliseconds a unit, of all that it has called too."""

    name: str
    spent: float = 0.0
    called: "dict[str, Box]" = field(default_factory=dict)

    def add(self, stack: tuple[str, ...], spent: float) -> None:
        """Put a stack's time below."""
        box = self
        box.spent += spent
        for name in stack:
            box = box.called.setdefault(name, Box(name))
            box.spent += spent


def read(text: str) -> dict[tuple[str, ...], float]:
    """What faulthandler has written: how often each stack was there. Importing is left out.

    It writes the innermost hundred functions; what is above them is taken from another stack.
    """
    stacks: dict[tuple[str, ...], float] = {}
    above: dict[str, tuple[str, ...]] = {}
    cut: list[tuple[str, ...]] = []
    for block in text.split("Stack (most recent call first):\n"):
        frames = re.findall(r'^  File "(.*)", line \d+ in (.*)$', block, flags=re.MULTILINE)
        shown = [named(*frame) for frame in frames if "<frozen importlib" not in frame[0]]
        stack = tuple(reversed(shown))
        if stack and "\n  ..." in block:
            cut.append(stack)
        elif stack:
            stacks[stack] = stacks.get(stack, 0.0) + 1
            above.update((name, stack[:place]) for place, name in enumerate(stack))
    for stack in cut:
        whole = above.get(stack[0], ()) + stack
        stacks[whole] = stacks.get(whole, 0.0) + 1
    return stacks


def named(path: str, function: str) -> str:
    """``module:function``."""
    inner = re.sub(r"^.*/(site-packages|python3\.\d+|src|compat)/|^.*/(?=benchmarks/)", "", path)
    module = inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return f"{module}:{function}"


def trimmed(stacks: Stacks) -> dict[tuple[str, ...], float]:
    """Without what all stacks of the main thread begin with; other threads begin as such."""
    main = {stack: spent for stack, spent in stacks.items() if not _is_worker(stack)}
    total, depth = sum(main.values()), 0
    while stack := _shared(main, depth, total):
        depth = len(stack)
    result: dict[tuple[str, ...], float] = {}
    for stack, spent in stacks.items():
        short = ("worker thread", *stack[3:]) if _is_worker(stack) else stack[depth:]
        result[short] = result.get(short, 0.0) + spent
    return result


def _is_worker(stack: tuple[str, ...]) -> bool:
    return stack[0].startswith("threading:_bootstrap")


def _shared(stacks: Stacks, depth: int, total: float) -> tuple[str, ...] | None:
    """The beginning, one longer, of nearly all stacks."""
    heads: dict[tuple[str, ...], float] = {}
    for stack, spent in stacks.items():
        if len(stack) > depth:
            head = stack[: depth + 1]
            heads[head] = heads.get(head, 0.0) + spent
    return next((head for head, spent in heads.items() if spent > 0.97 * total), None)


def tree(stacks: Stacks, cpu: float, units: float) -> Box:
    """All stacks below one box; each has its share of the processor time, in ms a unit."""
    root, total = Box("all"), sum(stacks.values())
    for stack, times in trimmed(stacks).items():
        root.add(stack, times / total * cpu * 1000 / units)
    return root


def kind(name: str) -> str:
    """What a function belongs to, by its module's name."""
    module = name.partition(":")[0]
    if module.startswith(("anyftp._streams", "anyftp._net", "anyftp._throttle")):
        return "streams"
    if module.startswith("anyftp._fs"):
        return "files"
    if module.startswith("anyftp"):
        return "ours"
    return {"anyio": "anyio", "ssl": "ssl"}.get(module.partition(".")[0], "else")


def placed(box: Box, scale: float, left: float = 0.0, level: int = 0) -> Iterator[str]:
    """The boxes below a box, as SVG; what is too narrow to be seen is left out."""
    for child in sorted(box.called.values(), key=lambda child: child.name):
        width = child.spent * scale
        if width >= NARROWEST:
            yield _drawn(child, left, HEAD + level * LINE, width)
            yield from placed(child, scale, left, level + 1)
        left += width


def _drawn(box: Box, left: float, top: int, width: float) -> str:
    shown = box.name.removeprefix("anyftp.").removesuffix(":<module>")
    letters = int((width - 3) / PER_LETTER)
    label = shown if len(shown) <= letters else shown.rpartition(":")[2]
    label = label if len(label) <= letters else label.rpartition(".")[2]
    text = f'<text x="{left + 2:.1f}" y="{top + 9}">{escape(label)}</text>'
    return (
        f"<g><title>{escape(box.name)}: {milliseconds(box.spent)}</title>"
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{LINE}" '
        f'class="{kind(box.name)}"/>'
        f"{text if len(label) <= letters else ''}</g>"
    )


def milliseconds(spent: float) -> str:
    """Three digits of it."""
    return f"{spent:,.0f} ms" if spent >= 100 else f"{spent:.3g} ms"


def depth(box: Box, scale: float) -> int:
    """How many lines of boxes are drawn below."""
    seen = [child for child in box.called.values() if child.spent * scale >= NARROWEST]
    return 1 + max((depth(child, scale) for child in seen), default=-1) if seen else 0


def drawn(root: Box, unit: str, others: Sequence[Box] = ()) -> str:
    """The picture, to the scale of the longest of several, and as high as the highest."""
    several = [root, *others]
    scale = WIDTH / max(one.spent for one in several)
    height = HEAD + LINE * max(depth(one, scale) for one in several) + 4
    head = f"{milliseconds(root.spent)} of processor time a {unit}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img"><title>{escape(head)}</title>',
            f'<style>{STYLE}</style><text x="2" y="12" class="head">{escape(head)}</text>',
            *placed(root, scale),
            "</svg>\n",
        ]
    )
