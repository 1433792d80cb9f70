"""How fast bytes come under a limit: ours, aioftp's, curl's and lftp's, as an application sees it.

Each program fetches a file from `anyftp serve` on loopback and writes it to a pipe as it comes; the
other end of the pipe notes how many bytes have come when. All have their defaults, and one limit.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from support.serving import anyftp_serve

SECONDS = 6.0
SLOT = 0.1
LIMITS = {"64 KiB/s": 64 << 10, "1 MiB/s": 1 << 20}

OURS = """
import os, sys, anyio
from anyftp import Client
async def main():
    port, limit = int(sys.argv[1]), int(sys.argv[2])
    async with Client.context("127.0.0.1", port, read_speed_limit=limit) as client:
        async with client.download_stream("big") as stream:
            async for block in stream.iter_by_block():
                os.write(1, block)
anyio.run(main)
"""
AIOFTP = """
import asyncio, os, sys, aioftp
async def main():
    port, limit = int(sys.argv[1]), int(sys.argv[2])
    async with aioftp.Client.context("127.0.0.1", port, read_speed_limit=limit) as client:
        async with client.download_stream("big") as stream:
            async for block in stream.iter_by_block():
                os.write(1, block)
asyncio.run(main())
"""


def _commands(port: int, limit: int) -> dict[str, list[str] | None]:
    """What is run for each program; None where it is not installed."""
    url = f"ftp://127.0.0.1:{port}/big"
    lftp = f"set net:limit-rate {limit}; set ftp:ssl-allow no; cat {url}"
    python = [sys.executable, "-c"]
    return {
        "anyftp": [*python, OURS, str(port), str(limit)],
        "aioftp": [*python, AIOFTP, str(port), str(limit)] if find_spec("aioftp") else None,
        "curl": ["curl", "-sN", "--limit-rate", str(limit), url] if shutil.which("curl") else None,
        "lftp": ["lftp", "-c", lftp] if shutil.which("lftp") else None,
    }


def measure(file: Path) -> None:
    """Measure everything and write it down."""
    found: dict[str, dict[str, list[int]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder, "big")
        with big.open("wb") as opened:
            opened.truncate(64 << 20)
        with anyftp_serve(Path(folder)) as port:
            for title, limit in LIMITS.items():
                for name, command in _commands(port, limit).items():
                    if command is None:
                        print(f"{name} is not installed: it is left out")
                        continue
                    found.setdefault(title, {})[name] = _slots(command)
    told = {"seconds": SECONDS, "slot": SLOT, "limits": LIMITS, "bytes": found}
    file.write_text(json.dumps(told) + "\n", "utf-8")


def _slots(command: list[str]) -> list[int]:
    """Bytes in each slot of time, from the first byte on."""
    slots = [0] * round(SECONDS / SLOT)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        number = process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(number, selectors.EVENT_READ)
            began = None
            while True:
                left = 30.0 if began is None else max(began + SECONDS - time.monotonic(), 0)
                if not selector.select(left):
                    if began is None:
                        raise SystemExit(f"nothing comes from {command[0]}")
                    break
                block = os.read(number, 1 << 20)
                now = time.monotonic()
                began = now if began is None else began
                slot = int((now - began) / SLOT)
                if not block or slot >= len(slots):
                    break
                slots[slot] += len(block)
        process.kill()
    return slots
