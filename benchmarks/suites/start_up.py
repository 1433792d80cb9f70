"""How long a program takes that starts, does next to nothing and ends: imports, and the command."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers, servers
from benchmarks.measure import CLIENT_CPU, Contestant, Sample, environment, run
from benchmarks.tables import Column
from benchmarks.workspace import Bench, filled

COLUMNS = [
    Column("CPU ms", lambda s: s.cpu * 1000, digits=0, spread=True, ratio=True),
    Column("ms", lambda s: s.seconds * 1000, digits=0, spread=True),
    Column("peak RSS MB", lambda s: s.peak_kib / 1024, digits=0),
]
NOTE = "The whole process, the interpreter included; modules are compiled already."
FEW_BYTES = 6


def variables() -> dict[str, str]:
    """As users have it: the interpreter may keep what it has compiled."""
    return {n: v for n, v in environment().items() if n != "PYTHONDONTWRITEBYTECODE"}


def whole(name: str, command: Sequence[str], absent: str | None = None) -> Contestant:
    """A program from its start to its end; once before, so that nothing is left to compile."""
    warmed: list[bool] = []

    def once() -> Sample:
        if not warmed:
            run(command, variables=variables())
            warmed.append(True)
        return run(command, cpu=CLIENT_CPU, variables=variables())

    return Contestant(name, once, absent)


def imports() -> list[Contestant]:
    """Packages beside each other and beside none."""
    names = ("anyftp", "anyio", "aioftp", "ftplib")
    lines = [(f"import {name}", peers.missing_module(name)) for name in names]
    lines.insert(1, ("from anyftp import Client", None))  # the package alone is lazy
    return [
        whole("python alone", [sys.executable, "-c", "pass"]),
        *(whole(line, [sys.executable, "-c", line], absent) for line, absent in lines),
    ]


def command() -> str | None:
    """The `anyftp` that belongs to this interpreter."""
    beside = Path(sys.executable).with_name("anyftp")
    return str(beside) if beside.exists() else shutil.which("anyftp")


def programs(ours: str, curl: Sequence[str], rclone: Sequence[str]) -> list[Contestant]:
    """The same by the command, curl and rclone."""
    anyftp = command()
    words = [anyftp or "anyftp", *ours.split()]
    shown = " ".join(word for word in ours.split() if "/" not in word)
    return [
        whole(f"anyftp {shown}", words, None if anyftp else "the command is not installed"),
        whole("curl", [peers.program("curl") or "curl", *curl], peers.missing_program("curl")),
        whole("rclone", ["rclone", *rclone], peers.missing_program("rclone")),
    ]


def remote(port: int) -> str:
    """The server as rclone writes it, without a file of settings."""
    hidden = subprocess.run(["rclone", "obscure", "x"], capture_output=True, check=False).stdout
    return f":ftp,host=127.0.0.1,port={port},user=anonymous,pass={hidden.decode().strip()}:"


def lay_out(bench: Bench) -> None:
    """The folder that is listed."""
    folder = bench.root / "start-up"
    folder.mkdir(mode=0o755, exist_ok=True)
    for name in ("few", *(f"file-{number}" for number in range(9))):
        filled(folder / name, FEW_BYTES)


def main(bench: Bench) -> None:
    """Imports; `--version`; a file of six bytes; a folder of ten names."""
    bench.compare("Imports", COLUMNS, imports(), "import anyio", NOTE)
    field = programs("--version", ["--version"], ["version"])
    bench.compare("The command tells its version", COLUMNS, field, "curl", NOTE)
    lay_out(bench)
    target = bench.target / "few"
    plain = servers.vsftpd if peers.program("vsftpd") else servers.fixture
    with plain(bench.root) as server:
        url = f"ftp://127.0.0.1:{server.port}/start-up/"
        there = remote(server.port) if peers.program("rclone") else ""
        note = f"{NOTE} Server: {plain.__name__}."
        field = programs(
            f"get -q {url}few {target}",
            ["-sS", "-o", str(target), f"{url}few"],
            ["copyto", f"{there}start-up/few", str(target)],
        )
        title = f"The command gets a file of {FEW_BYTES} bytes"
        bench.compare(title, COLUMNS, field, "curl", note)
        field = programs(f"ls {url}", ["-sS", "-o", os.devnull, url], ["lsf", f"{there}start-up/"])
        bench.compare("The command lists ten files", COLUMNS, field, "curl", note)
