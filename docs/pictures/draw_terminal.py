"""The command on a terminal, from what it wrote there."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from rich.console import Console
from rich.text import Text

from support.serving import anyftp_serve

WIDTH = 92
LINES = (
    "ls {url}/pub",
    "tree {url}/pub",
    "find {url}/pub --name *.csv",
    "mirror {url}/pub pub --dry-run",
    "sync notes {url}/notes --dry-run",
)


def draw() -> str:
    """As SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        served, here = Path(folder, "served"), Path(folder, "here")
        _fill(served, here)
        with anyftp_serve(served) as port:
            url = f"ftp://127.0.0.1:{port}"
            for line in LINES:
                console.print(
                    f"$ anyftp {line.format(url='ftp://ftp.example.org')}",
                    style="bold",
                    highlight=False,
                )
                shown = _run(line.format(url=url).split(), here)
                console.print(Text.from_ansi(shown.replace(f"127.0.0.1:{port}", "ftp.example.org")))
    return console.export_svg(title="anyftp")


def _fill(served: Path, here: Path) -> None:
    for name, nbytes in {
        "pub/readme.txt": 2_300,
        "pub/2026/january.csv": 48_211,
        "pub/2026/february.csv": 51_904,
        "pub/images/north.png": 1_204_331,
        "notes/today.md": 812,
    }.items():
        path = served / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(nbytes))
        os.utime(path, (1_767_323_045, 1_767_323_045))
    (here / "notes").mkdir(parents=True)
    (here / "notes" / "ideas.md").write_bytes(bytes(1_500))


def _run(arguments: list[str], folder: Path) -> str:
    """Run the command on a terminal of its own, and give what it wrote."""
    ours, theirs = pty.openpty()
    output = bytearray()

    def read() -> None:
        while True:
            try:
                block = os.read(ours, 65536)
            except OSError:  # how Linux tells that nobody has the other end any more
                return
            if not block:
                return
            output.extend(block)

    reader = threading.Thread(target=read)
    reader.start()
    environment = {**os.environ, "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    subprocess.run(
        [sys.executable, "-m", "anyftp", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**environment, "XDG_STATE_HOME": str(folder)},
        check=True,
    )
    os.close(theirs)
    reader.join()
    os.close(ours)
    return output.decode().replace("\r\n", "\n").rstrip("\n")
