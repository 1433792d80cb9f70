"""One download as a sequence, drawn from the lines that a client and a server really exchanged."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio
from svg import Picture

from anyftp import Client, LocalFileSystem, Server, User

CLIENT, SERVER, WIDTH, STEP, TOP = 150, 610, 760, 25, 60
NBYTES = 1 << 20


async def _recorded() -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        served = Path(folder, "served")
        served.mkdir()
        (served / "report.txt").write_bytes(bytes(NBYTES))
        user = User("alice", "wonder", file_system=LocalFileSystem(served))
        async with anyio.create_task_group() as tasks:
            ((host, port), *_) = await tasks.start(Server([user]).serve, "127.0.0.1", 0)
            async with Client(
                trace=lambda direction, line: lines.append((direction, line)),
                read_speed_limit=8 << 20,
            ) as client:
                await client.connect(host, port)
                await client.login("alice", "wonder")
                lines.append(("note", 'client.download("report.txt", "report.txt")'))
                report = await client.download("report.txt", Path(folder, "report.txt"))
                shown = f"{report.nbytes:,} bytes, at most 8 MiB in a second"
                after_150 = 1 + max(n for n, (_, text) in enumerate(lines) if text[:3] == "150")
                lines.insert(after_150, ("data", shown))
            tasks.cancel_scope.cancel()
    return lines


def draw() -> str:
    """As SVG."""
    lines = anyio.run(_recorded)
    picture = Picture(WIDTH, TOP + STEP * len(lines) + 20, "One download, line by line")
    bottom = TOP + STEP * len(lines)
    for x, name in ((CLIENT, "client"), (SERVER, "server")):
        picture.box(x - 55, 8, 110, 28)
        picture.text(x, 27, name, "", "middle")
        picture.line(x, 36, x, bottom)
    middle = (CLIENT + SERVER) / 2
    for number, (direction, text) in enumerate(lines):
        y = TOP + STEP * number + 14
        if direction == "sent":
            picture.arrow(CLIENT, SERVER, y)
        elif direction == "received":
            picture.arrow(SERVER, CLIENT, y)
        elif direction == "data":
            picture.arrow(SERVER, CLIENT, y, "data")
        kind = "mono" if direction in ("sent", "received") else ""
        picture.text(middle, y - 4, text[:62], kind, "middle")
    return str(picture)
